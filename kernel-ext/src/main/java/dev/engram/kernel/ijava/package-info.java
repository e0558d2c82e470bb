/**
 * Engram in a stock IJava 1.3.0, attached by a line in a cell. Knows IJava's API and no other
 * kernel's.
 */
@NullMarked
package dev.engram.kernel.ijava;

import org.jspecify.annotations.NullMarked;
