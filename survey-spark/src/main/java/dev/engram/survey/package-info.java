/** Surveys on Spark: who lists images, and who passes them, where a cluster has them. */
@NullMarked
package dev.engram.survey;

import org.jspecify.annotations.NullMarked;
