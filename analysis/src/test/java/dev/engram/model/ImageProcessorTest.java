package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Refusal;
import dev.engram.iconclip.Iconclip;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The three places where the settings come from, and what is refused. */
class ImageProcessorTest {
  @Test
  void everyReferenceModelIsPrepared() throws IOException {
    try (Stream<Path> models = Files.list(ReferenceImages.ROOT.resolve("models"))) {
      for (Path model : models.toList()) {
        int size = model.endsWith("nonsquare") ? 48 : 32;
        ImageProcessor processor = ImageProcessor.of(model, size);
        assertEquals(size, processor.crop(), model.toString());
        boolean stated = Files.exists(model.resolve("preprocessor_config.json"));
        assertEquals(stated, processor.notes().isEmpty(), model.toString());
      }
    }
  }

  @Test
  void theEmbeddedModel() {
    ImageProcessor processor = ImageProcessor.of(Iconclip.model(), 64);
    assertEquals(List.of(0.48145466, 0.4578275, 0.40821073), processor.mean());
    Path image = Iconclip.entities().resolve("characters/santa_claus/noto__santa-claus.png");
    assertEquals(3 * 64 * 64, processor.process(image).length);
    assertEquals(64, processor.crop(ImageReader.read(image)).getWidth());
  }

  @Test
  void theOldFormIsUnderstood(@TempDir Path temp) throws IOException {
    write(temp, "{'size': 36, 'crop_size': 32, 'resample': 3, 'image_mean': [0.5, 0.5, 0.5]}");
    ImageProcessor processor = ImageProcessor.of(temp, 32);
    assertEquals(36, processor.size());
    assertEquals(List.of(0.5, 0.5, 0.5), processor.mean());
    assertEquals(32, processor.crop(PillowResizeTest.noise(1, 100, 70)).getHeight());
  }

  @Test
  void withoutAFileOpenAiSettingsAreTakenAndSaid(@TempDir Path temp) {
    ImageProcessor processor = ImageProcessor.of(temp, 224);
    assertEquals(224, processor.size());
    assertFalse(processor.notes().isEmpty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'resample': 2, 'size': 32, 'crop_size': 32}|resample = 2",
        "{'do_center_crop': false, 'size': 32, 'crop_size': 32}|do_center_crop = false",
        "{'do_normalize': false, 'size': 32, 'crop_size': 32}|do_normalize = false",
        "{'rescale_factor': 1, 'size': 32, 'crop_size': 32}|rescale_factor = 1.0",
        "{'size': {'height': 32, 'width': 16}}|size = {",
        "{'size': {'height': 36, 'width': 36}, 'crop_size': 32}|size 36, crop 32",
        "{'size': {'height': 36, 'width': 36}}|the model takes 32",
        "{'size': 32, 'crop_size': {'height': 32, 'width': 16}}|crop_size",
        "{'size': 32, 'crop_size': 64}|crop 64",
        "{'size': 32, 'crop_size': 32, 'image_mean': [1]}|three numbers",
        "{'size': 32, 'crop_size': 32, 'image_std': [1, 0, 1]}|positive",
        "{'size': 64, 'crop_size': 64}|the model takes 32",
        "{}|the model takes 32",
        "{'size'|cannot be read as JSON",
      })
  void whatIsNotImplementedIsRefused(String config, String part, @TempDir Path temp)
      throws IOException {
    write(temp, config);
    Refusal.holds(() -> ImageProcessor.of(temp, 32), part);
  }

  @Test
  void aSquareSizeSquashesThePicture(@TempDir Path temp) throws IOException {
    BufferedImage wide = PillowResizeTest.noise(1, 100, 70);
    int[] expected = Rgb.pixels(PillowResize.resize(wide, 32, 32));
    write(temp, "{'size': {'height': 32, 'width': 32}, 'do_center_crop': false}");
    ImageProcessor sigLip = ImageProcessor.of(temp, 32);
    assertArrayEquals(expected, Rgb.pixels(sigLip.crop(wide)));
    Files.delete(temp.resolve("preprocessor_config.json"));
    Files.writeString(
        temp.resolve("open_clip_config.json"),
        "{\"preprocess_cfg\": {\"resize_mode\": \"squash\"}}");
    ImageProcessor dfn = ImageProcessor.of(temp, 32);
    assertArrayEquals(expected, Rgb.pixels(dfn.crop(wide)));
    assertEquals(List.of(), dfn.notes());
  }

  @ParameterizedTest
  @CsvSource({"resize_mode, longest", "interpolation, bilinear"})
  void openClipOptionsToo(String name, String value, @TempDir Path temp) throws IOException {
    Files.writeString(
        temp.resolve("open_clip_config.json"),
        "{\"preprocess_cfg\": {\"%s\": \"%s\"}}".formatted(name, value));
    Refusal.holds(() -> ImageProcessor.of(temp, 32), name + " = " + value);
    assertTrue(Files.exists(temp));
  }

  private static void write(Path folder, String json) throws IOException {
    Files.writeString(folder.resolve("preprocessor_config.json"), json.replace('\'', '"'));
  }
}
