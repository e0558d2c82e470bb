package dev.engram.model;

/**
 * The regular expressions that a {@code tokenizer.json} may hold: alternatives of characters and
 * classes, of which the last may be repeated. Such an expression never goes back, so no text takes
 * it longer than the text is long; and none of them matches nothing.
 */
final class PlainPattern {
  private static final int LONGEST = 1_000;
  private static final String SPECIAL = ".^$*+?()[]{}|\\";

  private final String regex;
  private int at;

  private PlainPattern(String regex) {
    this.regex = regex;
  }

  /**
   *
   *
   * <pre>
   * pattern     = alternative { "|" alternative }
   * alternative = atom { atom } [ "+" | "{2,}" ]
   * atom        = character | escape | "[" [ "^" ] item { item } "]"
   * item        = character [ "-" character ] | escape
   * escape      = "\s" | "\d" | "\p{L}" | "\p{N}" | "\" punctuation
   * </pre>
   */
  static boolean isOne(String regex) {
    return !regex.isEmpty()
        && regex.length() <= LONGEST
        && regex.codePoints().noneMatch(c -> Character.isISOControl(c) || c >= 0xd800 && c < 0xe000)
        && new PlainPattern(regex).pattern();
  }

  private boolean pattern() {
    do {
      if (!alternative()) {
        return false;
      }
    } while (accept("|"));
    return at == regex.length();
  }

  private boolean alternative() {
    int atoms = 0;
    while (at < regex.length() && regex.charAt(at) != '|') {
      if (!atom()) {
        return false;
      }
      atoms++;
      if (accept("+") || accept("{2,}")) {
        return at == regex.length() || regex.charAt(at) == '|';
      }
    }
    return atoms > 0;
  }

  private boolean atom() {
    if (accept("[")) {
      return characterClass();
    }
    return escape() || character(SPECIAL);
  }

  private boolean characterClass() {
    accept("^");
    int items = 0;
    while (!accept("]")) {
      int from = at;
      if (!escape()) {
        if (regex.startsWith("&&", at) || !character("[]\\")) {
          return false;
        }
        // A range of single characters, neither of them escaped.
        if (accept("-")) {
          int first = regex.codePointAt(from);
          int to = at;
          if (!character("[]\\") || regex.codePointAt(to) < first) {
            return false;
          }
        }
      }
      items++;
    }
    return items > 0;
  }

  private boolean escape() {
    if (accept("\\s") || accept("\\d") || accept("\\p{L}") || accept("\\p{N}")) {
      return true;
    }
    if (at + 1 < regex.length()
        && regex.charAt(at) == '\\'
        && regex.charAt(at + 1) < 128
        && !Character.isLetterOrDigit(regex.charAt(at + 1))) {
      at += 2;
      return true;
    }
    return false;
  }

  private boolean character(String but) {
    if (at >= regex.length() || but.indexOf(regex.charAt(at)) >= 0) {
      return false;
    }
    at += Character.charCount(regex.codePointAt(at));
    return true;
  }

  private boolean accept(String text) {
    if (!regex.startsWith(text, at)) {
      return false;
    }
    at += text.length();
    return true;
  }
}
