package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Refusal;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.data.ImageSet;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Holds the faithfulness of every ranking on the embedded model to what an independent
 * implementation found, as its README tells it.
 */
class FaithfulnessTest {
  private static final Faithfulness.Result RESULT = run(Score.all(), List.of(10), 1);
  private static final Faithfulness.Result FIRST = run(List.of(Reading.LITERAL), List.of(1, 3), 0);

  private static Faithfulness.Result run(List<Score> rankings, List<Integer> counts, int seeds) {
    try (Clip clip = Clip.from(Iconclip.model()).device("cpu").load()) {
      return Faithfulness.run(
          new Study(clip, ImageSet.read(Iconclip.entities())),
          new Faithfulness.Settings(rankings, counts, seeds));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "literal, 0.545, 0.379",
    "literal_post, 0.544, 0.382",
    "lens, 0.555, 0.406",
    "frozen, 0.555, 0.407",
    "direct, 0.558, 0.410",
    "combined, 0.407, 0.405",
    "activation, 0.483, 0.329",
    "gradient, 0.050, 0.048",
    "random, 0.000, 0.000"
  })
  void topTenFallAsKnown(String ranking, double residual, double complete) {
    Faithfulness.Fall fall = RESULT.fall(ranking, 10);
    assertEquals(residual, fall.residual().mean(), 6e-4);
    assertEquals(complete, fall.complete().mean(), 6e-4);
    assertEquals(576, fall.residual().count());
  }

  @ParameterizedTest
  @CsvSource({"1, 0.408, 0.413", "3, 0.218, 0.278", "10, 0.024, 0.190"})
  void cosinesAreThoseOfTheReadme(int count, double residual, double complete) {
    Faithfulness.Fall fall = (count == 10 ? RESULT : FIRST).fall("literal", count);
    assertEquals(0.569, RESULT.cosine().mean(), 6e-4);
    assertEquals(residual, RESULT.cosine().mean() - fall.residual().mean(), 1e-3);
    assertEquals(complete, RESULT.cosine().mean() - fall.complete().mean(), 1e-3);
  }

  @Test
  void directIsTheMostFaithfulInTheResidualStream() {
    assertEquals("direct", RESULT.byResidual(10).get(0).ranking());
    Faithfulness.Fall literal = RESULT.fall("literal", 10);
    assertEquals(0.0269, literal.residual().halfWidth(), 5e-4, literal.toString());
    assertEquals("95 %, bootstrap over 60 entities", literal.residual().interval().about());
  }

  /** What two intervals that overlap cannot tell, the differences on the same images can. */
  @Test
  void rankingsAreComparedOnTheSameImages() {
    Estimate literal = RESULT.fall("literal", 10).residual();
    Estimate lens = RESULT.fall("lens", 10).residual();
    assertTrue(lens.interval().high() > literal.interval().low(), lens + " " + literal);
    assertTrue(lens.minus(literal).interval().low() > 0, lens.minus(literal).toString());
    Estimate post = RESULT.fall("literal_post", 10).residual();
    assertFalse(literal.minus(post).interval().excludesZero(), literal.minus(post).toString());
    assertTrue(RESULT.fall("direct", 10).residual().minus(literal).interval().low() > 0);
  }

  @Test
  void theOtherHalfJudgesWhatOneHalfFound() {
    try (Clip clip = Clip.from(Iconclip.model()).device("cpu").load()) {
      ImageSet set = ImageSet.read(Iconclip.entities()).firstImages(4);
      Faithfulness.Settings settings =
          new Faithfulness.Settings(List.of(Reading.LITERAL), List.of(10), 0);
      Faithfulness.Result same = Faithfulness.run(new Study(clip, set), settings);
      Faithfulness.Result other =
          Faithfulness.run(new Study(clip, set), settings.judging(Judging.otherHalf(0)));
      assertEquals(240, same.cosine().count());
      assertEquals(120, other.cosine().count());
      assertTrue(
          other.fall("literal", 10).residual().mean() < same.fall("literal", 10).residual().mean(),
          other.falls() + " " + same.falls());
      assertTrue(other.provenance().toString().contains("the other judges them, seed 0"));
      Refusal.holds(
          () ->
              Faithfulness.run(
                  new Study(clip, set.firstImages(1)), settings.judging(Judging.otherHalf(0))),
          "takes an entity with two images");
    }
  }
}
