/**
 * What the magics return: values that a cell shows by itself and that Java code can go on with.
 * Each holds plain data, so it outlives the model that it came from.
 */
@NullMarked
package dev.engram.magic.result;

import org.jspecify.annotations.NullMarked;
