/**
 * Engram's magics: one picocli command each ({@code EngramMagic}), found by name ({@code Magics}),
 * run by {@code MagicRunner}. They call the analysis library and return typed values or views; the
 * kernel is known only as a {@code Host}.
 */
@NullMarked
package dev.engram.magic;

import org.jspecify.annotations.NullMarked;
