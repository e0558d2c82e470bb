package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.experiment.Experiment;
import dev.engram.experiment.Experiments;
import dev.engram.experiment.Figure2;
import dev.engram.experiment.Figure3;
import dev.engram.experiment.Figure6;
import dev.engram.experiment.Figure7;
import dev.engram.experiment.Scaling;
import dev.engram.experiment.Setting;
import dev.engram.experiment.Settings;
import dev.engram.experiment.Table8;
import dev.engram.iconclip.Iconclip;
import dev.engram.magic.draw.FigureDrawing;
import dev.engram.magic.draw.SvgCanvas;
import dev.engram.magic.result.ExperimentList;
import dev.engram.magic.result.ExperimentPresenters;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.result.Reproduction;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code %reproduce} on a few drawings of the embedded set. */
@ExtendWith(OwnCache.class)
class ReproduceCommandTest {
  private final MagicRunner runner = new MagicRunner(Magics.all(), new FakeHost());

  @Test
  void listsWhatThereIs() {
    View list = list("reproduce");
    for (Experiment<?> e : Experiments.ALL) {
      assertTrue(list.text().contains(e.toString()), list.text());
    }
  }

  @Test
  void everyExperimentListsItsSettingsAndIsShown() {
    for (Experiment<?> e : Experiments.ALL) {
      View list = list("reproduce " + e + "?");
      for (Setting s : Settings.of(e.standard().get())) {
        assertTrue(list.text().contains(s.name()), list.text());
        assertTrue(list.text().contains(s.about()), list.text());
      }
      assertTrue(ExperimentPresenters.shows(e.result()), e + " has no presenter");
    }
  }

  /** Which experiments an option belongs to is asked of the registry. */
  @Test
  void theHelpNamesTheExperimentsOfEachOption() {
    String help =
        assertInstanceOf(View.class, runner.run("reproduce --help", null))
            .text()
            .replaceAll("\\s+", " ");
    for (String part :
        List.of(
            "For table1 and figure2: a file with a word",
            "For table6: another model",
            "For table3, table4, table8 and scaling: data sets",
            "For table6 and faithfulness: find neurons",
            "For table4 and table8: which classes",
            "(default: 2000)")) {
      assertTrue(help.contains(part), help);
    }
  }

  @Test
  void aSettingIsSetNamedAndKeptApart(@TempDir Path folder) throws IOException {
    copy("landmarks", "castle", folder);
    copy("animals", "panda", folder);
    runner.run("model", null);
    runner.run("images " + folder, null);
    Reproduction standard = reproduce("table2");
    Reproduction few = reproduce("table2 --set seeds=1 --set images-per-entity=1");
    String note = "Settings other than the standard: seeds 1 (standard: 5), imagesPerEntity 1";
    assertTrue(few.toString().contains(note), few.toString());
    assertTrue(few.toString().contains("the paper's numbers were not measured with these."));
    assertTrue(few.table().name().contains("the paper's numbers are of other settings"));
    assertTrue(few.provenance().toString().contains("settings seeds 1 (standard: 5), images"));
    assertEquals("", few.note(), "nothing of the standard settings is read");
    assertFalse(standard.toString().contains("Settings other"), standard.toString());
    assertFalse(standard.table().name().contains("other settings"), standard.table().name());
    for (String line :
        List.of(
            "table4 --set stebs=2",
            "table4 --set steps=few",
            "table4 --set steps=0",
            "table4 --set steps=1 --set steps=2",
            "table4 --names panda --set names=castle",
            "figure3 --dictionary english-20k",
            "tabel4?")) {
      MagicFailure failure =
          assertThrows(MagicFailure.class, () -> runner.run("reproduce " + line, null), line);
      assertTrue(
          String.valueOf(failure.getMessage())
              .matches(
                  ".*(did you mean steps|takes a whole number|1 case and 1 step|given twice"
                      + "|say the same|belongs to table1 and figure2|did you mean table4).*"),
          String.valueOf(failure.getMessage()));
    }
  }

