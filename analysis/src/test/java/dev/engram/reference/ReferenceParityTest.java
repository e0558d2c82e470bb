package dev.engram.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Baseline;
import dev.engram.attribution.Contributions;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.dissect.Deletion;
import dev.engram.dissect.Heatmap;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.Maps;
import dev.engram.dissect.MatchingPursuit;
import dev.engram.dissect.QueryAnalyzer;
import dev.engram.dissect.QueryEffects;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.WordDictionary;
import dev.engram.edit.Suppression;
import dev.engram.edit.SuppressionAnalyzer;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Goes through every model of the reference set and every tensor of DEFINITIONS sections 1 to 7,
 * and holds the tolerances of section 11. Run it on another set of the same layout with
 * -Dengram.reference=DIR; it knows no names of models and no shapes.
 */
class ReferenceParityTest {
  /** What the tensors of sections 1 to 7 begin with. */
  private static final List<String> SECTIONS =
      List.of(
          "fwd.",
          "pooled",
          "embed",
          "text.",
          "cos",
          "zeroshot.",
          "attr.",
          "contrib",
          "base.",
          "omp.",
          "dict.",
          "heat.",
          "del.",
          "query.",
          "sup.",
          "removal.");

  @AfterAll
  static void printTable() {
    System.out.println(Parity.table());
  }

  @TestFactory
  Stream<DynamicNode> everyModelAgreesWithTheReference() {
    List<Path> models = ReferenceModel.discover();
    assertFalse(
        models.isEmpty(),
        "found no models under " + ReferenceModel.root().toAbsolutePath() + "/models");
    assertTrue(
        models.stream().anyMatch(ReferenceModel::hasEveryScore),
        "no model of the reference has every score");
    return models.stream()
        .map(
            m ->
                DynamicContainer.dynamicContainer(
                    m.getFileName().toString(),
                    Stream.of(DynamicTest.dynamicTest("sections 1 to 7", () -> all(m)))));
  }

  private static void all(Path directory) {
    try (ReferenceModel r = ReferenceModel.open(directory)) {
      Parity parity = new Parity(r);
      List<Consumer<Run>> sections =
          List.of(
              ReferenceParityTest::forward,
              ReferenceParityTest::texts,
              ReferenceParityTest::attribution,
              ReferenceParityTest::contributions,
              ReferenceParityTest::baselines,
              ReferenceParityTest::words,
              ReferenceParityTest::heatmaps,
              ReferenceParityTest::deletion,
              ReferenceParityTest::queries,
              ReferenceParityTest::paths,
              ReferenceParityTest::suppression,
              ReferenceParityTest::removal);
      Run run =
          new Run(
              r,
              parity,
              r.images("pixels"),
              r.clip.embedTokens(r.ids("ids_prompts"), Progress.NONE));
      for (Consumer<Run> section : sections) {
        section.accept(run);
      }
      List<String> missed =
          r.expected.names().stream()
              .filter(n -> SECTIONS.stream().anyMatch(n::startsWith))
              .filter(n -> !parity.checked().contains(n))
              .toList();
      assertEquals(List.of(), missed, "tensors of sections 1 to 7 that no check looked at");
    }
  }

  /** One model under test: its inputs, and the embeddings of its prompts. */
  private record Run(ReferenceModel r, Parity parity, List<float[]> pixels, float[][] prompts) {
    float[] text() {
      return prompts[0];
    }

    /** The images of the entity. */
    List<float[]> entity() {
      return pixels.subList(0, 3);
    }
  }

  // ---------------------------------------------------------------- 1 forward

