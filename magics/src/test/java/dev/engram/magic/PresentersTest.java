package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.EngramException;
import dev.engram.attribution.Attribution;
import dev.engram.lab.Activations;
import dev.engram.lab.Evolutions;
import dev.engram.lab.Lab;
import dev.engram.lab.Reproduced;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.view.View;
import dev.engram.model.Safetensors;
import dev.engram.trace.Site;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Results are plain records; how much of one is shown is a matter of who shows it. */
class PresentersTest {
  private static final MagicRunner RUNNER = new MagicRunner(Magics.all(), new FakeHost());

  @BeforeAll
  static void open() {
    RUNNER.run("model", null);
    RUNNER.run("images", null);
  }

  private static Object run(String line) {
    return Objects.requireNonNull(RUNNER.run(line, null));
  }

  private static int rows(View page) {
    return page.before().get(0).html().split("<tr>", -1).length - 2;
  }

  @Test
  void whateverAMagicGivesIsShown() {
    Magics magics = Magics.all();
    List<String> types = new ArrayList<>();
    for (String name : magics.names()) {
      Class<?> type =
          Arrays.stream(magics.create(name).orElseThrow().getClass().getMethods())
              .filter(m -> m.getName().equals("run") && !m.isBridge())
              .<Class<?>>map(Method::getReturnType)
              .findFirst()
              .orElseThrow();
      List<Class<?>> given =
          type.isSealed() ? List.of(type.getPermittedSubclasses()) : List.of(type);
      given.forEach(each -> types.add(each.getName()));
      assertTrue(
          Presenters.types().containsAll(given) || type == View.class,
          "%" + name + " gives " + type + ", which has no presenter");
    }
    assertTrue(types.contains(Attribution.class.getName()), types::toString);
  }

  @Test
  void whateverTheLabGivesIsShown() {
    List<Class<?>> results =
        Arrays.stream(Lab.class.getMethods())
            .<Class<?>>map(Method::getReturnType)
            .filter(type -> type.isRecord() && type.getPackage() == Lab.class.getPackage())
            .filter(type -> type != Reproduced.class) // ExperimentPresenters, by what is in it
            .toList();
    assertTrue(results.size() >= 12, results::toString);
    for (Class<?> type : results) {
      assertTrue(Presenters.types().contains(type), type + " has no presenter");
    }
  }

  @Test
  void twoGraphsAreShownOneAboveTheOther() {
    Evolutions graphs =
        (Evolutions) run("evolve L3F212 --image panda/0 --and koala/0 --depth 1 --branch 1");
    View page = RUNNER.view(graphs);
    assertEquals(3, page.before().size(), "figure, table, figure, and the last table");
    assertTrue(page.before().get(0).data().containsKey(View.PLOTLY));
    assertTrue(page.before().get(2).data().containsKey(View.PLOTLY));
    assertEquals(
        List.of("panda/0", "koala/0"), graphs.images().stream().map(e -> e.title()).toList());
    assertTrue(graphs.first().shared().contains(graphs.first().graph().start()));
    assertEquals(
        graphs.images().stream().mapToInt(e -> e.graph().edges().size()).sum(),
        Presenters.table(graphs).rowCount());
  }

  @Test
  void whatHasNoRankingOrFigureSaysSo() {
    assertEquals(
        "The type Heatmaps is no ranking, of which a figure could show the first 5; write"
            + " figure(x).",
        assertThrows(
                EngramException.class,
                () -> Presenters.figure(run("heatmap panda/0 --neuron L3F212"), 5))
            .getMessage());
    assertEquals(
        "There is no figure of the type ModelCard; a cell shows all that there is of it.",
        assertThrows(EngramException.class, () -> Presenters.figure(run("model"))).getMessage());
    assertTrue(Presenters.table(run("model")).rowCount() > 8);
  }

  @Test
  void aValueIsShownAsItsLineAsksAndLaterAsAnyOther() {
    Attribution a = (Attribution) run("attribute panda/0 --top 3");
    assertEquals(3, rows(RUNNER.view(a)));
    Attribution b = (Attribution) run("attribute panda/0");
    assertEquals(10, rows(RUNNER.view(b)));
    assertEquals(10, rows(RUNNER.view(a)));
    assertEquals(10, rows(Presenters.view(a)));
  }

  @Test
  void tablesAndFiguresAreAsLongAsTheyAreWanted() {
    Attribution a = (Attribution) run("attribute panda/0 --top 3");
    assertEquals(10, Presenters.table(a).rowCount());
    assertEquals(30, Presenters.table(a, 30).rowCount());
    assertEquals(30, Presenters.figure(a, 30).toJson().at("/data/0/x").size());
    assertNotEquals("", Presenters.table(a, 30).name());
    assertEquals(
        "A table shows a number of rows from 1; got 0.",
        assertThrows(EngramException.class, () -> Presenters.table(a, 0)).getMessage());
  }

  @Test
  void theWholeTableIsSavedWhateverIsShown(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("neurons.csv");
    Attribution a = (Attribution) run("attribute panda/0 --top 3 --save '" + file + "'");
    List<String> lines = Files.readAllLines(file);
    assertEquals(a.space().count() + 1, lines.size());
    assertTrue(lines.get(1).contains(a.top(1).get(0).neuron().toString()), lines.get(1));
    for (String magic :
        List.of("attention panda/0", "lens panda/0", "lens panda/0 --patches", "words L3F7")) {
      run(magic + " --save '" + folder.resolve(magic.replaceAll("\\W+", "-") + ".npz") + "'");
    }
    run("forget panda --evaluate none --preview --save '" + folder.resolve("f.parquet") + "'");
    String said = Presenters.save(run("queries L3F7 --image panda/0"), folder + "/q.json");
    assertTrue(said.startsWith("Wrote "), said);
    MagicFailure wrong =
        assertThrows(MagicFailure.class, () -> run("attribute panda/0 --save x.parket"));
    assertTrue(String.valueOf(wrong.getMessage()).contains(".parquet"), wrong.getMessage());
  }

