/**
 * The embedded default: the model iconclip, the image set VisEnt-mini and where their files lie.
 */
@NullMarked
package dev.engram.iconclip;

import org.jspecify.annotations.NullMarked;
