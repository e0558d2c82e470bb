/** The reference set: expected values in float64 by an independent implementation. */
@NullMarked
package dev.engram.reference;

import org.jspecify.annotations.NullMarked;
