package dev.engram.sae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.Refusal;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.model.PickleBytes;
import dev.engram.sae.SaeConfig.Normalization;
import dev.engram.sae.SaeConfig.TrainedOn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every layout and architecture is what its program computes, and what is none is refused. */
@SuppressWarnings("NullAway.Init")
class SparseAutoencoderTest {
  private static final int TOKENS = 5;
  private static final int FEATURES = 40;

  @TempDir Path temp;

  private static Clip clip;
  private static int width;

  @BeforeAll
  static void open() {
    clip = Clip.from(Iconclip.model()).device("cpu").load();
    width = clip.config().vision().width();
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  private static SaeFixture saelens() {
    return new SaeFixture("blocks.2.hook_resid_post", width, FEATURES, 7);
  }

  private static SaeFixture prisma() {
    return saelens()
        .without("hook_name")
        .without("d_sae")
        .without("hook_head_index")
        .set("model_class_name", "HookedViT")
        .set("hook_point_layer", 2)
        .set("layer_subtype", "hook_resid_post")
        .set("normalize_activations", "layer_norm");
  }

  static Stream<SaeFixture> architectures() {
    Random random = new Random(3);
    return Stream.of(
        saelens(),
        saelens().set("apply_b_dec_to_input", false),
        saelens().set("activation_fn_str", "tanh-relu"),
        saelens().set("normalize_activations", "layer_norm"),
        saelens().set("normalize_activations", "constant_norm_rescale"),
        saelens()
            .set("architecture", "gated")
            .noise("b_gate", random, 0.3, FEATURES)
            .noise("r_mag", random, 0.3, FEATURES)
            .noise("b_mag", random, 0.3, FEATURES),
        saelens().set("architecture", "jumprelu").noise("threshold", random, 1, FEATURES),
        saelens()
            .set("architecture", "jumprelu")
            .set("normalize_activations", "layer_norm")
            .noise("threshold", random, 1, FEATURES),
        saelens().set("architecture", "topk").set("k", 4),
        saelens().set("activation_fn_str", "topk").set("activation_fn_kwargs", Map.of("k", 3)),
        saelens().set("architecture", "topk").set("k", 6).set("rescale_acts_by_decoder_norm", true),
        saelens().set("architecture", "batchtopk").noise("topk_threshold", random, 1, 1),
        saelens()
            .set("finetuning_scaling_factor", true)
            .noise("finetuning_scaling_factor", random, 1, FEATURES),
        prisma(),
        prisma().set("activation_fn_str", "topk").set("activation_fn_kwargs", Map.of("k", 5)));
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void isWhatItsProgramComputes(SaeFixture fixture) throws IOException {
    Path folder = fixture.write(temp);
    float[] x = new float[TOKENS * width];
    Random random = new Random(11);
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (0.5 + 2 * random.nextGaussian());
    }
    NaiveSae naive = new NaiveSae(fixture);
    int arrays = clip.manager().getManagedArrays().size();
    try (SparseAutoencoder sae = SparseAutoencoder.open(folder, clip);
        NDManager scope = clip.manager().newSubManager()) {
      assertEquals(FEATURES, sae.count());
      NDArray rows = scope.create(x, new Shape(TOKENS, width));
      SparseAutoencoder.Encoded encoded = sae.encode(rows);
      float[] f = encoded.features().toFloatArray();
      float[] m = encoded.coefficients().toFloatArray();
      float[] said = sae.decode(encoded).toFloatArray();
      int active = 0;
      for (int t = 0; t < TOKENS; t++) {
        double[] token = new double[width];
        for (int j = 0; j < width; j++) {
          token[j] = x[t * width + j];
        }
        double[] expected = naive.encode(token);
        double[] decoded = naive.decode(expected);
        for (int i = 0; i < FEATURES; i++) {
          active += expected[i] == 0 ? 0 : 1;
          near(expected[i], f[t * FEATURES + i]);
          near(expected[i] * expected[FEATURES], m[t * FEATURES + i]);
        }
        for (int j = 0; j < width; j++) {
          near(decoded[j], said[t * width + j]);
        }
      }
      assertTrue(active > TOKENS && active < TOKENS * FEATURES, "some and not all: " + active);
      for (int i = 0; i < FEATURES; i++) {
        float[] one = sae.coefficients(rows, List.of(sae.feature(i))).toFloatArray();
        double[] w = naive.value(i);
        float[] value = sae.valueVector(clip, sae.feature(i));
        for (int t = 0; t < TOKENS; t++) {
          near(m[t * FEATURES + i], one[t]);
        }
        for (int j = 0; j < width; j++) {
          near(w[j], value[j]);
        }
      }
    }
    assertEquals(arrays, clip.manager().getManagedArrays().size());
  }

  private static void near(double expected, double actual) {
    assertEquals(expected, actual, 2e-5 + 2e-5 * Math.abs(expected));
  }

  @Test
  void readsTheLayoutsOfEveryVersion() throws IOException {
    // SAELens since 6 keeps the hook within metadata
    SaeFixture newer = saelens().without("hook_name");
    newer
        .config
        .putObject("metadata")
        .put("hook_name", "blocks.1.hook_mlp_out")
        .put("model_name", "x");
    SaeConfig config = SaeConfig.read(newer.write(temp.resolve("newer")).resolve("cfg.json"));
    assertEquals("blocks.1.hook_mlp_out", config.hook().toString());
    assertEquals("x", config.model());
    // before 3 it called it hook_point, beside hook_point_layer
    SaeFixture older =
        saelens()
            .without("hook_name")
            .set("hook_point", "blocks.0.hook_resid_pre")
            .set("hook_point_layer", 0)
            .set("normalize_activations", false);
    config = SaeConfig.read(older.write(temp.resolve("older")).resolve("cfg.json"));
    assertEquals(SaeConfig.Origin.SAELENS, config.origin());
    assertEquals("blocks.0.hook_resid_pre", config.hook().toString());
    // ViT-Prisma normalises where its file does not say it, and counts by the expansion factor
    SaeFixture prisma =
        prisma()
            .without("normalize_activations")
            .without("d_sae")
            .set("hook_point_layer", List.of(2))
            .set("expansion_factor", 3)
            .set("architecture", "vanilla")
            .set("cls_token_only", true);
    config =
        SaeConfig.read(
            prisma.write(temp.resolve("p"), "w.pt", "config.json").resolve("config.json"));
    assertEquals(SaeConfig.Origin.PRISMA, config.origin());
    assertEquals(Normalization.LAYER_NORM, config.normalization());
    assertEquals(3 * width, config.features());
    assertEquals(SaeConfig.Architecture.STANDARD, config.architecture());
    assertEquals(TrainedOn.CLASS, config.tokens());
    assertEquals("blocks.2.hook_resid_post", config.hook().toString());
  }

  @Test
  void readsTheFileOfPyTorchThatPrismaWrites() throws IOException {
    Path folder = prisma().write(temp.resolve("sae"), "x.safetensors", "config.json");
    PickleBytes.convert(folder.resolve("x.safetensors"), folder.resolve("weights.pt"));
    try (SparseAutoencoder safe = SparseAutoencoder.open(folder.resolve("x.safetensors"), clip);
        SparseAutoencoder pickled = SparseAutoencoder.open(folder, clip)) {
      for (int i = 0; i < FEATURES; i++) {
        assertEquals(
            List.of(boxed(safe.valueVector(clip, safe.feature(i)))),
            List.of(boxed(pickled.valueVector(clip, pickled.feature(i)))));
      }
      assertEquals("sae", pickled.name());
      assertTrue(!safe.hash().equals(pickled.hash()));
    }
  }

  private static List<Float> boxed(float[] values) {
    List<Float> out = new java.util.ArrayList<>();
    for (float value : values) {
      out.add(value);
    }
    return out;
  }

  private void refused(SaeFixture fixture, String... parts) throws IOException {
    int arrays = clip.manager().getManagedArrays().size();
    Path folder = fixture.write(temp.resolve("refused"));
    Refusal.holds(() -> SparseAutoencoder.open(folder, clip).close(), parts);
    assertEquals(arrays, clip.manager().getManagedArrays().size());
  }

  @Test
  void whatIsNoneIsRefusedInOneSentence() throws IOException {
    refused(
        saelens().set("architecture", "crosscoder\n\u202e"),
        "architecture",
        "crosscoder\\u000a",
        "gated");
    refused(saelens().set("activation_fn_str", "gelu"), "gelu", "tanh_relu");
    refused(saelens().set("architecture", 3), "architecture", "no text");
    refused(saelens().set("normalize_activations", true), "expected_average_only_in");
    refused(saelens().set("normalize_activations", "batch_norm"), "batch_norm", "layer_norm");
    refused(saelens().set("hook_name", "blocks.2.hook_rot_q"), "hook_rot_q", "hook_mlp_out");
    refused(saelens().set("hook_name", "<img onerror>"), "<img onerror>", "hook_mlp_out");
    refused(saelens().without("hook_name"), "hook_name");
    refused(saelens().set("hook_head_index", 3), "one head alone (3)");
    refused(saelens().set("is_transcoder", true), "transcoder");
    refused(saelens().set("is_transcoder", "yes"), "neither true nor false");
    refused(saelens().set("hook_name", "blocks.99.hook_mlp_out"), "layers from 0 to");
    refused(saelens().set("d_in", 768), "768 numbers", "where model has " + width);
    refused(saelens().set("d_in", -1), "d_in", "-1");
    refused(saelens().set("d_sae", 1_999_999_999), "d_sae", "1999999999");
    refused(saelens().set("d_sae", FEATURES + 1), "W_dec", "[" + FEATURES + ", " + width + "]");
    refused(saelens().set("architecture", "topk"), "whole number k");
    refused(saelens().set("architecture", "topk").set("k", 2.5), "whole number k");
    refused(saelens().set("architecture", "topk").set("k", 41), "k is 41", "40 features");
    refused(saelens().set("architecture", "gated"), "b_gate");
    refused(saelens().set("architecture", "jumprelu"), "threshold");
    refused(saelens().set("architecture", "batchtopk"), "topk_threshold");
    refused(prisma().without("layer_subtype"), "layer_subtype");
    refused(prisma().set("d_in", 9_999_999).set("expansion_factor", 9_999_999), "expansion_factor");
    SaeFixture transposed = saelens();
    transposed.put("W_enc", FEATURES, width);
    refused(transposed, "W_enc", "instead of [" + width + ", " + FEATURES + "]");
    SaeFixture flat = saelens();
    flat.put("W_dec", FEATURES * width);
    refused(flat, "W_dec", "shape");
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      SaeFixture sick = saelens();
      sick.put("b_dec", width)[3] = bad;
      refused(sick, "b_dec", "not finite");
    }
    SaeFixture scaled = saelens();
    scaled.put("scaling_factor", FEATURES);
    refused(scaled, "scaling_factor");
    SaeFixture none = saelens();
    none.tensors.clear();
    none.put("<b>x</b>", 1);
    refused(none, "W_dec", "<b>x</b>");
  }

