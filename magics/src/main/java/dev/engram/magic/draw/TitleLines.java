package dev.engram.magic.draw;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Breaks titles of figures into lines, which plotly.js does not do by itself. */
public final class TitleLines {
  /** A tag, a space, or a letter: a character reference is one of these. */
  private static final Pattern PART = Pattern.compile("<[^>]*>|\\s+|&#?\\w+;|.", Pattern.DOTALL);

  /** Small print takes so much of the room. */
  private static final double SMALL = 0.75;

  private TitleLines() {}

  /**
   * Breaks each line between words, into lines of about one length.
   *
   * @param html with the few tags that Plotly draws; those that it has are kept
   * @param most letters of a line; a longer word has a line of its own
   */
  public static String broken(String html, int most) {
    List<String> lines = new ArrayList<>();
    boolean small = false; // a line may begin within a tag that an earlier one has opened
    for (String line : html.split("<br\\s*/?>", -1)) {
      double length = length(line, small);
      int rows = (int) Math.ceil(length / most);
      StringBuilder out = new StringBuilder();
      StringBuilder word = new StringBuilder();
      double share = rows < 2 ? most : Math.min(most, length / rows * 1.15);
      double at = 0;
      double wide = 0;
      for (Matcher part = PART.matcher(line + " "); part.find(); ) {
        String text = part.group();
        if (!text.isBlank()) {
          word.append(text);
          small = isSmall(text, small);
          wide += text.startsWith("<") ? 0 : small ? SMALL : 1;
          continue;
        }
        double space = at == 0 ? 0 : small ? SMALL : 1;
        boolean breaks = at > 0 && at + space + wide > share + 0.01;
        out.append(breaks ? "<br>" : out.length() > 0 ? " " : "").append(word);
        at = breaks ? wide : at + space + wide;
        word.setLength(0);
        wide = 0;
      }
      lines.add(out.toString());
    }
    return String.join("<br>", lines);
  }

  private static boolean isSmall(String text, boolean before) {
    return text.matches("<su[bp]>") || (before && !text.matches("</su[bp]>"));
  }

  private static double length(String line, boolean smallBefore) {
    boolean small = smallBefore;
    double length = 0;
    for (Matcher part = PART.matcher(line); part.find(); ) {
      small = isSmall(part.group(), small);
      length += part.group().startsWith("<") ? 0 : small ? SMALL : 1;
    }
    return length;
  }
}
