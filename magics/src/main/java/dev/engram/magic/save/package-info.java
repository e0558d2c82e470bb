/**
 * Writes a result as a file that other programs read: its table, its arrays, its figure or its
 * page. What these are of a result, {@link dev.engram.magic.result.Presenters} knows.
 */
@NullMarked
package dev.engram.magic.save;

import org.jspecify.annotations.NullMarked;