  private static void forward(Run x) {
    ReferenceModel r = x.r;
    if (r.has("fwd.h")) {
      try (Trace t = r.clip.trace(x.pixels.subList(0, 1), TraceRequest.everything(), List.of())) {
        kept(x, t, "fwd.h", Site.H, t.layers() + 1);
        kept(x, t, "fwd.mid", Site.MID, t.layers());
        kept(x, t, "fwd.mA", Site.M_A, t.layers());
        kept(x, t, "fwd.A", Site.A, t.layers());
        kept(x, t, "fwd.F", Site.F, t.layers());
        kept(x, t, "fwd.pre", Site.PRE, t.layers());
        kept(x, t, "fwd.mF", Site.M_F, t.layers());
        kept(x, t, "fwd.attn", Site.ATTENTION, t.layers());
      }
    }
    for (TraceRequest request : List.of(TraceRequest.none(), TraceRequest.everything())) {
      try (Trace t = r.clip.trace(x.pixels, request, List.of())) {
        float[] z = t.embedding().toFloatArray();
        ifThere(x, "embed", () -> doubles(z), Parity.FORWARD);
        ifThere(x, "pooled", () -> doubles(t.pooled().toFloatArray()), Parity.FORWARD);
        ifThere(x, "embed_norm", () -> flat(units(split(z, x.pixels.size()))), Parity.FORWARD);
        double[][] cos = cosines(split(z, x.pixels.size()), x.prompts);
        ifThere(x, "cos", () -> flat(cos), Parity.FORWARD);
        double[][] logits = logits(x, cos);
        ifThere(x, "zeroshot.logits", () -> flat(logits), Parity.FORWARD);
        ifThere(x, "zeroshot.probs", () -> flat(softmax(logits)), Parity.FORWARD);
      }
    }
  }

  private static void kept(Run x, Trace t, String tensor, Site site, int layers) {
    DoubleStream all = DoubleStream.empty();
    for (int l = 0; l < layers; l++) {
      all = DoubleStream.concat(all, Arrays.stream(doubles(t.get(site, l).toFloatArray())));
    }
    double[] values = all.toArray();
    ifThere(x, tensor, () -> values, Parity.FORWARD);
  }

  private static double[][] logits(Run x, double[][] cos) {
    double scale = x.r.clip.logitScale();
    return Arrays.stream(cos)
        .map(row -> Arrays.stream(row).skip(6).map(c -> scale * c).toArray())
        .toArray(double[][]::new);
  }

  private static void texts(Run x) {
    ifThere(x, "text.embed", () -> doubles(concat(x.prompts)), Parity.FORWARD);
    JsonNode prompts = x.r.json.path("prompts");
    List<int[]> ids = x.r.ids("ids_prompts");
    for (int i = 0; i < prompts.size(); i++) {
      int[] own = x.r.clip.tokenizer().encode(prompts.get(i).asText());
      assertArrayEquals(
          Arrays.copyOf(ids.get(i), own.length), own, () -> x.r.name + ": token ids of a prompt");
    }
  }

  // ---------------------------------------------------------------- 2 attribution

  private static Attribution attribute(Run x, List<float[]> pixels, Score by) {
    List<String> names = IntStream.range(0, pixels.size()).mapToObj(i -> "image " + i).toList();
    return new Attributor(x.r.clip)
        .attribute(pixels, names, "prompt 0", x.text(), by, Provenance.of(), Progress.NONE);
  }

  /** Where the reference has a score, before the kind of block. */
  private static String tensor(Score by) {
    return by.match(
        reading ->
            switch (reading) {
              case LITERAL, LITERAL_POST, LENS, FROZEN -> "attr.imp_" + reading + "_";
              case DIRECT -> "contrib_score.";
            },
        baseline ->
            switch (baseline) {
              case ACTIVATION -> "attr.m_";
              case GRADIENT -> "base.grad_";
              case COMBINED -> "base.comb_";
            });
  }

  private static double tolerance(Score by) {
    return by.match(
        reading -> reading == Reading.DIRECT ? Parity.SHARES : Parity.IMPROVEMENT,
        baseline -> baseline == Baseline.ACTIVATION ? Parity.FORWARD : Parity.GRADIENT);
  }

