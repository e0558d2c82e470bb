package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.iconclip.Iconclip;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Images of another size than the model learned with. The numbers are those of transformers 4.53.3
 * with {@code interpolate_pos_encoding=True} ({@code src/test/resources/pytorch/resolution.py}).
 */
class ResolutionTest {
  private static final Path RESOURCES = Path.of("src", "test", "resources");
  private static final Path CLIP = RESOURCES.resolve("reference/models/quick_gelu_p8");

  @TempDir Path temp = Path.of("");

  private static float[] pixels(int side) {
    float[] pixels = new float[3 * side * side];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = i * 37L % 101 / 50f - 1;
    }
    return pixels;
  }

  private static float[] embedding(Clip clip) {
    return clip.embedImages(List.of(pixels(clip.config().imageSize())), Progress.NONE)[0];
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "reference/models/quick_gelu_p8 | 48 | 4.4067063 | -0.2240373, -0.3175778, -0.4127792,"
            + " 1.7276059, -0.8336185, -0.2986624, -1.4053485, 1.7437141",
        "reference/models/quick_gelu_p8 | 24 | 5.3260651 | 0.4027722, 0.5235453, 0.4758241,"
            + " 1.4338237, 1.3233675, -1.1654499, -0.2158663, 0.5811132",
        "families/siglip_b16 | 80 | 6.6216240 | -0.8096511, 1.8391466, -0.2329024, 0.9244426,"
            + " -0.6252388, 0.6373469, -1.2186251, 1.4665041"
      })
  void embeddingsAreThoseOfTransformers(String model, int side, double norm, String first) {
    try (Clip clip = Clip.from(RESOURCES.resolve(model)).device("cpu").resolution(side).load()) {
      float[] z = embedding(clip);
      double[] expected =
          Arrays.stream(first.split(",")).mapToDouble(Double::parseDouble).toArray();
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], z[i], 2e-5, "channel " + i);
      }
      double squares = 0;
      for (float x : z) {
        squares += (double) x * x;
      }
      assertEquals(norm, Math.sqrt(squares), 5e-5);
    }
  }

  @Test
  void itIsAnotherModelThatSaysSo() {
    try (Clip own = Clip.from(CLIP).device("cpu").load();
        Clip same = Clip.from(CLIP).device("cpu").resolution(32).load();
        Clip half = Clip.from(CLIP).device("cpu").resolution(48).precision(Precision.F16).load();
        Clip other = Clip.from(CLIP).device("cpu").resolution(48).load()) {
      assertEquals(own.hash(), same.hash());
      assertFalse(same.isResized());
      assertArrayEquals(embedding(own), embedding(same));
      assertNotEquals(own.hash(), other.hash());
      assertNotEquals(half.hash(), other.hash());
      assertEquals(own.weightsHash(), other.weightsHash());
      assertTrue(other.isResized());
      assertEquals("quick_gelu_p8 at 48 px", other.name());
      assertEquals(37, other.config().imageTokens());
      assertEquals(48, other.processor().crop());
      String notes = other.config().notes().toString();
      assertTrue(notes.contains("its 4 × 4 positions are interpolated to 6 × 6"), notes);
      Refusal.holds(
          () -> other.save(temp.resolve("saved"), Map.of(), Progress.NONE),
          "Images of 48 px are not what the files of this model ask for");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "50, 'as 48'",
    "0, 'as 8'",
    "-8, 'as 8'",
    "2147483640, 'from 8 to 512'",
    "520, 'as 512'"
  })
  void noPartOfAPatchAndNotTooManyAreTaken(int side, String part) {
    Refusal.holds(() -> Clip.from(CLIP).device("cpu").resolution(side).load(), side + " px", part);
  }

  @Test
  void positionsThatRotateAreNotResized() {
    Path eva = RESOURCES.resolve("families/eva02_b16");
    Refusal.holds(() -> Clip.from(eva).device("cpu").resolution(160).load(), "EVA-CLIP rotate");
  }

  @Test
  void aPictureKeepsItsPart() {
    ImageProcessor cut =
        new ImageProcessor(
            ResizeFilter.BICUBIC,
            256,
            224,
            false,
            CropRule.TRANSFORMERS,
            FamilyDefaults.OPENAI_MEAN,
            FamilyDefaults.OPENAI_STD,
            List.of());
    assertEquals(384, cut.at(336).size());
    assertEquals(336, cut.at(336).crop());
  }

  @Test
  void theEmbeddedModelLooksCloser() {
    int side = 0;
    try (Clip own = Clip.from(Iconclip.model()).device("cpu").load()) {
      side = own.config().imageSize() + own.config().patchSize();
    }
    try (Clip closer = Clip.from(Iconclip.model()).device("cpu").resolution(side).load()) {
      assertEquals(side, closer.config().imageSize());
      assertTrue(Double.isFinite(embedding(closer)[0]));
    }
  }
}
