package dev.engram.dissect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One pass for all neurons says what asking for each entity and image alone says. */
class SurveyTest {
  @TempDir Path temp = Path.of("");

  @ParameterizedTest
  @MethodSource("dev.engram.dissect.SmallSet#models")
  void agreesWithAttributingEachEntity(Path model) {
    ImageSet set = SmallSet.entities(temp).withBackground(SmallSet.background(temp));
    try (Clip clip = Clip.from(model).device("cpu").load()) {
      Attributor attributor = new Attributor(clip);
      for (Reading reading : List.of(Reading.LITERAL, Reading.DIRECT)) {
        Survey survey = Survey.of(clip, attributor, set, reading, Progress.NONE);
        List<Attribution> alone =
            set.entities().stream().map(e -> SmallSet.attribution(attributor, e, reading)).toList();
        Random random = new Random(1);
        for (int i = 0; i < 40; i++) {
          Neuron n = survey.space().neuron(random.nextInt(survey.space().count()));
          List<Survey.Effect> effects = survey.effects(n);
          double strongest = 0;
          for (int e = 0; e < alone.size(); e++) {
            Entity entity = set.entities().get(e);
            Attribution a = alone.get(e);
            Survey.Effect effect =
                effects.stream().filter(x -> x.entity().equals(entity)).findFirst().orElseThrow();
            assertEquals(a.score(n), effect.improvement(), 1e-7);
            assertEquals(a.coefficient(n), effect.coefficient(), 1e-5);
            assertEquals(a.rank(n), effect.rank(), 1); // neighbours may be equal but for rounding
            if (a.score(n) > 0 && Math.abs(a.coefficient(n)) > Math.abs(strongest)) {
              strongest = a.coefficient(n);
            }
          }
          assertEquals(strongest < 0 ? -1 : 1, survey.sign(n));
          double[] improvements =
              effects.stream().mapToDouble(Survey.Effect::improvement).toArray();
          double[] descending = improvements.clone();
          Arrays.sort(descending);
          for (int k = 0; k < improvements.length; k++) {
            assertEquals(descending[descending.length - 1 - k], improvements[k]);
          }
          int best = survey.best(survey.space().index(n));
          assertEquals(effects.get(0).entity(), set.entities().get(best));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.engram.dissect.SmallSet#models")
  void coefficientsAreThoseOfEachImageWhetherKeptOrNot(Path model) {
    ImageSet set = SmallSet.entities(temp).withBackground(SmallSet.background(temp));
    try (Clip clip = Clip.from(model).device("cpu").load()) {
      Attributor attributor = new Attributor(clip);
      Survey kept = Survey.of(clip, attributor, set, Reading.LITERAL, Progress.NONE);
      Survey unkept = Survey.keeping(0, clip, attributor, set, Reading.LITERAL, Progress.NONE);
      assertEquals(10, kept.images().size());
      for (Neuron n : List.of(Neuron.ffn(1, 7), Neuron.msa(1, 1, 3))) {
        float[] alone = new float[10];
        for (int i = 0; i < alone.length; i++) {
          alone[i] = coefficient(clip, kept.images().get(i), n);
        }
        assertArrayEquals(alone, kept.coefficients(n, Progress.NONE), 2e-5f);
        assertArrayEquals(alone, unkept.coefficients(n, Progress.NONE), 2e-5f);
        assertEquals(kept.effects(n), unkept.effects(n));
      }
    }
  }

  private static float coefficient(Clip clip, LabelledImage image, Neuron n) {
    Site site = Site.coefficients(n.block());
    try (Trace trace =
        clip.trace(
            List.of(clip.processor().process(image.file())),
            TraceRequest.none().with(site, Tokens.CLASS),
            List.of())) {
      int column = n.column(clip.config().vision().space().headWidth());
      return trace.get(site, n.layer()).toFloatArray()[column];
    }
  }

  @Test
  void aSetMayLackEntitiesOrBackground() {
    try (Clip clip = Clip.from(SmallSet.models().toList().get(1)).device("cpu").load()) {
      Attributor attributor = new Attributor(clip);
      Neuron n = Neuron.ffn(0, 0);
      Survey flat =
          Survey.of(clip, attributor, SmallSet.background(temp), Reading.LITERAL, Progress.NONE);
      assertEquals(List.of(), flat.effects(n));
      assertEquals(1, flat.sign(n));
      assertEquals(-1, flat.best(0));
      assertEquals(3, flat.coefficients(n, Progress.NONE).length);
      Survey plain =
          Survey.of(clip, attributor, SmallSet.entities(temp), Reading.LITERAL, Progress.NONE);
      assertEquals(3, plain.effects(n).size());
      assertEquals(7, plain.coefficients(n, Progress.NONE).length);
    }
  }

  @Test
  void reportsEachImageAndStopsWhenInterrupted() {
    ImageSet set = SmallSet.entities(temp);
    try (Clip clip = Clip.from(SmallSet.models().toList().get(1)).device("cpu").load()) {
      Attributor attributor = new Attributor(clip);
      int[] last = {0};
      Progress stopping =
          (what, done, total) -> {
            if (what.equals("looking through images")) {
              assertEquals(7, total);
              last[0] = (int) done;
              if (done == 5) {
                Thread.currentThread().interrupt();
              }
            }
          };
      assertThrows(
          CancellationException.class,
          () -> Survey.of(clip, attributor, set, Reading.LITERAL, stopping));
      assertEquals(5, last[0]);
      assertTrue(!Thread.currentThread().isInterrupted());
    }
  }
}
