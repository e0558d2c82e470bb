package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.edit.EditHistory;
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

/**
 * The places where the settings come from, what is refused, and that what a note says is what the
 * pixels do (src/test/python/crops.py).
 */
class ImageProcessorTest {
  private static final Family CLIP = TestFamilies.of("CLIP");
  private static final Family SIGLIP = TestFamilies.of("SigLIP");
  private static final Path CROPS = Path.of("src", "test", "resources", "crops");
  private static final String OPENAI =
      "mean [0.48145466, 0.4578275, 0.40821073], deviation [0.26862954, 0.26130258, 0.27577711]";
  private static final String CUT =
      "shorter side to 32 px, a square of 32 px from the centre as %s cuts it (bicubic, as Pillow),"
          + " ";
  private static final String TORCHVISION = CUT.formatted("torchvision") + OPENAI;
  private static final String TRANSFORMERS = CUT.formatted("transformers") + OPENAI;
  private static final String SQUASHED =
      "scaled to 32 × 32 px whatever the ratio (bicubic, as Pillow), mean 0.5, deviation 0.5";

  private static ImageProcessor of(Path folder, int size) {
    return ImageProcessor.of(folder, size, CLIP, Naming.HUGGING_FACE);
  }

  /** Holds the description to the pixels: those of the library that it names. */
  private static void does(ImageProcessor processor, String description) {
    assertEquals(description, processor.description());
    String library =
        description.equals(TORCHVISION)
            ? "openai"
            : description.equals(TRANSFORMERS)
                ? "transformers"
                : description.equals(SQUASHED) ? "siglip" : "siglip2";
    Safetensors expected = Safetensors.open(CROPS.resolve("expected.safetensors"));
    for (String size : List.of("64x71", "53x43", "64x66", "40x40")) {
      double[] pixels = expected.doubles(size + "." + library);
      float[] actual = processor.process(CROPS.resolve(size + ".png"));
      assertEquals(pixels.length, actual.length);
      for (int i = 0; i < pixels.length; i++) {
        assertEquals(pixels[i], actual[i], 1e-6, size + " as " + library + ", value " + i);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "OpenAI / OpenCLIP, CLIP, OpenAI's CLIP does",
    "Hugging Face, CLIP, CLIPImageProcessor of transformers does",
    "Hugging Face, SigLIP, SiglipImageProcessor of transformers does",
    "Hugging Face, SigLIP 2, google's checkpoints of SigLIP 2 do",
    "'OpenCLIP, timm images', EVA-CLIP, OpenCLIP does"
  })
  void withoutAFileTheAuthorsDefaultsAreTakenAndSaid(
      String names, String title, String who, @TempDir Path temp) {
    Naming naming =
        Families.namings().stream().filter(n -> n.title().equals(names)).findFirst().orElseThrow();
    ImageProcessor processor = ImageProcessor.of(temp, 32, TestFamilies.of(title), naming);
    does(
        processor,
        switch (title) {
          case "SigLIP" -> SQUASHED;
          case "SigLIP 2" -> SQUASHED.replace("bicubic", "bilinear");
          default -> naming.isTransformers() ? TRANSFORMERS : TORCHVISION;
        });
    String note = processor.notes().get(0);
    assertEquals(1, processor.notes().size());
    assertTrue(note.contains("it is done as " + who + " by default: "), note);
    assertTrue(note.endsWith(processor.description() + "."), note);
  }

  @Test
  void anOpenClipWithoutPreprocessingIsDoneAsOpenClipDoes(@TempDir Path temp) throws IOException {
    Files.writeString(temp.resolve("open_clip_config.json"), "{\"model_cfg\": {}}");
    ImageProcessor processor = ImageProcessor.of(temp, 32, CLIP, Naming.OPENAI);
    does(processor, TORCHVISION);
    assertTrue(processor.notes().get(0).contains("as OpenCLIP does by default"));
  }

  @Test
  void theFileOfTheSameAuthorsIsRead(@TempDir Path temp) throws IOException {
    write(
        temp,
        "{'size': 32, 'crop_size': 32, 'image_mean': %s, 'image_std': %s}"
            .formatted(
                "[0.48145466, 0.4578275, 0.40821073]", "[0.26862954, 0.26130258, 0.27577711]"));
    Files.writeString(
        temp.resolve("open_clip_config.json"),
        ("{'preprocess_cfg': {'mean': [0.48145466, 0.4578275, 0.40821073], 'std': [0.26862954,"
                + " 0.26130258, 0.27577711]}}")
            .replace('\'', '"'));
    does(of(temp, 32), TRANSFORMERS);
    does(ImageProcessor.of(temp, 32, CLIP, Naming.OPENAI), TORCHVISION);
    assertEquals(List.of(), of(temp, 32).notes());
    Files.delete(temp.resolve("open_clip_config.json"));
    does(ImageProcessor.of(temp, 32, CLIP, Naming.OPENAI), TRANSFORMERS);
  }

  @Test
  void defaultsAreThoseOfTheProcessorThatIsNamed(@TempDir Path temp) throws IOException {
    write(temp, "{'size': {'height': 32, 'width': 32}}");
    ImageProcessor ofFamily = ImageProcessor.of(temp, 32, SIGLIP, Naming.HUGGING_FACE);
    does(ofFamily, SQUASHED);
    assertEquals(
        "preprocessor_config.json leaves out image_mean and image_std, so the defaults of"
            + " SiglipImageProcessor are taken: "
            + SQUASHED
            + ".",
        ofFamily.notes().get(0));
    write(
        temp,
        "{'size': {'height': 32, 'width': 32}, 'image_processor_type':"
            + " 'SiglipImageProcessorFast'}");
    does(of(temp, 32), SQUASHED);
    write(temp, "{'size': 32, 'crop_size': 32, 'feature_extractor_type': 'CLIPFeatureExtractor'}");
    does(ImageProcessor.of(temp, 32, SIGLIP, Naming.HUGGING_FACE), TRANSFORMERS);
    write(temp, "{'size': 32, 'crop_size': 32, 'image_processor_type': 'DeiTImageProcessor'}");
    Refusal.holds(() -> of(temp, 32), "DeiTImageProcessor without stating resample");
  }

  @Test
  void theSizeOfAnOpenClipIsTheModels(@TempDir Path temp) throws IOException {
    Files.writeString(
        temp.resolve("open_clip_config.json"),
        "{\"preprocess_cfg\": {\"size\": 224, \"mean\": 0.5, \"std\": 0.5, \"odd\": 1}}");
    ImageProcessor processor = ImageProcessor.of(temp, 32, CLIP, Naming.OPENAI);
    assertEquals(32, processor.size());
    assertEquals(List.of(0.5, 0.5, 0.5), processor.std());
    assertEquals(
        List.of(
            "open_clip_config.json prepares images of 224 px for a model of 32 px; as in OpenCLIP,"
                + " the model's size is taken.",
            "open_clip_config.json says more of images than Engram reads: odd 1."),
        processor.notes());
  }

  @Test
  void aSavedModelIsPreparedAsBefore(@TempDir Path temp) {
    Path saved = temp.resolve("saved");
    Path folder = ReferenceImages.ROOT.resolve("models/openai_naming");
    try (Clip clip = Clip.from(folder).device("cpu").load();
        EditHistory history = new EditHistory(clip)) {
      does(clip.processor(), TORCHVISION);
      history.saveModel(saved, Progress.NONE);
    }
    does(of(saved, 32), TORCHVISION);
    assertEquals(List.of(), of(saved, 32).notes());
  }

  @Test
  void everyReferenceModelIsPrepared() throws IOException {
    try (Stream<Path> models = Files.list(ReferenceImages.ROOT.resolve("models"))) {
      for (Path model : models.toList()) {
        int size = model.endsWith("nonsquare") ? 48 : 32;
        ImageProcessor processor = of(model, size);
        assertEquals(size, processor.crop(), model.toString());
        boolean stated =
            Files.exists(model.resolve("preprocessor_config.json"))
                || Files.exists(model.resolve("open_clip_config.json"));
        assertEquals(stated, processor.notes().isEmpty(), model.toString());
      }
    }
  }

  @Test
  void theEmbeddedModel() {
    ImageProcessor processor = of(Iconclip.model(), 96);
    assertEquals(List.of(0.48145466, 0.4578275, 0.40821073), processor.mean());
    Path image = Iconclip.entities().resolve("characters/santa_claus/noto__santa-claus.png");
    assertEquals(3 * 96 * 96, processor.process(image).length);
    assertEquals(96, processor.crop(ImageReader.read(image)).getWidth());
  }

  @Test
  void theOldFormIsUnderstood(@TempDir Path temp) throws IOException {
    write(temp, "{'size': 36, 'crop_size': 32, 'resample': 3, 'image_mean': [0.5, 0.5, 0.5]}");
    ImageProcessor processor = of(temp, 32);
    assertEquals(36, processor.size());
    assertEquals(List.of(0.5, 0.5, 0.5), processor.mean());
    assertEquals(32, processor.crop(PillowResizeTest.noise(1, 100, 70)).getHeight());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'resample': 1, 'size': 32, 'crop_size': 32}|resample = 1",
        "{'do_center_crop': false, 'size': 32, 'crop_size': 32}|do_center_crop = false",
        "{'do_normalize': false, 'size': 32, 'crop_size': 32}|do_normalize = false",
        "{'rescale_factor': 1, 'size': 32, 'crop_size': 32}|rescale_factor = 1.0",
        "{'size': {'height': 32, 'width': 16}}|size = {",
        "{'size': {'height': 36, 'width': 36}, 'crop_size': 32}|size 36, crop 32",
        "{'size': {'height': 36, 'width': 36}, 'do_center_crop': false}|to 36 pixels, but the"
            + " model",
        "{'size': 32}|does not say to how many pixels images are cut, which means 224",
        "{'size': 32, 'crop_size': {'height': 32, 'width': 16}}|crop_size",
        "{'size': 32, 'crop_size': 64}|to 64 pixels, but the model takes 32",
        "{'size': 32, 'crop_size': 32, 'image_mean': [1]}|three numbers",
        "{'size': 32, 'crop_size': 32, 'image_std': [1, 0, 1]}|positive",
        "{'size': 64, 'crop_size': 64}|the model takes 32",
        "{}|which means 224 in transformers, but the model takes 32",
        "{'size'|Not valid JSON",
      })
  void whatIsNotImplementedIsRefused(String config, String part, @TempDir Path temp)
      throws IOException {
    write(temp, config);
    Refusal.holds(() -> of(temp, 32), part);
  }

  @Test
  void aSquareSizeSquashesThePicture(@TempDir Path temp) throws IOException {
    BufferedImage wide = PillowResizeTest.noise(1, 100, 70);
    int[] expected = Rgb.pixels(PillowResize.resize(wide, 32, 32, ResizeFilter.BICUBIC));
    write(temp, "{'size': {'height': 32, 'width': 32}, 'do_center_crop': false}");
    ImageProcessor sigLip = of(temp, 32);
    assertArrayEquals(expected, Rgb.pixels(sigLip.crop(wide)));
    Files.delete(temp.resolve("preprocessor_config.json"));
    Files.writeString(
        temp.resolve("open_clip_config.json"),
        "{\"preprocess_cfg\": {\"resize_mode\": \"squash\", \"mean\": 0.5, \"std\": 0.5}}");
    ImageProcessor dfn = of(temp, 32);
    assertArrayEquals(expected, Rgb.pixels(dfn.crop(wide)));
    assertEquals(List.of(), dfn.notes());
  }

  @ParameterizedTest
  @CsvSource({"resize_mode, longest", "interpolation, nearest"})
  void openClipOptionsToo(String name, String value, @TempDir Path temp) throws IOException {
    Files.writeString(
        temp.resolve("open_clip_config.json"),
        "{\"preprocess_cfg\": {\"%s\": \"%s\"}}".formatted(name, value));
    Refusal.holds(() -> of(temp, 32), name + " = " + value);
    assertTrue(Files.exists(temp));
  }

  private static void write(Path folder, String json) throws IOException {
    Files.writeString(folder.resolve("preprocessor_config.json"), json.replace('\'', '"'));
  }
}
