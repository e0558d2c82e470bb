package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What comes from a stranger's file cannot break the sentence. */
class EngramExceptionTest {
  @Test
  void aSentenceIsOneLineAndHasAnEnd() {
    EngramException e = new EngramException("There is no 'a\r\nb\u2028c\u0000'.");
    assertEquals("There is no 'a\\u000d\\u000ab\\u2028c\\u0000'.", e.getMessage());
    String name = "x".repeat(1_000_000);
    String sentence =
        String.valueOf(
            new EngramException("There is no file " + name + "; give another.").getMessage());
    assertTrue(sentence.startsWith("There is no file xxx") && sentence.endsWith("; give another."));
    assertTrue(sentence.length() < 1000, sentence);
  }

  @Test
  void whatTurnsTheDirectionOfWritingIsShown() {
    EngramException e = new EngramException("There is no file cat\u202egnp.exe\u2066\u200f\u061c.");
    assertEquals("There is no file cat\\u202egnp.exe\\u2066\\u200f\\u061c.", e.getMessage());
  }

  @Test
  void lettersOfEveryScriptStay() {
    String text = "a\u0301 日本 \u0645\u06cc\u200c\u062e \u05d0 \ud83d\udc68\u200d\ud83d\udc69";
    assertEquals(text, Printable.line(text));
    String lines = "a" + (char) 10 + "\tb";
    assertEquals(lines + "\\u001b[31m\\ud83d", Printable.lines(lines + "\u001b[31m\ud83d"));
    // Cut where a pair of surrogates would be: it stays whole.
    for (int i = 0; i < 2; i++) {
      String cut =
          String.valueOf(new EngramException("x".repeat(i) + text.repeat(200)).getMessage());
      assertEquals(cut, Printable.line(cut));
    }
  }
}