  /**
   * On noise and a model of three layers: what is looked at is that nothing takes a default for
   * granted.
   */
  @Test
  void everySettingCanBeChangedAndIsShown(@TempDir Path folder) throws IOException {
    copy("landmarks", "castle", folder);
    copy("animals", "panda", folder);
    Path words = folder.resolve("words.txt");
    Files.writeString(words, "panda\ncastle\nsea\nred\nsky\n");
    runner.run("model ../analysis/src/test/resources/reference/models/quick_gelu_p8", null);
    runner.run("images " + folder, null);
    Map<String, String> small =
        Map.of(
            "table4", "steps=2,every=1,cases=1",
            "table2", "seeds=1",
            "figure3", "queryDecay=20",
            "scaling", "draws=1,cases=2");
    for (Experiment<?> e : Experiments.ALL) {
      String base =
          Arrays.stream(small.getOrDefault(e.name(), "").split(","))
              .filter(s -> !s.isEmpty())
              .map(s -> " --set " + s)
              .collect(Collectors.joining());
      String dictionary =
          e.needs(Experiment.Need.WORDS) ? " --dictionary " + MagicLine.quoted("" + words) : "";
      for (Setting s : Settings.of(e.standard().get())) {
        boolean set = base.contains(" " + s.name() + "=");
        String line =
            e
                + dictionary
                + base
                + (set ? "" : " --set " + MagicLine.quoted(s.name() + "=" + other(s)));
        Reproduction r = reproduce(line);
        assertTrue(r.toString().contains(s.name()), line + ": " + r);
        assertTrue(
            Presenters.view(r).before().get(0).text().contains("standard: " + s.text()), line);
      }
    }
  }

  private static String other(Setting setting) {
    return switch (setting.text()) {
      case "false" -> "true";
      case "all" -> "1";
      default ->
          setting.text().matches("[0-9]+")
              ? Integer.toString(Integer.parseInt(setting.text()) + 1)
              : setting.text().matches("[0-9.E-]+")
                  ? Double.toString(2 * Double.parseDouble(setting.text()))
                  : setting.name().equals("names")
                      ? "panda"
                      : setting.text().substring(setting.text().indexOf(',') + 1);
    };
  }

  @Test
  void aMistypedNameIsAnswered() {
    MagicFailure failure =
        assertThrows(MagicFailure.class, () -> runner.run("reproduce tabel6", null));
    assertTrue(
        String.valueOf(failure.getMessage()).contains("did you mean table6"),
        String.valueOf(failure.getMessage()));
  }

  @Test
  void everyExperimentShowsOursBesideThePaperAndIsKept(@TempDir Path folder) throws IOException {
    copy("landmarks", "castle", folder);
    copy("animals", "panda", folder);
    runner.run("model", null);
    runner.run("images " + folder, null);
    for (Experiment<?> e : Experiments.ALL) {
      Reproduction r = reproduce(e.toString());
      View view = Presenters.view(r);
      assertEquals(e.toString(), r.name());
      assertTrue(r.table().rowCount() > 1, e.toString());
      View numbers = view.before().get(0);
      assertTrue(numbers.text().contains("model iconclip"), e.toString());
      assertTrue(numbers.text().contains("experiment " + e), numbers.text());
      assertTrue(numbers.text().contains("numbers are not the paper's"));
      assertEquals(e != Figure2.EXPERIMENT, view.data().containsKey(View.PLOTLY), e.toString());
      for (Viewable figure : r.figures()) { // none has what a still picture cannot show
        if (figure instanceof PlotlyFigure chart) {
          FigureDrawing drawing = new FigureDrawing(chart.toJson());
          drawing.on(new SvgCanvas(drawing.width(), drawing.height()));
        }
      }
      boolean shared = // with figure4a, or with table4
          Set.of(Figure6.EXPERIMENT, Figure7.EXPERIMENT, Table8.EXPERIMENT, Scaling.EXPERIMENT)
              .contains(e);
      assertEquals(!shared, r.note().isEmpty(), r.note());
      Reproduction again = reproduce(e.toString());
      assertEquals(r.table().print(), again.table().print());
      assertEquals(r.findings(), again.findings());
      assertTrue(again.note().startsWith("All parts of this result were computed 20"));
      assertTrue(again.note().endsWith("%reproduce " + e + " --fresh computes it again."));
      assertTrue(Presenters.view(again).before().get(0).text().endsWith(again.note()));
      if (e.ofPaper() && e.name().startsWith("table")) {
        assertTrue(r.table().print().contains("paper (ViT-L/14)"), r.table().print());
      }
    }
    assertEquals("", reproduce("figure3 --fresh").note());
    assertInstanceOf(Figure3.Result.class, reproduce("figure3").result());
    Path svg = folder.resolve("figure3.svg");
    reproduce("figure3 --save '" + svg + "'");
    assertTrue(Files.readString(svg).contains("</svg>"));
    Files.delete(svg);
    copy("animals", "koala", folder);
    runner.run("images " + folder, null);
    assertTrue(reproduce("figure3").note().startsWith("2 of 3 parts"), "one more entity");
  }

