/** One forward pass of the vision tower, what was kept of it, and interventions on it. */
@NullMarked
package dev.engram.trace;

import org.jspecify.annotations.NullMarked;
