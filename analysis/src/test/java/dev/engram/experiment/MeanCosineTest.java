package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The experiment that CONTRIBUTING.md shows does what it says. */
class MeanCosineTest {
  @Test
  void isTheMeanOverTheFirstImagesOfEachEntity(@TempDir Path images) {
    try (Clip clip = SmallStudy.clip("quick_gelu_p8")) {
      ImageSet set = SmallStudy.set(images);
      MeanCosine.Settings settings = MeanCosine.standard().images(2);
      MeanCosine.Result r = MeanCosine.run(new Study(clip, set), settings);
      double sum = 0;
      int count = 0;
      for (Entity entity : set.entities()) {
        float[] text = clip.embedTexts(List.of(entity.label()), Progress.NONE)[0];
        List<Path> files = entity.images().stream().limit(2).map(LabelledImage::file).toList();
        for (float[] image : clip.embedImages(clip.pixels(files), Progress.NONE)) {
          sum += Cosine.of(image, text);
          count++;
        }
      }
      assertEquals(sum / count, r.cosine().mean(), 1e-5);
      assertTrue(r.provenance().toString().contains("images"), r.provenance().toString());
    }
  }
}
