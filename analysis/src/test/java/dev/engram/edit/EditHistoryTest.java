package dev.engram.edit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Refusal;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Contributions;
import dev.engram.attribution.Reading;
import dev.engram.data.ImageSet;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.model.Fingerprint;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Edits come and go, the original stays: held by the digest of every weight, not by a flag. */
class EditHistoryTest {
  private static final Weight F2 = Weight.values(Neuron.Block.FFN, 2);
  private static final Weight F3 = Weight.values(Neuron.Block.FFN, 3);

  private static Clip clip;
  private static List<float[]> pandas;
  private static List<float[]> santas;
  private static Map<Weight, BackgroundKeys> keys;
  private static List<String> whole;

  private EditHistory history;

  @BeforeAll
  static void load() {
    clip = Clip.from(Iconclip.model()).named("iconclip").device("cpu").load();
    pandas = pixels("panda");
    santas = pixels("santa_claus");
    keys = BackgroundKeys.of(clip, List.of(F2, F3), pixels("koala"), Tokens.CLASS, Progress.NONE);
    whole = digests(clip);
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  @BeforeEach
  void begin() {
    history = new EditHistory(clip);
  }

  @AfterEach
  void originalIsAsItWas() {
    history.close();
    assertEquals(whole, digests(clip));
  }

  private static List<float[]> pixels(String entity) {
    return ImageSet.read(Iconclip.entities()).entity(entity).images().stream()
        .limit(4)
        .map(i -> clip.processor().process(i.file()))
        .toList();
  }

  /** The digest of every weight of every layer, read back from native memory. */
  private static List<String> digests(Clip model) {
    List<String> out = new ArrayList<>();
    for (int l = 0; l < model.config().vision().layers(); l++) {
      for (Weight.Kind kind : Weight.Kind.of(model.config().vision())) {
        out.add(
            Fingerprint.digest(model.values(new Weight(l, kind)))); // of the values, not a kept one
      }
    }
    return out;
  }

  private Edit teach(Weight where) {
    return teach(where, Progress.NONE);
  }

  private Edit teach(Weight where, Progress progress) {
    return new Insertion(history.model(), keys, "koala", 1e-2, BackgroundKeys.Solver.AUTO)
        .rankOne(where, new Association("panda", "VisEnt-mini", pandas, santas), progress);
  }

  @Test
  void undoRestoresEveryWeightToTheBit() {
    history.apply(teach(F3));
    List<String> once = digests(history.model());
    assertEquals(1, differing(whole, once));
    assertNotEquals(clip.hash(), history.model().hash());
    history.apply(teach(F2));
    assertEquals(2, differing(whole, digests(history.model())));
    history.undo();
    assertEquals(once, digests(history.model()));
    history.undo();
    assertSame(clip, history.model());
    assertEquals(List.of(), history.edits());
  }

  private static int differing(List<String> a, List<String> b) {
    int n = 0;
    for (int i = 0; i < a.size(); i++) {
      n += a.get(i).equals(b.get(i)) ? 0 : 1;
    }
    return n;
  }

  @Test
  void theHashSaysWhichWeightsThereAreNotHowTheyCame() {
    Edit first = teach(F2);
    Edit second = teach(F3); // of the same model, other weights
    history.applyAll(List.of(first, second));
    String both = history.model().hash();
    history.undoAll();
    history.applyAll(List.of(second, first));
    assertEquals(both, history.model().hash());
    assertEquals(
        history.model().hash().substring(0, 12),
        String.valueOf(teach(F2).provenance().entries().get("model")).replaceAll(".* ", ""));
  }

  @Test
  void undoKeepsToTheOrderThatIsSound() {
    history.apply(teach(F3));
    history.apply(teach(F2));
    history.apply(teach(F3));
    List<String> edits = digests(history.model());
    Refusal.holds(() -> history.undo(0), "edit 0", "Edit 2", "undo it first");
    assertEquals(edits, digests(history.model()));
    history.undo(1);
    assertEquals(1, differing(whole, digests(history.model())));
    history.undo(1);
    history.undo(0);
    assertEquals(whole, digests(history.model()));
    Refusal.holds(() -> history.undo(), "no edit to undo");
  }

  @Test
  void aPreviewChangesNothing() {
    Edit edit = teach(F3);
    try (Clip preview = history.with(edit)) {
      assertNotEquals(clip.hash(), preview.hash());
    }
    assertSame(clip, history.model());
  }

  @Test
  void whatFailsLeavesTheModel() {
    history.apply(teach(F2));
    List<String> before = digests(history.model());
    float[] values = clip.values(F3);
    values[17] = Float.NaN;
    Edit broken =
        Edit.of(
            Edit.Method.FINE_TUNING,
            "broken",
            history.model(),
            Map.of(F3, new WeightChange.Values(values)),
            Provenance.of());
    Edit good = teach(F3);
    Refusal.holds(() -> history.applyAll(List.of(broken)), "NaN", "nothing was changed");
    Refusal.holds(() -> history.applyAll(List.of(good, good)), "other values of W_FC2 of layer 3");
    assertEquals(before, digests(history.model()));
    assertEquals(1, history.edits().size());
  }

  @Test
  void whatIsInterruptedLeavesTheModel() {
    history.apply(teach(F2));
    List<String> before = digests(history.model());
    int arrays = clip.manager().getManagedArrays().size();
    assertThrows(
        CancellationException.class,
        () ->
            teach(
                F3,
                (what, done, total) -> {
                  if (what.contains("guided")) {
                    Thread.currentThread().interrupt();
                  }
                }));
    assertFalse(Thread.interrupted());
    Edit edit = teach(F3);
    Thread.currentThread().interrupt();
    assertThrows(CancellationException.class, () -> history.apply(edit));
    assertEquals(before, digests(history.model()));
    assertEquals(1, history.edits().size());
    assertEquals(arrays, clip.manager().getManagedArrays().size());
  }

  @Test
  void savedEditsComeBackToTheBit(@TempDir Path folder) throws Exception {
    int ffn = clip.config().vision().ffnWidth();
    history.apply(teach(F3));
    history.apply(
        Removal.complete(
            history.model(),
            "panda",
            List.of(Neuron.ffn(3, ffn - 1), Neuron.msa(1, 1, 3)),
            Provenance.of("found", "by hand")));
    history.apply(
        Removal.residual(history.model(), "panda", List.of(Neuron.ffn(2, 7)), Provenance.of()));
    Path file = folder.resolve("panda.edits.safetensors");
    EditFile.write(file, history.edits(), Progress.NONE);
    String hash = history.model().hash();
    List<String> digests = digests(history.model());
    float[][] embeddings = history.model().embedImages(pandas, Progress.NONE);
    history.undoAll();
    history.applyAll(EditFile.read(file));
    assertEquals(hash, history.model().hash());
    assertEquals(digests, digests(history.model()));
    assertArrayEquals(embeddings, history.model().embedImages(pandas, Progress.NONE));
    assertEquals("by hand", history.edits().get(1).provenance().entries().get("found"));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }

    Path other = Path.of("src", "test", "resources", "reference", "models", "quick_gelu_p8");
    try (Clip another = Clip.from(other).device("cpu").load();
        EditHistory refusing = new EditHistory(another)) {
      Refusal.holds(
          () -> refusing.applyAll(EditFile.read(file)), "quick_gelu_p8", "was not applied");
      assertSame(another, refusing.model());
    }
    Refusal.holds(
        () -> EditFile.read(Iconclip.model().resolve("model.safetensors")), "holds no edits");
  }