  @Test
  void aFirstLookTakesTheFirstImagesOfEachEntity(@TempDir Path folder) throws IOException {
    copy("animals", "panda", folder);
    copy("animals", "koala", folder);
    runner.run("model", null);
    runner.run("images " + folder, null);
    Reproduction first = reproduce("figure7 --images 1");
    assertTrue(first.provenance().toString().contains("2 entities, 2 images"), first.toString());
    Reproduction all = reproduce("figure7");
    assertTrue(all.provenance().toString().contains("2 entities, 6 images"), all.toString());
  }

  @Test
  void table6ComparesModels(@TempDir Path folder) throws IOException {
    copy("animals", "panda", folder);
    runner.run("model", null);
    runner.run("images " + folder, null);
    String small = "../analysis/src/test/resources/reference/models/quick_gelu_p8";
    Reproduction r = reproduce("table6 --model " + small + " --model iconclip");
    List<?> models = r.table().column("model").asList();
    assertEquals(List.of("iconclip", "iconclip"), models.subList(0, 2));
    assertEquals(List.of("quick_gelu_p8", "quick_gelu_p8"), models.subList(2, 4));
    assertEquals("iconclip", models.get(4));
    assertTrue(r.provenance().toString().contains("quick_gelu_p8 "), r.provenance().toString());
    assertEquals(
        r.table().doubleColumn("original").get(0), r.table().doubleColumn("original").get(4));
  }

  /** What finds neurons need not judge them. */
  @Test
  void oneHalfOfTheImagesFindsAndTheOtherJudges(@TempDir Path folder) throws IOException {
    copy("animals", "panda", folder);
    copy("animals", "koala", folder);
    runner.run("model", null);
    runner.run("images " + folder, null);
    Reproduction same = reproduce("faithfulness");
    String said = Presenters.view(same).before().get(0).text();
    assertTrue(said.contains("Judged: the same images find the neurons and judge them."), said);
    assertTrue(said.contains("Paired over the same images, at k = 10"), said);
    assertTrue(said.contains("literal_post − literal"), said);
    assertTrue(same.table().name().contains("Student's t over 2 entities"), same.table().name());
    assertTrue(same.table().columnNames().contains("± residual − literal"));
    String chart = ((PlotlyFigure) same.figures().get(0)).toJson().toString();
    assertTrue(chart.contains("intervals: 95 %, Student's t over 2 entities"), chart);
    assertTrue(chart.contains("arrayminus"), chart);
    Reproduction other = reproduce("faithfulness --other-half --seed 2");
    assertTrue(other.toString().contains("the other judges them, seed 2"), other.toString());
    Reproduction table6 = reproduce("table6 --other-half");
    assertTrue(
        table6.table().print().contains("neuron of the entity found on other images"),
        table6.table().print());
    for (String line : List.of("table1 --other-half", "figure3 --other-half", "table6 --seed 1")) {
      MagicFailure failure =
          assertThrows(MagicFailure.class, () -> runner.run("reproduce " + line, null));
      assertTrue(
          String.valueOf(failure.getMessage()).matches(".*(no halves of images|both or neither).*"),
          failure.getMessage());
    }
  }

