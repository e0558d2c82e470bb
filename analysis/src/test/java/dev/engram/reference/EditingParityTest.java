package dev.engram.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.edit.Association;
import dev.engram.edit.BackgroundKeys;
import dev.engram.edit.CausalTrace;
import dev.engram.edit.CausalTracing;
import dev.engram.edit.Edit;
import dev.engram.edit.EditHistory;
import dev.engram.edit.FineTuning;
import dev.engram.edit.Insertion;
import dev.engram.edit.KeyValue;
import dev.engram.edit.Removal;
import dev.engram.edit.Trainable;
import dev.engram.model.Clip;
import dev.engram.model.Safetensors;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Goes through every model of the reference set and every tensor of DEFINITIONS sections 8 and 9,
 * and holds the tolerances of section 11, as {@link ReferenceParityTest} does for sections 1 to 7.
 */
class EditingParityTest {
  private static final List<String> SECTIONS =
      List.of("edit.", "memit.", "causal.", "ft.", "lora_");

  /** Of solved weights where the keys are float32 and the solution is float64. */
  private static final double SOLVED = 5e-5;

  private static final double EMBEDDED = 2e-4;

  /** Of one step of AdamW: mostly float32's rounding of the weights. */
  private static final double STEP = 5e-2;

  @AfterAll
  static void printTable() {
    System.out.println(Parity.table());
  }

  @TestFactory
  Stream<DynamicTest> everyEditAgreesWithTheReference() {
    List<Path> models =
        ReferenceModel.discover().stream().filter(EditingParityTest::hasEdits).toList();
    assertFalse(models.isEmpty(), "no model of the reference set has tensors of section 8");
    return models.stream()
        .map(m -> DynamicTest.dynamicTest(m.getFileName() + ", sections 8 and 9", () -> all(m)));
  }

  private static boolean hasEdits(Path directory) {
    return Safetensors.open(directory.resolve("expected.safetensors")).names().stream()
        .anyMatch(n -> SECTIONS.stream().anyMatch(n::startsWith));
  }

  private static void all(Path directory) {
    try (ReferenceModel r = ReferenceModel.open(directory)) {
      Run run =
          new Run(
              r,
              new Parity(r),
              r.images("pixels"),
              r.images("pixels_captioned"),
              r.clip.embedTokens(r.ids("ids_prompts"), Progress.NONE));
      String before = r.clip.hash();
      List<Consumer<Run>> sections =
          List.of(
              EditingParityTest::rankOne,
              EditingParityTest::memit,
              EditingParityTest::tracing,
              EditingParityTest::removal,
              EditingParityTest::lastLayer,
              EditingParityTest::lora);
      for (Consumer<Run> section : sections) {
        section.accept(run);
      }
      assertEquals(before, r.clip.hash());
      List<String> missed =
          r.expected.names().stream()
              .filter(n -> SECTIONS.stream().anyMatch(n::startsWith))
              .filter(n -> !run.parity.checked().contains(n))
              .toList();
      assertEquals(List.of(), missed, "tensors of sections 8 and 9 that no check looked at");
    }
  }

  /** One model under test: its inputs, and the embeddings of its prompts. */
  private record Run(
      ReferenceModel r,
      Parity parity,
      List<float[]> pixels,
      List<float[]> captioned,
      float[][] prompts) {
    List<float[]> entity() {
      return pixels.subList(0, 3);
    }

    int lastLayer() {
      return r.clip.config().vision().layers() - 1;
    }

    double cosine(Clip clip) {
      return Arrays.stream(clip.embedImages(entity(), Progress.NONE))
          .mapToDouble(z -> Cosine.of(z, prompts[0]))
          .average()
          .orElse(Double.NaN);
    }

    void embeddings(String tensor, Clip clip, double tolerance) {
      if (r.has(tensor)) {
        parity.check(tensor, doubles(clip.embedImages(pixels, Progress.NONE)), tolerance);
      }
    }
  }

  // ---------------------------------------------------------------- 8 editing