  @Test
  void damagedFilesAreRefused(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("edits.safetensors");
    Edit other =
        new Edit(
            Edit.Method.RANK_ONE,
            "of nothing",
            clip.hash(),
            new TreeMap<>(
                Map.of(
                    F3,
                    new Edit.Change(
                        clip.digest(F3),
                        new WeightChange.LowRank(1, new double[3], new double[4])))),
            List.of(),
            Provenance.of());
    EditFile.write(file, List.of(other), Progress.NONE);
    Refusal.holds(() -> history.applyAll(EditFile.read(file)), "does not fit", "3 and 4 factors");
    String good = Files.readString(file, ISO_8859_1);
    for (String[] damage :
        new String[][] {
          {"W_FC2", "W_FC9"},
          {"low_rank", "lowerank"},
          {"RANK_ONE", "RANK_ZZZ"},
          {"version\\\":1", "version\\\":7"},
          {"engram.edits", "engram.edxts"}
        }) {
      assertTrue(good.contains(damage[0]), damage[0]);
      Files.writeString(file, good.replace(damage[0], damage[1]), ISO_8859_1);
      Refusal.of(() -> EditFile.read(file));
    }
    Files.writeString(file, good.replace("\\\"layer\\\":3", "\\\"layer\\\":9"), ISO_8859_1);
    Refusal.holds(() -> history.applyAll(EditFile.read(file)), "W_FC2 of layer 9", "layers 0 to");
    Refusal.holds(() -> EditFile.write(file, List.of(), Progress.NONE), "no edits to save");
    assertSame(clip, history.model());
  }

