/**
 * The paper's tables and figures as experiments (Sec. 4.2, 4.3, A.6): one class each, which runs on
 * any model and any image set and returns typed numbers beside the paper's.
 */
@NullMarked
package dev.engram.experiment;

import org.jspecify.annotations.NullMarked;
