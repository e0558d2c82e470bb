/**
 * What Tab offers within a magic's line. It knows magics by their options alone; what is open in a
 * notebook comes from {@link dev.engram.magic.completion.Candidates}.
 */
@org.jspecify.annotations.NullMarked
package dev.engram.magic.completion;
