package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import dev.engram.Progress;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.SurveySettings;
import dev.engram.data.ImageSet;
import dev.engram.iconclip.Iconclip;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A survey for which memory is short takes smaller batches, and its atlas says how many. */
class SurveyMemoryTest {
  private static final Path MODEL =
      Path.of("src", "test", "resources", "reference", "models", "gelu_p8");

  @TempDir Path temp = Path.of("");

  @Test
  void halvedBlocksAreCounted() {
    try (Atlas whole = survey("whole", Integer.MAX_VALUE);
        Atlas halved = survey("halved", 9)) {
      assertEquals(0, whole.manifest().halved());
      assertEquals(3, halved.manifest().halved()); // the last has 5 images, which have room
      assertEquals(53, halved.manifest().images());
      double[] one = whole.neurons().mean();
      double[] other = halved.neurons().mean();
      double most = 0;
      for (int i = 0; i < one.length; i++) {
        most = Math.max(most, Math.abs(one[i] - other[i]));
      }
      assertTrue(most < 1e-6, "other bits, but the same numbers: " + most);
    }
  }

  private Atlas survey(String name, int room) {
    try (Clip clip = Clip.from(MODEL).device("cpu").load()) {
      clip.vision()
          .beforePass(
              images -> {
                if (images > room) {
                  throw new EngineException("CUDA out of memory. Pretended.");
                }
              });
      return Atlas.survey(
          clip,
          ImageSet.read(Iconclip.entities()),
          SurveySettings.standard().images(53),
          null,
          temp.resolve(name),
          Progress.NONE);
    }
  }
}