  private static void rankOne(Run x) {
    for (String kind : List.of("F", "A")) {
      Weight where = Weight.values(block(kind), x.lastLayer());
      Association what = new Association("the entity", "reference", x.entity(), x.captioned);
      KeyValue kv = the(KeyValue.of(x.r.clip, List.of(where), what, Progress.NONE), where);
      x.parity.check("edit." + kind + ".k", kv.key(), Parity.FORWARD);
      x.parity.check("edit." + kind + ".v", kv.value(), Parity.FORWARD);
      for (String set : List.of("cls", "all")) {
        String tensor = "edit." + kind + "." + set;
        JsonNode expected = x.r.json.path("edit").path(kind + "." + set);
        assertEquals(where.layer(), expected.path("layer").asInt());
        Tokens tokens = set.equals("cls") ? Tokens.CLASS : Tokens.ALL;
        Map<Weight, BackgroundKeys> keys =
            BackgroundKeys.of(
                x.r.clip, List.of(where), x.r.images("pixels_keys"), tokens, Progress.NONE);
        assertEquals(expected.path("n_keys").asInt(), the(keys, where).count());
        double ridge = expected.path("ridge_rel").asDouble();
        double lambda = expected.path("ridge_lambda").asDouble();
        assertEquals(lambda, the(keys, where).ridge(ridge), 1e-5 * lambda);
        Edit edit =
            new Insertion(x.r.clip, keys, "pixels_keys", ridge, BackgroundKeys.Solver.AUTO)
                .rankOne(where, what, Progress.NONE);
        try (EditHistory history = new EditHistory(x.r.clip)) {
          history.apply(edit);
          float[] w = history.model().values(where);
          x.parity.check(tensor + ".W", doubles(w), SOLVED);
          assertTrue(misses(w, kv) < 1e-5, tensor + ": W' k* is not v*");
          x.embeddings(tensor + ".embed", history.model(), EMBEDDED);
          assertEquals(
              expected.path("cos_after").asDouble(), x.cosine(history.model()), 1e-5, tensor);
        }
      }
    }
  }

  /** max |W k − v| over max |v|. */
  private static double misses(float[] w, KeyValue kv) {
    double worst = 0;
    double scale = 0;
    for (int i = 0; i < kv.value().length; i++) {
      double sum = -kv.value()[i];
      for (int j = 0; j < kv.key().length; j++) {
        sum += w[i * kv.key().length + j] * kv.key()[j];
      }
      worst = Math.max(worst, Math.abs(sum));
      scale = Math.max(scale, Math.abs(kv.value()[i]));
    }
    return worst / scale;
  }

  private static void memit(Run x) {
    List<float[]> cap2 = x.r.images("pixels_cap2");
    List<Association> all =
        List.of(
            new Association("a", "", x.pixels.subList(0, 2), x.captioned.subList(0, 2)),
            new Association("b", "", x.pixels.subList(2, 3), x.captioned.subList(2, 3)),
            new Association("c", "", x.pixels.subList(3, 6), cap2));
    List<Weight> where =
        List.of(
            Weight.values(Neuron.Block.FFN, x.lastLayer()),
            Weight.values(Neuron.Block.FFN, x.lastLayer() - 1),
            Weight.values(Neuron.Block.MSA, x.lastLayer()));
    Insertion insertion =
        new Insertion(
            x.r.clip,
            BackgroundKeys.of(
                x.r.clip, where, x.r.images("pixels_keys"), Tokens.CLASS, Progress.NONE),
            "pixels_keys",
            1e-2,
            BackgroundKeys.Solver.AUTO);
    List<Map<Weight, KeyValue>> pairs =
        all.stream().map(a -> KeyValue.of(x.r.clip, where, a, Progress.NONE)).toList();
    try (EditHistory history = new EditHistory(x.r.clip)) {
      history.apply(insertion.memit(where.subList(0, 1), all, Progress.NONE));
      x.embeddings("memit.embed_single", history.model(), EMBEDDED);
      history.undo();
      history.apply(insertion.memit(where, all, Progress.NONE));
      x.embeddings("memit.embed_all", history.model(), EMBEDDED);
      for (Weight w : where) {
        String name = "memit." + (w.block() == Neuron.Block.FFN ? "F" : "A") + w.layer();
        List<KeyValue> kv = pairs.stream().map(p -> the(p, w)).toList();
        x.parity.check(
            name + ".K", columns(kv.stream().map(KeyValue::key).toList()), Parity.FORWARD);
        x.parity.check(
            name + ".V", columns(kv.stream().map(KeyValue::value).toList()), Parity.FORWARD);
        x.parity.check(name + ".W", doubles(history.model().values(w)), SOLVED);
        JsonNode expected = x.r.json.path("edit").path(name);
        double before = expected.path("residual_before").asDouble();
        assertEquals(before, residual(x.r.clip.values(w), kv), 1e-4 * before, name);
        double after = expected.path("residual_after").asDouble();
        assertEquals(after, residual(history.model().values(w), kv), 1e-3 * after, name);
      }
    }
  }

