package dev.engram.magic.draw;

import dev.engram.Printable;

/** Text in markup: in HTML, in SVG, and in the texts of a figure, which may have a few tags. */
public final class Markup {
  private Markup() {}

  /**
   * The text with the five characters that mean something to HTML replaced, and {@link
   * Printable#lines hidden ones} shown; safe as content and in a quoted attribute.
   */
  public static String escape(String given) {
    String text = Printable.lines(given);
    StringBuilder out = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&#34;");
        case '\'' -> out.append("&#39;");
        default -> out.append(c);
      }
    }
    return out.toString();
  }

  /** The text that {@link #escape} was given. */
  public static String unescape(String html) {
    return html.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
  }
}