  private static void attribution(Run x) {
    // a model in another naming or type repeats two readings; every other one has every score
    boolean all = ReferenceModel.hasEveryScore(x.r.directory);
    for (Score by : all ? Score.all() : List.of(Reading.LITERAL, Reading.LENS)) {
      Attribution a = attribute(x, x.pixels, by);
      blocks(x, tensor(by), a.space(), a.scores(), tolerance(by));
      if (all) {
        blocks(x, "attr.m_", a.space(), a.coefficients(), Parity.FORWARD);
      }
    }
    JsonNode top = x.r.json.path("selection").path("top").path("ours");
    if (!top.isMissingNode()) {
      Attribution a = attribute(x, x.entity(), Reading.LITERAL);
      ranking(x, top, a);
      x.parity.check(
          "decay_curve",
          numbers(x.r.json.path("decay_curve")),
          a.top(80).stream().mapToDouble(Attribution.Ranked::score).toArray(),
          Parity.IMPROVEMENT);
      x.parity.check(
          "decay_per_sample",
          numbers(x.r.json.path("decay_per_sample")),
          a.decay(80),
          Parity.IMPROVEMENT);
    }
  }

  /** Compares (B, neurons) with the tensors (B, L, n) of the two kinds of block. */
  private static void blocks(
      Run x, String tensor, NeuronSpace space, float[][] scores, double tolerance) {
    for (Neuron.Block block : Neuron.Block.values()) {
      x.parity.check(
          tensor + (block == Neuron.Block.FFN ? "F" : "A"), block(space, scores, block), tolerance);
    }
  }

  /** The part of (B, neurons) that belongs to one kind of block, (B, L, n) row-major. */
  private static double[] block(NeuronSpace space, float[][] scores, Neuron.Block block) {
    DoubleStream all = DoubleStream.empty();
    int n = space.size(block);
    for (float[] row : scores) {
      for (int l = 0; l < space.layers(); l++) {
        int from = space.offset(block, l);
        all =
            DoubleStream.concat(
                all, Arrays.stream(doubles(Arrays.copyOfRange(row, from, from + n))));
      }
    }
    return all.toArray();
  }

  /** The same neurons in the same order; scores less than 1e-6 apart may swap. */
  private static void ranking(Run x, JsonNode expected, Attribution a) {
    List<Attribution.Ranked> top = a.top(expected.size());
    for (int i = 0; i < expected.size(); i++) {
      Neuron e = x.r.neuron(expected.get(i).get(0));
      double score = expected.get(i).get(1).asDouble();
      int rank = i;
      if (!top.get(i).neuron().equals(e)) {
        assertEquals(
            score, top.get(i).score(), 1e-6, () -> x.r.name + ": rank " + rank + " should be " + e);
      }
      assertEquals(
          score,
          a.score(e),
          Math.max(1e-6, 1e-5 * Math.abs(score)),
          () -> x.r.name + ": score of " + e);
    }
  }

  private static void contributions(Run x) {
    if (!x.r.has("contrib.F")) {
      return;
    }
    try (Trace t = x.r.clip.trace(x.pixels, TraceRequest.classToken(), List.of());
        Contributions c = new Contributions(x.r.clip, t, 0)) {
      double[] sum = new double[x.text().length];
      for (Neuron.Block block : Neuron.Block.values()) {
        String kind = block == Neuron.Block.FFN ? "F" : "A";
        List<float[]> neurons = new ArrayList<>();
        List<float[]> biases = new ArrayList<>();
        for (int l = 0; l < t.layers(); l++) {
          neurons.addAll(List.of(c.neurons(block, l)));
          biases.add(c.bias(block, l));
        }
        x.parity.check(
            "contrib." + kind, doubles(concat(neurons.toArray(float[][]::new))), Parity.SHARES);
        x.parity.check(
            "contrib.bias_" + kind, doubles(concat(biases.toArray(float[][]::new))), Parity.SHARES);
        neurons.forEach(v -> add(sum, v));
        biases.forEach(v -> add(sum, v));
      }
      x.parity.check("contrib.init", doubles(c.initial()), Parity.SHARES);
      x.parity.check("contrib.beta", doubles(c.beta()), Parity.SHARES);
      add(sum, c.initial());
      add(sum, c.beta());
      double[] embedding = Arrays.copyOf(x.r.expected.doubles("embed"), sum.length);
      x.parity.check("contrib (sum is z)", embedding, sum, Parity.SHARES);
    }
  }

  // ---------------------------------------------------------------- 3 baselines

