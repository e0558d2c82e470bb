package dev.engram;

/**
 * Shows what came from outside, names of files and texts of JSON, so that it cannot pass for
 * something else: control characters, and those that turn the direction of writing, stand as {@code
 * \u202e}. Letters of every script, and the joiners that some of them need, stay.
 */
public final class Printable {
  private Printable() {}

  /** A text of one line. */
  public static String line(String text) {
    return escaped(text, "");
  }

  /** A text whose lines and tabs stay. */
  public static String lines(String text) {
    return escaped(text, "\n\r\t");
  }

  private static String escaped(String text, String kept) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (kept.indexOf(c) >= 0 || !isHidden(c)) {
                out.appendCodePoint(c);
              } else {
                for (char unit : Character.toChars(c)) {
                  out.append("\\u%04x".formatted((int) unit));
                }
              }
            });
    return out.toString();
  }

  private static boolean isHidden(int c) {
    return Character.isISOControl(c) // NUL, escape, new lines
        || c == 0x2028 // line and paragraph separators
        || c == 0x2029
        || c == 0x061c // marks, embeddings, overrides and isolates of a direction
        || c == 0x200e
        || c == 0x200f
        || c >= 0x202a && c <= 0x202e
        || c >= 0x2066 && c <= 0x2069
        || c == 0xfeff // a byte order mark within a text
        || c >= 0xfff9 && c <= 0xfffb // annotations between lines
        || c >= 0xe0000 && c <= 0xe007f // tags
        || c >= 0xd800 && c <= 0xdfff; // half a pair, which no encoding has
  }
}