  @Test
  void editsOfNeuronsAndFactorsThatAreNotThereAreRefused(@TempDir Path folder) {
    for (String name : List.of("L99F1", "L0F999999", "L0A99H0")) {
      Edit edit =
          new Edit(
              Edit.Method.RESIDUAL_REMOVAL,
              "of nothing",
              clip.hash(),
              new TreeMap<>(),
              List.of(Neuron.parse(name)),
              Provenance.of());
      Path file = folder.resolve(name + ".safetensors");
      EditFile.write(file, List.of(edit), Progress.NONE);
      Refusal.holds(() -> history.applyAll(EditFile.read(file)), "no neuron " + name);
      assertSame(clip, history.model());
    }
  }

  @Test
  void aLowRankChangeHasARank(@TempDir Path folder) throws Exception {
    Edit edit =
        new Edit(
            Edit.Method.RANK_ONE,
            "of two",
            clip.hash(),
            new TreeMap<>(
                Map.of(
                    F3,
                    new Edit.Change(
                        clip.digest(F3),
                        new WeightChange.LowRank(1, new double[3], new double[4])))),
            List.of(),
            Provenance.of());
    Path file = folder.resolve("edits.safetensors");
    EditFile.write(file, List.of(edit), Progress.NONE);
    String good = Files.readString(file, ISO_8859_1);
    assertTrue(good.contains("[1,4]"), "the shape of the right factor");
    Files.writeString(file, good.replace("[1,4]", "[4]  "), ISO_8859_1);
    Refusal.holds(() -> EditFile.read(file), "a row for each of its ranks, got the shape [4]");
  }

  @Test
  void aPreviewIsAppliedOnceAndClosedWhereItIsMadeAnew() {
    List<Neuron> neurons = List.of(Neuron.ffn(3, 5));
    EditPreview first = history.preview(Removal.residual(clip, "panda", neurons, Provenance.of()));
    EditPreview second = history.preview(teach(F3));
    Clip left = second.model();
    first.apply();
    Refusal.holds(first::apply, "is applied already");
    assertEquals(1, history.edits().size());
    second.apply();
    assertEquals(2, history.edits().size());
    assertFalse(left.manager().isOpen(), "of the preview that does not follow any more");
  }

  @Test
  void residualRemovalStandsInEveryPass() {
    List<Neuron> neurons =
        List.of(Neuron.ffn(3, 5), Neuron.ffn(3, 212), Neuron.msa(2, 1, 4), Neuron.ffn(0, 9));
    history.apply(Removal.residual(clip, "panda", neurons, Provenance.of()));
    float[][] expected = new Suppression(clip).residual(pandas, neurons);
    float[][] actual = history.model().embedImages(pandas, Progress.NONE);
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], actual[i], 2e-5f);
    }
    assertArrayEquals(
        actual, new Suppression(history.model()).residual(pandas, neurons), "not twice");
    assertFalse(Arrays.deepEquals(clip.embedImages(pandas, Progress.NONE), actual));
    sharesSumToTheCosine(history.model(), neurons);
    assertNotEquals(clip.hash(), history.model().hash());
    assertEquals(whole, digests(history.model()));
    history.undo();
    assertSame(clip, history.model());
  }

  /** What is suppressed has no share of the cosine; all other shares sum to it. */
  private static void sharesSumToTheCosine(Clip model, List<Neuron> suppressed) {
    float[] text = model.embedTexts(List.of("a picture of panda"), Progress.NONE)[0];
    try (Trace t = model.trace(pandas, TraceRequest.classToken(), List.of());
        Contributions shares = new Contributions(model, t, 0)) {
      double[] sum = new double[text.length];
      add(sum, shares.initial());
      add(sum, shares.beta());
      for (int l = 0; l < t.layers(); l++) {
        for (Neuron.Block block : Neuron.Block.values()) {
          add(sum, shares.bias(block, l));
          for (float[] row : shares.neurons(block, l)) {
            add(sum, row);
          }
        }
      }
      float[] z = model.embedImages(pandas, Progress.NONE)[0];
      for (int i = 0; i < z.length; i++) {
        assertEquals(z[i], sum[i], 1e-4);
      }
      Attribution direct =
          new Attributor(model)
              .attribute(
                  pandas,
                  List.of("0", "1", "2", "3"),
                  "a picture of panda",
                  text,
                  Reading.DIRECT,
                  Provenance.of(),
                  Progress.NONE);
      for (Neuron n : suppressed) {
        assertEquals(0, direct.scores()[0][direct.space().index(n)]);
      }
    }
  }

  private static void add(double[] sum, float[] v) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += v[i];
    }
  }

  @Test
  void aNeuronThatIsNotThereIsRefused() {
    Refusal.holds(
        () -> Removal.complete(clip, "x", List.of(Neuron.ffn(99, 0)), Provenance.of()),
        "no neuron L99F0");
    assertEquals(
        new TreeMap<>(),
        new TreeMap<>(
            Removal.residual(clip, "x", List.of(Neuron.ffn(0, 0)), Provenance.of()).changes()));
  }
}
