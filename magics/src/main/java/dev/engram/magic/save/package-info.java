/**
 * Writes a result's table as a file that other programs read. It knows tables alone; what a table
 * of a result is, {@link dev.engram.magic.result.Presenters} knows.
 */
@NullMarked
package dev.engram.magic.save;

import org.jspecify.annotations.NullMarked;
