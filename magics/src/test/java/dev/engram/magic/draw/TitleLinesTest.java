package dev.engram.magic.draw;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Titles in lines: the same words, tags and references whole, and no line too long. */
class TitleLinesTest {
  private static String words(String html) {
    return html.replace("<br>", " ");
  }

  /** What is seen of a line. */
  private static int letters(String line) {
    return Markup.unescape(line.replaceAll("<[^>]*>", "")).length();
  }

  @Test
  void shortTitlesStayAsTheyAre() {
    for (String title : List.of("", "Santa", "two<br>lines", "<b>bold</b> and <sup>small</sup>")) {
      assertEquals(title, TitleLines.broken(title, 44));
    }
  }

  @Test
  void linesAreOfAboutOneLength() {
    assertEquals(
        "Improvement by L4F707 (10 highest<br>and 10 lowest of 60 entities)",
        TitleLines.broken("Improvement by L4F707 (10 highest and 10 lowest of 60 entities)", 44));
  }

  @Test
  void aReferenceIsOneLetterAndATagNone() {
    String quoted = "Santa Claus with &#34;a picture&#34; of him now";
    assertEquals(quoted, TitleLines.broken(quoted, 44));
    String coloured = "short<br><span style=\"color:#d1495b\">■ FFN</span> · <b>MSA</b>";
    assertEquals(coloured, TitleLines.broken(coloured, 20), "no break within a tag");
    String small = "<sup><span style='color:#d1495b'>■ FFN</span> · <span>■ MSA</span></sup>";
    assertEquals(small, TitleLines.broken(small, 12), "small print takes less room");
  }

  @Test
  void anyTitleKeepsItsWordsAndFits() {
    Random random = new Random(3);
    for (int i = 0; i < 300; i++) {
      StringBuilder title = new StringBuilder("x");
      for (int w = random.nextInt(30); w > 0; w--) {
        title.append(" ").append("w&amp;".repeat(1 + random.nextInt(6)));
      }
      String broken = TitleLines.broken(title.toString(), 30);
      assertEquals(title.toString(), words(broken));
      for (String line : broken.split("<br>")) {
        assertTrue(letters(line) <= 30 || !line.contains(" "), line);
      }
    }
    assertEquals("a<br>" + "b".repeat(99), TitleLines.broken("a " + "b".repeat(99), 30));
  }
}