  private static void baselines(Run x) {
    if (!x.r.has("base.grad_A")) {
      return;
    }
    Attribution ours = attribute(x, x.entity(), Reading.LITERAL);
    for (String name : List.of("ours", "activation", "gradient", "combined")) {
      Attribution a = name.equals("ours") ? ours : attribute(x, x.entity(), Score.of(name, null));
      ranking(x, x.r.json.path("selection").path("top").path(name), a);
      table1(x, name, a, ours);
    }
  }

  /** Table 1: the top 3 neurons of a method in words, and how near these are to the label. */
  private static void table1(Run x, String name, Attribution a, Attribution ours) {
    JsonNode expected = x.r.json.path("table1").path(name);
    List<Neuron> top = a.top(3).stream().map(Attribution.Ranked::neuron).toList();
    assertEquals(x.r.neurons(expected.path("neurons")), top, x.r.name + ": top 3 by " + name);
    try (WordDictionary dictionary = wordDictionary(x)) {
      int[] signs = top.stream().mapToInt(ours::sign).toArray();
      List<Interpretation> words =
          new Interpreter(x.r.clip, dictionary)
              .interpret(top, signs, ValueReading.LINEAR, Progress.NONE);
      double best = 0;
      double reconstruction = 0;
      for (int i = 0; i < words.size(); i++) {
        List<Interpretation.Weighted> w = words.get(i).words();
        List<String> expectedWords = new ArrayList<>();
        expected.path("words").get(i).forEach(v -> expectedWords.add(v.asText()));
        assertEquals(
            expectedWords.stream().sorted().toList(),
            w.stream().map(Interpretation.Weighted::word).sorted().toList(),
            x.r.name + ": words of " + top.get(i));
        float[][] atoms =
            dictionary.embeddings(w.stream().mapToInt(Interpretation.Weighted::index).toArray());
        int largest =
            IntStream.range(0, w.size())
                .reduce(0, (p, q) -> w.get(q).weight() > w.get(p).weight() ? q : p);
        best += cos(doubles(atoms[largest]), doubles(x.text())) / 3;
        double[] sum = new double[x.text().length];
        for (int k = 0; k < atoms.length; k++) {
          for (int j = 0; j < sum.length; j++) {
            sum[j] += w.get(k).weight() * atoms[k][j];
          }
        }
        reconstruction += cos(sum, doubles(x.text())) / 3;
      }
      assertEquals(
          expected.path("best_word_cos").asDouble(), best, 1e-5, x.r.name + " best word, " + name);
      assertEquals(
          expected.path("recon_cos").asDouble(),
          reconstruction,
          1e-5,
          x.r.name + " reconstruction, " + name);
    }
  }

  // ---------------------------------------------------------------- 4 words

  private static WordDictionary wordDictionary(Run x) {
    List<String> words = new ArrayList<>();
    x.r.json.path("words").forEach(w -> words.add(w.asText()));
    float[][] embeddings = x.r.clip.embedTokens(x.r.ids("ids_words"), Progress.NONE);
    return new WordDictionary(x.r.clip.manager(), "words", words, embeddings);
  }

  private static void words(Run x) {
    if (!x.r.has("omp.targets")) {
      return;
    }
    List<Neuron> neurons = x.r.neurons(x.r.json.path("omp_neurons"));
    int[] signs =
        Arrays.stream(numbers(x.r.json.path("omp_sign"))).mapToInt(v -> (int) v).toArray();
    Attribution ours = attribute(x, x.entity(), Reading.LITERAL);
    assertArrayEquals(signs, neurons.stream().mapToInt(ours::sign).toArray(), x.r.name + ": signs");
    float[][] random = ReferenceModel.rows(x.r.inputs, "dict_random");
    List<String> labels = IntStream.range(0, random.length).mapToObj(i -> "random " + i).toList();
    try (WordDictionary dictionary = wordDictionary(x);
        WordDictionary noise = new WordDictionary(x.r.clip.manager(), "random", labels, random)) {
      x.parity.check("dict.words", rows(dictionary), Parity.FORWARD);
      x.parity.check("dict.random", rows(noise), Parity.FORWARD);
      Interpreter interpreter = new Interpreter(x.r.clip, dictionary);
      double[][] targets = interpreter.targets(neurons, signs, ValueReading.LINEAR);
      x.parity.check("omp.targets", flat(targets), Parity.FORWARD);
      x.parity.check(
          "omp.targets_affine",
          flat(interpreter.targets(neurons, signs, ValueReading.AFFINE)),
          Parity.FORWARD);
      x.parity.check(
          "omp.targets_plain",
          flat(interpreter.targets(neurons, signs, ValueReading.PLAIN)),
          Parity.FORWARD);
      codes(x, "omp.words", dictionary, targets);
      codes(x, "omp.random", noise, units(ReferenceModel.rows(x.r.inputs, "omp_random_targets")));
      codes(x, "omp.random_neurons", noise, targets);
    }
  }

