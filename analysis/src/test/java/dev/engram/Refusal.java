package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.function.Executable;

/** What a user reads after a mistake, held to the house's form: one line, a whole sentence. */
public final class Refusal {
  private Refusal() {}

  /**
   * @return the sentence with which the code refuses
   */
  public static String of(Executable code) {
    String sentence = String.valueOf(assertThrows(EngramException.class, code).getMessage());
    assertEquals(1, sentence.lines().count(), sentence);
    assertTrue(sentence.endsWith(".") || sentence.endsWith("?"), sentence);
    return sentence;
  }

  /** Asserts that the code refuses with a sentence that has all these parts. */
  public static void holds(Executable code, String... parts) {
    String sentence = of(code);
    for (String part : parts) {
      assertTrue(sentence.contains(part), "'" + part + "' is not in: " + sentence);
    }
  }
}
