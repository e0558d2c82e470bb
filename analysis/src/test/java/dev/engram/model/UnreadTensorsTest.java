package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.UpToRounding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every tensor of a checkpoint is read, harmless, told in a note, or a reason to refuse it. */
class UnreadTensorsTest {
  private static final Path RESOURCES = Path.of("src", "test", "resources");

  @TempDir Path temp = Path.of("");

  private static List<String> notes(Path folder) {
    try (Clip clip = Clip.from(folder).device("cpu").load()) {
      return clip.config().notes();
    }
  }

  static Stream<Path> models() throws IOException {
    try (Stream<Path> all = Files.walk(RESOURCES, 3)) {
      return all
          .filter(p -> Files.exists(p.resolve("expected.safetensors")))
          .filter(p -> !p.endsWith("crops") && !p.endsWith("preprocess"))
          // poolers and classifiers lie beside them: ImagesAloneTest
          .filter(p -> !p.startsWith(RESOURCES.resolve("images_alone")))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void everyTensorOfTheModelsThatWeTestWithIsRead(Path folder) {
    assertFalse(notes(folder).toString().contains("not read"), folder.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "openai_naming | positional_embedding_res | a longer positional embedding (Long-CLIP)",
        "openai_naming | visual.transformer.resblocks.0.ls_1.gamma | layer scale",
        "openai_naming | visual.attn_pool.query | an attentional pooler",
        "openai_naming | prompt_learner.ctx | adapters",
        "openai_naming | mask1 | 1 tensor of the towers",
        "openai_naming | visual.conv1.bias | 1 tensor of the towers",
        "openai_naming | transformer.resblocks.0.attn.bias_k | 1 tensor of the towers",
        "openclip_custom_naming | text.cls_emb | 1 tensor of the towers",
        "quick_gelu_p8 | vision_model.embeddings.register_tokens | register tokens",
        "quick_gelu_p8 | vision_model.encoder.layers.0.layer_scale1.lambda1 | layer scale",
        "quick_gelu_p8 | vision_model.encoder.layers.1.self_attn.q_norm.weight | norms of queries",
        "quick_gelu_p8 | vision_model.encoder.layers.1.self_attn.q_proj.lora_A.weight |"
            + " merge_and_unload",
        "quick_gelu_p8 | base_model.model.text_projection.lora_B.weight | LoRA factors",
        "quick_gelu_p8 | visual_projection.bias | 1 tensor of the towers",
        "quick_gelu_p8 | text_model.head.weight | 1 tensor of the towers"
      })
  void whatChangesTheComputationIsRefusedByName(String model, String tensor, String part)
      throws IOException {
    DamagedModel damaged = DamagedModel.of(model, temp).weights(w -> w.zeros(tensor, 3));
    Refusal.holds(() -> Clip.from(damaged.directory).device("cpu").load().close(), tensor, part);
  }

  @Test
  void manyNamesAreCountedAndNothingInvisibleIsShown() throws IOException {
    DamagedModel damaged =
        DamagedModel.of("quick_gelu_p8", temp)
            .weights(
                w -> {
                  for (int i = 0; i < 9; i++) {
                    w.zeros("text_model.a\u202e" + i + "b".repeat(200), 1);
                  }
                });
    String sentence = Refusal.of(() -> Clip.from(damaged.directory).device("cpu").load().close());
    assertTrue(sentence.contains("9 tensors of the towers"), sentence);
    assertTrue(sentence.contains("and 4 more"), sentence);
    assertFalse(sentence.contains("\u202e"), sentence);
  }

  @Test
  void whatChangesNothingIsPassedOver() throws IOException {
    DamagedModel damaged =
        DamagedModel.of("quick_gelu_p8", temp)
            .weights(
                w ->
                    w.with(
                            "text_model.embeddings.position_ids",
                            "I64",
                            new long[] {1, 2},
                            new byte[16])
                        .with(
                            "vision_model.embeddings.position_ids",
                            "I64",
                            new long[] {1, 2},
                            new byte[16])
                        .with("bn.num_batches_tracked", "I64", new long[0], new byte[8])
                        .zeros("attn_mask", 77, 77)
                        .zeros("logit_bias", 1));
    assertEquals(List.of(), notes(damaged.directory));
  }

  @Test
  void modulesBesideTheTowersAreNamed() throws IOException {
    DamagedModel damaged =
        DamagedModel.of("quick_gelu_p8", temp)
            .weights(w -> w.zeros("text_decoder.wte.weight", 3).zeros("classifier.bias", 3));
    assertEquals(
        List.of(
            "2 tensors of modules beside the towers are not read: classifier.bias,"
                + " text_decoder.wte.weight."),
        notes(damaged.directory));
  }

  @ParameterizedTest
  @ValueSource(strings = {"module.", "_orig_mod.", "clip.", "module._orig_mod."})
  void whatWrappersPutBeforeEveryNameIsTakenOff(String prefix) throws IOException {
    for (String name : List.of("quick_gelu_p8", "openai_naming", "openclip_custom_naming")) {
      DamagedModel model = DamagedModel.of(name, temp);
      float[] pixels = new float[3 * 32 * 32];
      pixels[7] = 1;
      float[][] expected;
      try (Clip clip = Clip.from(model.directory).device("cpu").load()) {
        expected = clip.embedImages(List.of(pixels), Progress.NONE);
      }
      model.rename(n -> prefix + n);
      try (Clip clip = Clip.from(model.directory).device("cpu").load()) {
        UpToRounding.assertEqual(expected, clip.embedImages(List.of(pixels), Progress.NONE));
        assertEquals(List.of(), clip.config().notes());
      }
    }
  }
}
