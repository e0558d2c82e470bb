package dev.engram.magic.view;

import dev.engram.Printable;
import dev.engram.magic.draw.Markup;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Writes HTML from strings that may come from anywhere: file names, labels, words, messages. Every
 * one of them goes through {@link #escape}.
 */
public final class Html {
  private Html() {}

  /**
   * The text with the five characters that mean something to HTML replaced, and {@link
   * Printable#lines hidden ones} shown; safe as content and in a quoted attribute.
   */
  public static String escape(String given) {
    return Markup.escape(given);
  }

  /** The text that {@link #escape} was given. */
  public static String unescape(String html) {
    return Markup.unescape(html);
  }

  /**
   * @param inner trusted HTML
   * @param attributes name, value, name, value, …; values are escaped here
   * @return one element
   */
  public static String element(String name, String inner, String... attributes) {
    return open(name, attributes) + inner + "</" + name + ">";
  }

  /**
   * @param attributes name, value, name, value, …; values are escaped here
   * @return an opening tag, or an element that has no end, as {@code img}
   */
  public static String open(String name, String... attributes) {
    StringBuilder out = new StringBuilder("<").append(name);
    for (int i = 0; i + 1 < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"").append(escape(attributes[i + 1]));
      out.append('"');
    }
    return out.append('>').toString();
  }

  /**
   * JSON that may stand inside a script element: no {@code <}, {@code >}, {@code &} and no line
   * separator of Unicode is left in it.
   */
  public static String scriptSafe(String json) {
    return json.replace("&", "\\u0026")
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029");
  }

  /**
   * @param name of a script or style sheet of ours that lies beside this class
   * @return what it holds, trusted
   */
  public static String resource(String name) {
    try (InputStream in = Html.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