  @Test
  void filesThatAreMissingAreNamed() throws IOException {
    Path folder = saelens().write(temp.resolve("sae"));
    Path weights = folder.resolve("sae_weights.safetensors");
    Refusal.holds(
        () -> SparseAutoencoder.open(folder.resolve("cfg.json"), clip), "holds no weights");
    Files.delete(folder.resolve("cfg.json"));
    Refusal.holds(() -> SparseAutoencoder.open(folder, clip), "cfg.json", "config.json");
    Refusal.holds(() -> SparseAutoencoder.open(weights, clip), "cfg.json", "config.json");
    Files.writeString(folder.resolve("cfg.json"), "[1]");
    Refusal.holds(() -> SparseAutoencoder.open(folder, clip), "JSON object");
    Files.delete(weights);
    Refusal.holds(() -> SparseAutoencoder.open(folder, clip), "sae_weights.safetensors");
    Refusal.holds(() -> SparseAutoencoder.open(weights, clip), "no file or folder");
    saelens().write(folder);
    Files.writeString(weights, "no tensors");
    Refusal.holds(() -> SparseAutoencoder.open(folder, clip), "header");
    try (SparseAutoencoder sae =
        SparseAutoencoder.open(saelens().write(temp.resolve("good")), clip)) {
      Refusal.holds(() -> sae.known(new dev.engram.trace.Feature(1, 0)), "L2S0 to L2S39");
      Refusal.holds(() -> sae.known(new dev.engram.trace.Feature(2, 40)), "L2S40", "L2S39");
    }
  }
}
