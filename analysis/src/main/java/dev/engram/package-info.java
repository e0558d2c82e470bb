/**
 * Engram's analysis library: knowledge neurons of CLIP vision encoders. The packages follow the
 * paper: {@code model} (the two towers), {@code trace} (one forward pass and what was kept of it),
 * {@code attribution} (Sec. 3.2), {@code dissect} (Sec. 3.3), {@code data} (image sets). Here lies
 * only what all of them share.
 */
@NullMarked
package dev.engram;

import org.jspecify.annotations.NullMarked;