  /** Section 7 as edits: {@link ReferenceParityTest} holds the same tensors without a history. */
  private static void removal(Run x) {
    Neuron kn = x.r.neuron(x.r.json.path("selection").path("kn_supp"));
    List<Neuron> top = new ArrayList<>();
    x.r.json.path("selection").path("top").path("ours").forEach(n -> top.add(x.r.neuron(n.get(0))));
    try (EditHistory history = new EditHistory(x.r.clip)) {
      history.apply(Removal.complete(x.r.clip, "it", List.of(kn), Provenance.of()));
      x.embeddings("sup.complete_embed", history.model(), Parity.FORWARD);
      history.undo();
      history.apply(Removal.residual(x.r.clip, "it", List.of(kn), Provenance.of()));
      x.embeddings("sup.residual_embed", history.model(), Parity.FORWARD);
      history.undo();
      history.apply(Removal.residual(x.r.clip, "it", top.subList(0, 1), Provenance.of()));
      x.embeddings("removal.top1_embed", history.model(), Parity.FORWARD);
      history.apply(Removal.residual(history.model(), "it", top.subList(1, 3), Provenance.of()));
      x.embeddings("removal.top3_embed", history.model(), Parity.FORWARD);
    }
  }

  private static void tracing(Run x) {
    for (Tokens tokens : Tokens.values()) {
      CausalTrace trace =
          new CausalTracing(x.r.clip)
              .trace(
                  x.entity(),
                  x.captioned,
                  "prompt 0",
                  x.prompts[0],
                  tokens,
                  "reference",
                  Progress.NONE);
      double[] mean = new double[2 * trace.layers()];
      for (int i = 0; i < mean.length; i++) {
        mean[i] = trace.mean(Neuron.Block.values()[i % 2], i / 2);
      }
      x.parity.check(tokens == Tokens.ALL ? "causal.all" : "causal.cls", mean, Parity.IMPROVEMENT);
      if (tokens == Tokens.ALL) {
        JsonNode best = x.r.json.path("selection").path("edit_layer");
        assertEquals(Weight.values(block(best.get(0).asText()), best.get(1).asInt()), trace.best());
      }
    }
  }

  /** ‖V − W K‖ of Frobenius. */
  private static double residual(float[] w, List<KeyValue> pairs) {
    double sum = 0;
    for (KeyValue kv : pairs) {
      for (int i = 0; i < kv.value().length; i++) {
        double r = kv.value()[i];
        for (int j = 0; j < kv.key().length; j++) {
          r -= w[i * kv.key().length + j] * kv.key()[j];
        }
        sum += r * r;
      }
    }
    return Math.sqrt(sum);
  }

  private static Neuron.Block block(String kind) {
    return kind.equals("F") ? Neuron.Block.FFN : Neuron.Block.MSA;
  }

  // ---------------------------------------------------------------- 9 fine-tuning

  /** What DEFINITIONS calls the weights of the last layer. */
  private static final Map<String, Weight.Kind> TRAINED =
      Map.ofEntries(
          Map.entry("Wq", Weight.Kind.W_Q),
          Map.entry("bq", Weight.Kind.B_Q),
          Map.entry("Wk", Weight.Kind.W_K),
          Map.entry("Wv", Weight.Kind.W_V),
          Map.entry("bv", Weight.Kind.B_V),
          Map.entry("Wo", Weight.Kind.W_O),
          Map.entry("bo", Weight.Kind.B_O),
          Map.entry("W1", Weight.Kind.W_FC1),
          Map.entry("b1", Weight.Kind.B_FC1),
          Map.entry("W2", Weight.Kind.W_FC2),
          Map.entry("b2", Weight.Kind.B_FC2),
          Map.entry("lna.w", Weight.Kind.LN_A_WEIGHT),
          Map.entry("lna.b", Weight.Kind.LN_A_BIAS),
          Map.entry("lnf.w", Weight.Kind.LN_F_WEIGHT),
          Map.entry("lnf.b", Weight.Kind.LN_F_BIAS));

  private static FineTuning training(Run x, Trainable trainable) {
    return new FineTuning(
        x.r.clip, trainable, x.entity(), x.prompts[3], FineTuning.Settings.PAPER, Progress.NONE);
  }

