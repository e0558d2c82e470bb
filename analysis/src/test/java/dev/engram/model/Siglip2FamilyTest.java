package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.Progress;
import dev.engram.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How SigLIP 2 is told from SigLIP, what its tokenizer does, and that NaFlex is refused. Its
 * embeddings are held to transformers' by FamiliesTest, its images by ImageProcessorTest.
 */
class Siglip2FamilyTest {
  private static final Path GIVEN = Path.of("src", "test", "resources", "families", "siglip2_b16");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder = Path.of("");

  @BeforeEach
  void copy() throws IOException {
    try (Stream<Path> files = Files.list(GIVEN)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
  }

  private void change(String name, Consumer<ObjectNode> change) throws IOException {
    Path file = folder.resolve(name);
    ObjectNode root = (ObjectNode) JSON.readTree(file.toFile());
    change.accept(root);
    JSON.writeValue(file.toFile(), root);
  }

  private Clip load() {
    return Clip.from(folder).device("cpu").load();
  }

  @Test
  void labelsAreTheTokensOfGemma() throws IOException {
    String[] labels = JSON.readValue(folder.resolve("labels.json").toFile(), String[].class);
    double[] ids = Safetensors.open(GIVEN.resolve("expected.safetensors")).doubles("ids");
    try (Clip clip = load()) {
      assertEquals(0, clip.tokenizer().padId());
      assertEquals(1, clip.tokenizer().endOfTextId());
      for (int i = 0; i < labels.length; i++) {
        int[] own = clip.tokenizer().encodePadded(labels[i]);
        for (int j = 0; j < own.length; j++) {
          assertEquals((int) ids[i * own.length + j], own[j], labels[i] + ", token " + j);
        }
      }
    }
  }

  /** CLIP's configuration reads it, SigLIP's does not. */
  @Test
  void anOldCopyOfATowersSettingsIsNamed() throws IOException {
    change("config.json", c -> c.putObject("vision_config_dict").put("num_hidden_layers", 99));
    try (Clip clip = load()) {
      assertTrue(
          clip.config().notes().stream().anyMatch(n -> n.contains("has vision_config_dict too")),
          clip.config().notes()::toString);
    }
  }

  /** As transformers does with a GemmaTokenizer; the model card says so. */
  @Test
  void capitalsAreKeptWithANote() {
    try (Clip clip = load()) {
      assertFalse(
          java.util.Arrays.equals(
              clip.tokenizer().encode("Two cats"), clip.tokenizer().encode("two cats")));
      assertTrue(
          clip.config().notes().stream().anyMatch(n -> n.contains("write labels in lower case")),
          clip.config().notes()::toString);
    }
  }

  @Test
  void theTokenizerOfTransformers5MakesLowerCase() throws IOException {
    change("tokenizer_config.json", c -> c.put("tokenizer_class", "Siglip2Tokenizer"));
    try (Clip clip = load()) {
      assertEquals("SigLIP 2", clip.config().family().title());
      assertArrayEquals(clip.tokenizer().encode("two cats"), clip.tokenizer().encode("Two CATS"));
      assertTrue(clip.config().notes().stream().noneMatch(n -> n.contains("lower case")));
    }
  }

  @Test
  void textsAreFilledUpWithPadWhereNothingIsStated() throws IOException {
    change("tokenizer_config.json", c -> c.remove("pad_token"));
    try (Clip clip = load()) {
      assertEquals(0, clip.tokenizer().padId());
    }
  }

  @Test
  void withoutGemmasTokenizerItIsASiglip() throws IOException {
    change("tokenizer_config.json", c -> c.put("tokenizer_class", "SiglipTokenizer"));
    try (Clip clip = load()) {
      assertEquals("SigLIP", clip.config().family().title());
    }
  }

  @Test
  void imagesAreScaledBilinearlyWhateverFileSaysSo(@TempDir Path temp) throws IOException {
    ImageProcessor stated;
    try (Clip clip = load()) {
      stated = clip.processor();
      assertEquals(ResizeFilter.BILINEAR, stated.filter());
      assertEquals(List.of(), stated.notes());
      assertTrue(stated.description().contains("(bilinear, as Pillow)"), stated.description());
    }
    Files.delete(folder.resolve("preprocessor_config.json"));
    try (Clip clip = load()) {
      assertEquals(stated.filter(), clip.processor().filter());
      assertTrue(clip.processor().notes().get(0).contains("google's checkpoints of SigLIP 2"));
      clip.save(temp.resolve("saved"), Map.of(), Progress.NONE);
    }
    try (Clip again = Clip.from(temp.resolve("saved")).device("cpu").load()) {
      assertEquals(ResizeFilter.BILINEAR, again.processor().filter());
      assertEquals("SigLIP 2", again.config().family().title());
    }
  }

  @Test
  void aModelThatCallsItselfSiglip2IsReadWhereItsResolutionIsFixed() throws IOException {
    change("config.json", c -> c.put("model_type", "siglip2"));
    try (Clip clip = load()) {
      assertEquals("SigLIP 2", clip.config().family().title());
    }
  }

  @Test
  void naFlexIsRefusedByName() throws IOException {
    change(
        "config.json",
        c -> {
          c.put("model_type", "siglip2");
          ((ObjectNode) c.get("vision_config")).put("num_patches", 256);
        });
    Refusal.holds(() -> load().close(), "SigLIP 2 NaFlex", "variable resolution", "siglip2");
  }

  /** NaFlex embeds patches that come as a list, each by one matrix product. */
  @ParameterizedTest
  @ValueSource(strings = {"siglip", "siglip2"})
  void patchesInAListAreRefusedByName(String type) throws IOException {
    change("config.json", c -> c.put("model_type", type));
    Safetensors given = Safetensors.open(GIVEN.resolve("model.safetensors"));
    SafetensorsWriter writer = new SafetensorsWriter();
    String patches = "vision_model.embeddings.patch_embedding.weight";
    for (String name : given.names()) {
      double[] values = given.doubles(name);
      float[] floats = new float[values.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (float) values[i];
      }
      long[] shape = given.shape(name);
      writer.floats(
          name,
          name.equals(patches) ? new long[] {shape[0], floats.length / shape[0]} : shape,
          () -> floats);
    }
    writer.write(folder.resolve("model.safetensors"), Progress.NONE);
    Refusal.holds(() -> load().close(), "SigLIP 2 NaFlex", "variable resolution");
  }

  /** Each parameter of Gemma's components that the native library could not bear. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/normalizer | content | 5 | normalizer Replace",
        "/normalizer | pattern | {\"String\": \"\"} | normalizer Replace",
        "/normalizer | pattern | {\"Regex\": \"(a+)+b\"} | normalizer Replace",
        "/pre_tokenizer | pattern | {\"String\": \"\"} | pre-tokenizer Split",
        "/pre_tokenizer | behavior | \"Sideways\" | pre-tokenizer Split",
        "/pre_tokenizer | invert | \"no\" | pre-tokenizer Split",
        "/post_processor/special_tokens/<eos> | ids | [-1] | post-processor TemplateProcessing",
        "/post_processor/special_tokens/<eos> | ids | [] | post-processor TemplateProcessing",
        "/post_processor/single/0/Sequence | type_id | -1 | post-processor TemplateProcessing",
        "/post_processor/single/1/SpecialToken | id | \"<none>\" | post-processor TemplateProcessing",
        "/model | unk_token | \"<none>\" | model BPE",
        "/model | byte_fallback | 1 | model BPE",
        "/model | fuse_unk | \"yes\" | model BPE",
        "/model | dropout | 0.5 | model BPE",
        "/model | merges | [[\"a\"]] | model BPE",
        "/model/vocab | <eos> | -1 | model BPE",
        "/added_tokens/0 | id | \"x\" | added_tokens",
        "/added_tokens/0 | content | \"\" | added_tokens",
        "/added_tokens/0 | normalized | 1 | added_tokens",
      })
  void eachParameterOfItsTokenizerIsChecked(String where, String key, String value, String named)
      throws IOException {
    change(
        "tokenizer.json",
        root -> {
          try {
            ((ObjectNode) root.at(where)).set(key, JSON.readTree(value));
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
    Refusal.holds(() -> load().close(), "is refused", named);
  }
}
