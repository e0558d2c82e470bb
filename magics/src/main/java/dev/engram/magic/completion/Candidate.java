package dev.engram.magic.completion;

/**
 * What may stand at a place of a magic's line. Sources give it as it is; the {@link Completer} adds
 * quotes where the line needs them.
 *
 * @param text what is typed
 * @param note a few words that stand beside it, as the category of an entity; may be empty
 * @param continues whether more can follow without a space, as after a folder
 */
public record Candidate(String text, String note, boolean continues) {
  /** A whole word. */
  public Candidate(String text, String note) {
    this(text, note, false);
  }
}