  private static double[] rows(WordDictionary d) {
    return doubles(concat(d.embeddings(IntStream.range(0, d.words().size()).toArray())));
  }

  private static void codes(Run x, String tensor, WordDictionary dictionary, double[][] targets) {
    MatchingPursuit.Code[] codes = new MatchingPursuit(dictionary).solve(targets, 5, Progress.NONE);
    double[] indices =
        Arrays.stream(codes)
            .flatMapToInt(c -> Arrays.stream(c.indices()))
            .asDoubleStream()
            .toArray();
    assertArrayEquals(
        x.r.expected.doubles(tensor + ".idx"), indices, x.r.name + ": " + tensor + ".idx");
    x.parity.checkedExactly(tensor + ".idx");
    x.parity.check(
        tensor + ".coef",
        flat(Arrays.stream(codes).map(MatchingPursuit.Code::coefficients).toArray(double[][]::new)),
        Parity.OMP);
  }

  // ---------------------------------------------------------------- 5 heatmaps

  private static void heatmaps(Run x) {
    JsonNode list = x.r.json.path("heat");
    Heatmapper heatmapper = new Heatmapper(x.r.clip);
    for (int i = 0; i < list.size(); i++) {
      String tensor = "heat." + i + ".";
      Neuron neuron = x.r.neuron(list.get(i).path("neuron"));
      List<Heatmap> maps = heatmapper.heatmaps(x.pixels, neuron);
      x.parity.check(
          tensor + "token",
          flat(maps.stream().map(Heatmap::tokens).toArray(double[][]::new)),
          Parity.SHARES);
      x.parity.check(tensor + "plain", flat(heatmapper.plain(x.pixels, neuron)), Parity.SHARES);
      ifThere(x, tensor + "deep", () -> flat(heatmapper.deep(x.pixels, neuron)), Parity.SHARES);
      x.parity.check(
          tensor + "actmap", flat(heatmapper.activationMaps(x.pixels, neuron)), Parity.SHARES);
      rest(x, list.get(i).path("rest"), neuron, maps);
      int size = x.r.clip.config().imageSize();
      Heatmap first = maps.get(0);
      ifThere(x, tensor + "up_bilinear", () -> first.upsampled(size), Parity.SHARES);
      ifThere(
          x,
          tensor + "up_nearest",
          () -> Maps.nearest(first.map(), first.side(), size),
          Parity.SHARES);
      ifThere(x, tensor + "minmax", () -> Maps.minMax(first.upsampled(size)), Parity.SHARES);
    }
  }