  @Test
  void everyResultCanBeSavedAndNothingElse() {
    List<String> without =
        Magics.all().commands().stream()
            .filter(c -> c.spec().findOption("--save") == null)
            .map(c -> c.spec().name())
            .toList();
    assertEquals(List.of("%check", "%engram", "%lsmagic", "%save"), without);
    for (MagicCommand command : Magics.all().commands()) {
      Class<?> type = ResultType.of(command.magic());
      assertEquals(
          !without.contains(command.spec().name()), Presenters.isResult(type), type.toString());
    }
  }

  @Test
  void figuresAreSavedAsPicturesAndEverythingAsAPage(@TempDir Path folder) throws IOException {
    List<String> lines =
        List.of(
            "attribute panda/0",
            "heatmap panda/0 --neuron L3F212",
            "lens panda/0",
            "lens panda/0 --patches",
            "attention panda/0 --layer 2,3",
            "evolve L3F212 --image panda/0 --depth 1 --branch 2",
            "queries L3F7 --image panda/0",
            "neurons --top 5");
    for (String line : lines) {
      Object result = run(line);
      for (String end : List.of("svg", "png", "pdf", "html")) {
        Path file = folder.resolve(line.replaceAll("\\W+", "-") + "." + end);
        Presenters.save(result, file.toString());
        Presenters.save(result, file.toString()); // a cell that runs again
        assertTrue(Files.size(file) > 500, file.toString());
        Files.writeString(file, "my notes");
        EngramException refused =
            assertThrows(EngramException.class, () -> Presenters.save(result, file.toString()));
        assertTrue(String.valueOf(refused.getMessage()).contains("exists and is no"));
        assertEquals("my notes", Files.readString(file));
      }
    }
    run("lens panda/0 --save '" + folder.resolve("lens.svg") + "'");
    assertTrue(Files.readString(folder.resolve("lens.svg")).contains("cosine with the text"));
    run("attribute panda/0 --top 3 --save '" + folder.resolve("three.svg") + "'");
    assertEquals(
        3, Files.readString(folder.resolve("three.svg")).split(">L\\d+[AF]", -1).length - 1);
    String none = refusal("images --save x.csv");
    assertTrue(none.contains("has no table") && none.endsWith("ends with .html."), none);
    String noFigure = refusal("activations panda/0 --save x.svg");
    assertTrue(noFigure.contains("has no figure") && noFigure.contains(".npz"), noFigure);
  }

  private static String refusal(String line) {
    return String.valueOf(assertThrows(MagicFailure.class, () -> run(line)).getMessage());
  }

  @Test
  void activationsAreSavedUnderNamesThatPythonReads(@TempDir Path folder) throws IOException {
    String line = "activations panda/0 koala/0 --at M_F,F --layers 2-3 --save '";
    Path file = folder.resolve("a.safetensors");
    Activations a = (Activations) run(line + file + "'");
    Safetensors read = Safetensors.open(file);
    float[] values = a.at(Site.M_F, 3).values();
    double[] written = read.doubles("M_F_3");
    assertEquals(values.length, written.length);
    for (int i = 0; i < values.length; i++) {
      assertEquals(values[i], (float) written[i]);
    }
    assertEquals("[\"panda/0\",\"koala/0\"]", read.metadata().get("images"));
    assertTrue(
        String.valueOf(read.metadata().get("hooks")).contains("blocks.3.mlp.hook_post"),
        read.metadata()::toString);
    run(line + file + "'"); // the same arrays
    String other = refusal("activations panda/0 --at F --layers 2 --save '" + file + "'");
    assertTrue(other.contains("no file of these arrays"), other);
    Path npz = folder.resolve("a.npz");
    run(line + npz + "'");
    run(line + npz + "'");
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(npz))) {
      List<String> names = new ArrayList<>();
      for (ZipEntry e = zip.getNextEntry(); e != null; e = zip.getNextEntry()) {
        names.add(e.getName());
        byte[] bytes = zip.readAllBytes();
        int count = a.tensors().get(names.size() - 1).values().length;
        ByteBuffer end = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(
            a.tensors().get(names.size() - 1).values()[count - 1], end.getFloat(bytes.length - 4));
      }
      assertEquals(List.of("M_F_2.npy", "M_F_3.npy", "F_2.npy", "F_3.npy"), names);
    }
    String several = refusal(line + folder.resolve("a.npy") + "'");
    assertTrue(several.contains("holds one array, and these are 4"), several);
    Path npy = folder.resolve("a.npy");
    run("activations panda/0 --at F --layers 2 --save '" + npy + "'");
    run("activations panda --at F --layers 3 --save '" + npy + "'"); // more images
    String wider = refusal("activations panda/0 --at M_F --layers 2 --save '" + npy + "'");
    assertTrue(wider.contains("no file of these arrays"), wider);
    byte[] foreign = Files.readAllBytes(npy);
    foreign[6] = 1; // as NumPy itself writes it
    Files.write(npy, foreign);
    refusal("activations panda --at F --layers 3 --save '" + npy + "'");
    run(line + folder.resolve("a.csv") + "'");
    assertEquals(5, Files.readAllLines(folder.resolve("a.csv")).size());
  }

  @Test
  void whatIsNoResultIsRefusedInOneSentence() {
    assertEquals(
        "Engram shows results of its magics and of Lab; the type String is none of them.",
        assertThrows(EngramException.class, () -> Presenters.table("a")).getMessage());
  }
}
