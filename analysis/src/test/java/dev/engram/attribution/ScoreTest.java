package dev.engram.attribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.engram.Refusal;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every score has one name, and what is asked for by method and reading is a score or refused. */
class ScoreTest {
  @Test
  void everyScoreIsReadByItsName() {
    assertEquals(
        List.of(
            "literal",
            "literal_post",
            "lens",
            "frozen",
            "direct",
            "activation",
            "gradient",
            "combined"),
        Score.all().stream().map(Score::toString).toList());
    for (Score score : Score.all()) {
      assertSame(score, Score.parse(score.toString()));
      assertSame(score, Score.parse(score.toString().toUpperCase(java.util.Locale.ROOT)));
    }
    assertSame(Reading.LITERAL_POST, Score.parse("literal-post"));
    Refusal.holds(() -> Score.parse("lense"), "literal_post, lens", "did you mean lens?");
  }

  @Test
  void aMethodWithAReadingIsAScoreWhereItHasReadings() {
    assertEquals(List.of("improvement", "activation", "gradient", "combined"), Score.methods());
    assertSame(Reading.LITERAL, Score.of("improvement", null));
    assertSame(Reading.FROZEN, Score.of("Improvement", Reading.FROZEN));
    assertSame(Baseline.GRADIENT, Score.of("gradient", null));
    Refusal.holds(
        () -> Score.of("gradient", Reading.LENS), "the method gradient has none", "reading lens");
    Refusal.holds(() -> Score.of("literal", null), "A method is one of improvement");
    Refusal.holds(() -> Score.of("gradeint", Reading.LENS), "did you mean gradient?");
  }
}