  /** What belongs to no token, and that all of it sums to the coefficient. */
  private static void rest(Run x, JsonNode expected, Neuron neuron, List<Heatmap> maps) {
    boolean ffn = neuron.block() == Neuron.Block.FFN;
    if (ffn) {
      assertFalse(
          expected.path("init").isMissingNode(), "the reference gives the rest of FFN heatmaps");
      x.parity.check(
          "heat.#.rest",
          numbers(expected.path("init")),
          maps.stream().mapToDouble(m -> m.rest().initial()).toArray(),
          Parity.SHARES);
      x.parity.check(
          "heat.#.rest",
          numbers(expected.path("ffn")),
          maps.stream().mapToDouble(m -> m.rest().ffn()).toArray(),
          Parity.SHARES);
      x.parity.check(
          "heat.#.rest",
          numbers(expected.path("bias_o")),
          maps.stream().mapToDouble(m -> m.rest().bias()).toArray(),
          Parity.SHARES);
      // const belongs to the neuron, not to the image: the file may give it once
      double[] constant =
          expected.path("const").isArray()
              ? numbers(expected.path("const"))
              : new double[] {expected.path("const").asDouble()};
      x.parity.check(
          "heat.#.rest",
          constant,
          maps.stream().limit(constant.length).mapToDouble(m -> m.rest().constant()).toArray(),
          Parity.SHARES);
    }
    TraceRequest request = TraceRequest.none().with(ffn ? Site.PRE : Site.M_A, Tokens.CLASS);
    try (Trace t = x.r.clip.trace(x.pixels, request, List.of())) {
      float[] m = t.get(ffn ? Site.PRE : Site.M_A, neuron.layer()).toFloatArray();
      int n = m.length / x.pixels.size();
      int column = neuron.column(x.r.clip.config().vision().headWidth());
      double[] coefficients =
          IntStream.range(0, x.pixels.size()).mapToDouble(b -> m[b * n + column]).toArray();
      x.parity.check(
          "heat (sum is m)",
          coefficients,
          maps.stream().mapToDouble(Heatmap::coefficient).toArray(),
          Parity.SHARES);
    }
  }

  private static void deletion(Run x) {
    x.r
        .json
        .path("deletion")
        .properties()
        .forEach(
            e -> {
              Neuron neuron = x.r.neuron(e.getValue());
              Heatmapper heatmapper = new Heatmapper(x.r.clip);
              List<float[]> first = x.pixels.subList(0, 1);
              int size = x.r.clip.config().imageSize();
              Heatmap ours = heatmapper.heatmaps(first, neuron).get(0);
              double[] act =
                  Maps.bilinear(heatmapper.activationMaps(first, neuron)[0], ours.side(), size);
              double[] order = x.r.inputs.doubles("deletion_perm");
              double[] random = new double[order.length];
              IntStream.range(0, order.length).forEach(i -> random[(int) order[i]] = -i);
              deletion(x, "del." + e.getKey() + ".ours", ours.upsampled(size), neuron);
              deletion(x, "del." + e.getKey() + ".act", act, neuron);
              deletion(x, "del." + e.getKey() + ".random", random, neuron);
            });
  }

  private static void deletion(Run x, String tensor, double[] map, Neuron neuron) {
    double[] given = x.r.expected.doubles(tensor + ".masks");
    int pixels = map.length;
    int count = given.length / pixels;
    double max = Arrays.stream(map).map(Math::abs).max().orElse(0);
    List<boolean[]> masks = new ArrayList<>();
    for (int q = 0; q < count; q++) {
      boolean[] own = Maps.highest(map, q / 10.0);
      boolean[] expected = new boolean[pixels];
      double cut = Double.POSITIVE_INFINITY;
      int ownCount = 0;
      int expectedCount = 0;
      for (int i = 0; i < pixels; i++) {
        expected[i] = given[q * pixels + i] != 0;
        expectedCount += expected[i] ? 1 : 0;
        ownCount += own[i] ? 1 : 0;
        cut = own[i] ? Math.min(cut, map[i]) : cut;
      }
      assertEquals(expectedCount, ownCount, x.r.name + ": pixels of " + tensor);
      for (int i = 0; i < pixels; i++) {
        if (own[i] != expected[i]) {
          assertTrue(
              Math.abs(map[i] - cut) <= 1e-6 * max,
              x.r.name + ": " + tensor + " differs away from the cut");
        }
      }
      masks.add(expected);
    }
    x.parity.checkedExactly(tensor + ".masks");
    Deletion.Curve curve = new Deletion(x.r.clip).measure(x.pixels.get(0), masks, neuron, x.text());
    x.parity.check(tensor + ".act", curve.coefficients(), Parity.SHARES);
    x.parity.check(tensor + ".cos", curve.cosines(), Parity.SHARES);
  }

  // ---------------------------------------------------------------- 6 query neurons

