/** The exercises of the chapters, and how an answer is compared with the right one. */
@NullMarked
package dev.engram.course;

import org.jspecify.annotations.NullMarked;
