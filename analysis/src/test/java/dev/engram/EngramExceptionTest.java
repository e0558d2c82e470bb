package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What comes from a stranger's file cannot break the sentence. */
class EngramExceptionTest {
  @Test
  void aSentenceIsOneLineAndHasAnEnd() {
    EngramException e = new EngramException("There is no 'a\r\nb\u2028c\u0000'.");
    assertEquals("There is no 'a b c '.", e.getMessage());
    String name = "x".repeat(1_000_000);
    String sentence =
        String.valueOf(
            new EngramException("There is no file " + name + "; give another.").getMessage());
    assertTrue(sentence.startsWith("There is no file xxx") && sentence.endsWith("; give another."));
    assertTrue(sentence.length() < 1000, sentence);
  }
}