  private static void queries(Run x) {
    JsonNode list = x.r.json.path("query");
    QueryAnalyzer analyzer = new QueryAnalyzer(x.r.clip);
    for (int i = 0; i < list.size(); i++) {
      String tensor = "query." + i + ".";
      Neuron target = x.r.neuron(list.get(i).path("neuron"));
      QueryEffects e = analyzer.effects(x.entity(), target, Progress.NONE);
      blocks(x, tensor, e.space(), e.effects(), Parity.SHARES);
      x.parity.check(tensor + "rest", e.rest(), Parity.SHARES);
      QueryEffects plain = analyzer.plainEffects(x.pixels.subList(0, 1), target, Progress.NONE);
      blocks(x, tensor + "plain_", plain.space(), plain.effects(), Parity.SHARES);
      assertEquals(list.get(i).path("orientation").asDouble(), e.orientation(), x.r.name);
      JsonNode top = list.get(i).path("top10");
      List<QueryEffects.QueryNeuron> own = e.top(top.size());
      for (int r = 0; r < top.size(); r++) {
        Neuron n = x.r.neuron(top.get(r).get(0));
        double effect = top.get(r).get(1).asDouble();
        assertEquals(effect, own.get(r).effect(), 2e-6, x.r.name + ": rank " + r + " of " + target);
        assertEquals(effect, e.effect(n), 2e-6, x.r.name + ": effect of " + n + " on " + target);
      }
    }
  }

  private static void paths(Run x) {
    for (JsonNode expected : x.r.json.path("path")) {
      List<QueryAnalyzer.Step> path =
          new QueryAnalyzer(x.r.clip)
              .path(x.pixels.get(0), x.r.neuron(expected.get(0).path("neuron")), Progress.NONE);
      assertEquals(expected.size(), path.size(), x.r.name + ": length of a path");
      for (int i = 0; i < path.size(); i++) {
        assertEquals(x.r.neuron(expected.get(i).path("neuron")), path.get(i).neuron(), x.r.name);
        assertEquals(
            expected.get(i).path("coefficient").asDouble(), path.get(i).coefficient(), 1e-5);
        double next = expected.get(i).path("next_effect").asDouble(Double.NaN);
        assertEquals(next, path.get(i).nextEffect(), 1e-5, x.r.name + ": step " + i);
      }
    }
  }

  // ---------------------------------------------------------------- 7 suppression and removal

  private static void suppression(Run x) {
    if (!x.r.has("sup.residual_embed")) {
      return;
    }
    Neuron kn = x.r.neuron(x.r.json.path("selection").path("kn_supp"));
    Suppression suppression = new Suppression(x.r.clip);
    float[][] residual = suppression.residual(x.pixels, List.of(kn));
    float[][] complete = suppression.complete(x.pixels, List.of(kn), Tokens.ALL);
    x.parity.check("sup.residual_embed", doubles(concat(residual)), Parity.FORWARD);
    x.parity.check("sup.complete_embed", doubles(concat(complete)), Parity.FORWARD);
    x.parity.check(
        "sup.complete_cls_embed",
        doubles(concat(suppression.complete(x.pixels, List.of(kn), Tokens.CLASS))),
        Parity.FORWARD);
    JsonNode table6 = x.r.json.path("suppression").path("table6");
    assertEquals(table6.path("residual").asDouble(), meanCosine(x, residual), 1e-5);
    assertEquals(table6.path("complete").asDouble(), meanCosine(x, complete), 1e-5);
    SuppressionAnalyzer analyzer = new SuppressionAnalyzer(x.r.clip);
    SuppressionAnalyzer.Change change = analyzer.change(x.pixels, x.text(), kn);
    NeuronSpace space = x.r.clip.config().vision().space();
    x.parity.check(
        "sup.delta_imp_full", block(space, change.full(), Neuron.Block.MSA), Parity.CHANGE);
    x.parity.check(
        "sup.delta_imp_fixed", block(space, change.fixedBase(), Neuron.Block.MSA), Parity.CHANGE);
    List<Neuron> others = x.r.neurons(x.r.json.path("selection").path("supp50"));
    Attribution ours = attribute(x, x.entity(), Reading.LITERAL);
    int[] signs = others.stream().mapToInt(ours::sign).toArray();
    x.parity.check("sup.fig7_cos", analyzer.cosines(kn, others, signs, false), Parity.FORWARD);
    x.parity.check(
        "sup.fig7_cos_folded", analyzer.cosines(kn, others, signs, true), Parity.FORWARD);
  }