  private static void lastLayer(Run x) {
    JsonNode expected = x.r.json.path("finetune");
    try (FineTuning training = training(x, new Trainable.LastLayer());
        EditHistory history = new EditHistory(x.r.clip)) {
      Map<Trainable.Parameter, double[]> before = training.values();
      Map<Trainable.Parameter, float[]> gradients = training.gradients(Progress.NONE);
      assertEquals(TRAINED.size(), gradients.size());
      losses(expected, training, () -> history.apply(training.edit("it", "reference")));
      // AdamW's second step is in the values by now, its first in the history
      TRAINED.forEach(
          (name, kind) -> {
            Weight w = new Weight(x.lastLayer(), kind);
            Trainable.Parameter p = new Trainable.Parameter(w, Trainable.Part.WHOLE);
            x.parity.check("ft.grad." + name, doubles(the(gradients, p)), Parity.GRADIENT);
            double[] delta = difference(history.model().values(w), the(before, p));
            assertEquals(
                expected.path("delta_norm1").path(name).asDouble(),
                norm(delta),
                2e-2 * norm(delta),
                name);
            if (x.r.has("ft.step1_delta." + name)) {
              x.parity.check("ft.step1_delta." + name, delta, STEP);
            }
          });
      // 0 in exact arithmetic, so it is frozen
      assertTrue(norm(x.r.expected.doubles("ft.grad.bk")) < 1e-12);
      x.parity.checkedExactly("ft.grad.bk");
    }
  }

  private static void losses(JsonNode expected, FineTuning training, Runnable afterFirst) {
    List<Double> losses = new ArrayList<>();
    losses.add(training.step(Progress.NONE));
    afterFirst.run();
    losses.add(training.step(Progress.NONE));
    losses.add(training.loss(Progress.NONE));
    assertEquals(2, training.steps());
    for (int i = 0; i < 3; i++) {
      assertEquals(expected.path("losses").get(i).asDouble(), losses.get(i), 2e-6, "loss " + i);
    }
  }

  private static void lora(Run x) {
    for (String set : List.of("lora_zero", "lora_rand")) {
      Map<Weight, Trainable.Lora.Factors> factors = new HashMap<>();
      for (int l = 0; l <= x.lastLayer(); l++) {
        for (String kind : List.of("q", "v")) {
          String name = "lora." + l + "." + kind;
          double[] b = x.r.inputs.doubles(name + ".B");
          factors.put(
              new Weight(l, kind.equals("q") ? Weight.Kind.W_Q : Weight.Kind.W_V),
              new Trainable.Lora.Factors(
                  x.r.inputs.doubles(name + ".A"),
                  set.equals("lora_zero") ? new double[b.length] : b));
        }
      }
      JsonNode expected = x.r.json.path(set);
      try (FineTuning training = training(x, new Trainable.Lora(8, 32, factors))) {
        if (x.r.has(set + ".embed")) {
          try (EditHistory history = new EditHistory(x.r.clip)) {
            history.apply(training.edit("it", "reference"));
            x.embeddings(set + ".embed", history.model(), Parity.FORWARD);
          }
        }
        Map<Trainable.Parameter, float[]> gradients = training.gradients(Progress.NONE);
        Map<Trainable.Parameter, double[]> before = training.values();
        Map<Trainable.Parameter, double[]> after = new HashMap<>();
        losses(expected, training, () -> after.putAll(training.values()));
        gradients.forEach(
            (p, g) -> {
              String name =
                  p.weight().layer()
                      + (p.weight().kind() == Weight.Kind.W_Q ? ".q." : ".v.")
                      + p.part();
              if (x.r.has(set + ".grad." + name)) {
                x.parity.check(set + ".grad." + name, doubles(g), Parity.GRADIENT);
              } else {
                assertEquals(0, norm(doubles(g)), name);
              }
              double norm = norm(difference(the(after, p), the(before, p)));
              assertEquals(
                  expected.path("delta_norm1").path(name).asDouble(), norm, 1e-3 * norm, name);
            });
      }
    }
  }

  private static double[] difference(float[] a, double[] b) {
    return difference(doubles(a), b);
  }

  private static double[] difference(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] - b[i]).toArray();
  }

  private static double norm(double[] a) {
    return Math.sqrt(Arrays.stream(a).map(v -> v * v).sum());
  }

  // ---------------------------------------------------------------- arithmetic

  private static <K, V> V the(Map<K, V> map, K key) {
    return Objects.requireNonNull(map.get(key));
  }

  private static double[] columns(List<double[]> vectors) {
    List<Double> out = new ArrayList<>();
    for (int i = 0; i < vectors.get(0).length; i++) {
      for (double[] v : vectors) {
        out.add(v[i]);
      }
    }
    return out.stream().mapToDouble(v -> v).toArray();
  }

  private static double[] doubles(float[] a) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i]).toArray();
  }

  private static double[] doubles(float[][] a) {
    return Arrays.stream(a).flatMapToDouble(row -> Arrays.stream(doubles(row))).toArray();
  }
}