  @Test
  void anotherModelIsForTable6Alone() {
    runner.run("model", null);
    runner.run("images", null);
    for (String line : List.of("figure3 --model iconclip", "table6 --model /no/such/folder")) {
      MagicFailure failure =
          assertThrows(MagicFailure.class, () -> runner.run("reproduce " + line, null));
      assertTrue(
          String.valueOf(failure.getMessage())
              .matches(".*(--model belongs to table6|no model directory /no/such/folder).*"),
          String.valueOf(failure.getMessage()));
    }
  }

  @Test
  void editingTablesRunOnDataSets(@TempDir Path folder) throws IOException {
    Path birds = folder.resolve("birds");
    StringBuilder images = new StringBuilder();
    StringBuilder labels = new StringBuilder();
    StringBuilder split = new StringBuilder();
    List<String> names = List.of("001.Penguin", "022.Chuck_will_Widow");
    for (int c = 0; c < 2; c++) {
      copy("animals", c == 0 ? "penguin" : "honeybee", folder);
      Path from = folder.resolve("animals").resolve(c == 0 ? "penguin" : "honeybee");
      Path to = Files.createDirectories(birds.resolve("images")).resolve(names.get(c));
      Files.move(from, to);
      try (var files = Files.list(to)) {
        int i = 3 * c;
        for (Path file : files.sorted().toList()) {
          images.append("%d %s/%s%n".formatted(++i, names.get(c), file.getFileName()));
          labels.append("%d %d%n".formatted(i, c + 1));
          split.append("%d %d%n".formatted(i, i % 3 == 1 ? 1 : 0));
        }
      }
    }
    Files.writeString(birds.resolve("images.txt"), images);
    Files.writeString(birds.resolve("image_class_labels.txt"), labels);
    Files.writeString(birds.resolve("train_test_split.txt"), split);
    Files.writeString(birds.resolve("classes.txt"), "1 001.Penguin\n2 022.Chuck_will_Widow\n");
    runner.run("model", null); // no images are open
    Path general = Files.createDirectories(folder.resolve("general"));
    copy("landmarks", "castle", general);
    String on = " --data " + birds + " --general " + general;
    Reproduction table8 = reproduce("table8" + on);
    assertEquals("Chuck will Widow", table8.table().column("case").get(0), "as in the paper");
    assertEquals("average", table8.table().column("case").get(1));
    String provenance = table8.provenance().toString();
    assertTrue(provenance.contains("guide: the same with the name on it"), provenance);
    assertTrue(provenance.contains("weight the best over each group by causal tracing of all"));
    assertTrue(provenance.contains("general objects 1 other background images"), provenance);
    Reproduction penguin = reproduce("table8 --names penguin --shots 1" + on);
    assertEquals("Penguin", penguin.table().column("case").get(0));
    Reproduction table3 = reproduce("table3" + on);
    assertTrue(table3.provenance().toString().contains("2 entities, 4 images, 3 background"));
    for (String line :
        List.of(
            "figure3" + on,
            "table8 --names eagle" + on,
            "table3 --names penguin" + on,
            "scaling --data " + birds + " " + birds,
            "table8 --shots 0" + on,
            "table8 --data " + folder.resolve("none"))) {
      MagicFailure failure =
          assertThrows(MagicFailure.class, () -> runner.run("reproduce " + line, null), line);
      assertTrue(
          String.valueOf(failure.getMessage())
              .matches(
                  ".*(belongs to table3|no class 'eagle'|belongs to table4|one data set at a time"
                      + "|numbers from 1|There is no folder).*"),
          String.valueOf(failure.getMessage()));
    }
  }

  private View list(String line) {
    return runner.view(assertInstanceOf(ExperimentList.class, runner.run(line, null)));
  }

  private Reproduction reproduce(String arguments) {
    return assertInstanceOf(
        Reproduction.class, runner.run("reproduce " + arguments, null), arguments);
  }

  /** The first drawings of an entity. */
  private static void copy(String category, String entity, Path folder) throws IOException {
    Path from = Iconclip.entities().resolve(category).resolve(entity);
    Path to = Files.createDirectories(folder.resolve(category).resolve(entity));
    try (var files = Files.list(from)) {
      for (Path file : List.copyOf(files.sorted().limit(3).toList())) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }
}