  private static void removal(Run x) {
    for (int k : new int[] {1, 3}) {
      String tensor = "removal.top" + k + "_embed";
      if (!x.r.has(tensor)) {
        continue;
      }
      List<Neuron> top =
          attribute(x, x.entity(), Reading.LITERAL).top(k).stream()
              .map(Attribution.Ranked::neuron)
              .toList();
      float[][] z = new Suppression(x.r.clip).residual(x.pixels, top);
      x.parity.check(tensor, doubles(concat(z)), Parity.FORWARD);
      JsonNode table3 = x.r.json.path("table3").path("top" + k);
      double[] unrelated =
          Arrays.stream(z).skip(3).mapToDouble(v -> cos(doubles(v), doubles(x.text()))).toArray();
      assertEquals(table3.path("cos").asDouble(), meanCosine(x, z), 1e-5, x.r.name);
      assertEquals(
          table3.path("lower_mean").asDouble(), Arrays.stream(unrelated).average().orElse(0), 1e-5);
      assertEquals(
          table3.path("lower_max").asDouble(), Arrays.stream(unrelated).max().orElse(0), 1e-5);
    }
  }

  /** Mean over the entity's images. */
  private static double meanCosine(Run x, float[][] embeddings) {
    return Arrays.stream(embeddings)
        .limit(3)
        .mapToDouble(z -> cos(doubles(z), doubles(x.text())))
        .average()
        .orElse(0);
  }

  // ---------------------------------------------------------------- arithmetic

  private static void ifThere(
      Run x, String tensor, java.util.function.Supplier<double[]> actual, double tolerance) {
    if (x.r.has(tensor)) {
      x.parity.check(tensor, actual.get(), tolerance);
    }
  }

  private static double[] doubles(float[] a) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i]).toArray();
  }

  private static double[] flat(double[][] a) {
    return Arrays.stream(a).flatMapToDouble(Arrays::stream).toArray();
  }

  private static float[] concat(float[][] a) {
    float[] out = new float[a.length * a[0].length];
    for (int i = 0; i < a.length; i++) {
      System.arraycopy(a[i], 0, out, i * a[0].length, a[0].length);
    }
    return out;
  }

  private static float[][] split(float[] a, int n) {
    return IntStream.range(0, n)
        .mapToObj(i -> Arrays.copyOfRange(a, i * (a.length / n), (i + 1) * (a.length / n)))
        .toArray(float[][]::new);
  }

  private static double[] numbers(JsonNode list) {
    double[] out = new double[list.size()];
    Arrays.setAll(out, i -> list.get(i).asDouble());
    return out;
  }

  private static void add(double[] sum, float[] v) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += v[i];
    }
  }

  private static double cos(double[] a, double[] b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
    }
    return ab / Math.sqrt(aa * bb);
  }

  private static double[][] units(float[][] rows) {
    return Arrays.stream(rows)
        .map(
            row -> {
              double norm = Math.sqrt(Arrays.stream(doubles(row)).map(v -> v * v).sum());
              return Arrays.stream(doubles(row)).map(v -> v / norm).toArray();
            })
        .toArray(double[][]::new);
  }

  private static double[][] cosines(float[][] images, float[][] texts) {
    return Arrays.stream(images)
        .map(i -> Arrays.stream(texts).mapToDouble(t -> cos(doubles(i), doubles(t))).toArray())
        .toArray(double[][]::new);
  }

  private static double[][] softmax(double[][] logits) {
    return Arrays.stream(logits)
        .map(
            row -> {
              double max = Arrays.stream(row).max().orElse(0);
              double sum = Arrays.stream(row).map(v -> Math.exp(v - max)).sum();
              return Arrays.stream(row).map(v -> Math.exp(v - max) / sum).toArray();
            })
        .toArray(double[][]::new);
  }
}
