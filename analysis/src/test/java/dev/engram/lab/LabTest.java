package dev.engram.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.Dataset;
import dev.engram.data.ImageSet;
import dev.engram.edit.Edit;
import dev.engram.edit.EditPreview;
import dev.engram.edit.Removal;
import dev.engram.experiment.Change;
import dev.engram.experiment.Figure3;
import dev.engram.experiment.Table2;
import dev.engram.experiment.Table3;
import dev.engram.experiment.Table4;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a program gets through the one door, on the embedded model. */
class LabTest {
  private static ImageSet set;
  private static Lab lab;

  @BeforeAll
  static void open() {
    set =
        ImageSet.read(Iconclip.entities())
            .firstImages(3)
            .withBackground(ImageSet.read(Iconclip.background()));
    lab = Lab.of(Clip.from(Iconclip.model()).named("iconclip").device("cpu").load()).images(set);
  }

  @AfterAll
  static void close() {
    lab.close();
  }

  @AfterEach
  void undoAll() {
    lab.history().undoAll();
  }

  @Test
  void attributionHasTheDefaultsOfTheMagic() {
    Attribution a = lab.attribute("panda");
    try (Attributor attributor = new Attributor(lab.model())) {
      Attribution direct =
          attributor.attribute(
              set.entity("panda").images(),
              set.entity("panda").label(),
              Reading.LITERAL,
              Progress.NONE);
      assertEquals(direct.top(10), a.top(10));
    }
    Attribution other = lab.attribute(Attribute.of("panda/1").label("a red bus"));
    assertEquals("a red bus", other.label());
    assertEquals(List.of(set.entity("panda").images().get(1).name()), other.images());
  }

  @Test
  void whoWatchesSeesTheSameLab() {
    List<String> told = new ArrayList<>();
    Lab watched = lab.progress((what, done, of) -> told.add(what));
    assertSame(lab.model(), watched.model());
    Attribution seen = watched.attribute("panda");
    assertTrue(told.size() > 0);
    told.clear();
    assertEquals(seen.top(3), lab.attribute("panda").top(3));
    assertEquals(List.of(), told, "a bar is that of one question");
    watched.forget(Forget.of("panda").accuracy(Accuracy.none())).apply();
    assertSame(lab.model(), watched.model());
    assertEquals(1, lab.history().edits().size());
  }

  @Test
  void heatmapsComeWithTheLargestCoefficientFirst() {
    Neuron first = lab.attribute("panda").top(1).get(0).neuron();
    Heatmaps h = lab.heatmap("panda", first);
    assertEquals(3, h.images().size());
    for (int i = 1; i < 3; i++) {
      assertTrue(
          h.images().get(i - 1).heatmap().coefficient()
              >= h.images().get(i).heatmap().coefficient());
    }
    assertTrue(h.strongest().picture().title().startsWith("panda/"));
    assertEquals(
        -h.strongest().heatmap().coefficient(), h.turned().images().get(2).heatmap().coefficient());
  }

  @Test
  void forgettingIsAPreviewUntilItIsApplied() {
    String before = lab.model().hash();
    Forgotten f = lab.forget(Forget.of("panda").top(2).accuracy(Accuracy.none()));
    assertEquals(before, lab.model().hash());
    List<Neuron> top =
        lab.attribute("panda").top(2).stream().map(Attribution.Ranked::neuron).toList();
    assertEquals(top, f.neurons());
    Clip previewed = f.preview().model();
    f.apply();
    assertSame(previewed, lab.model()); // not built a second time
    assertEquals(List.of(f.edit()), lab.history().edits());
    assertNotEquals(before, lab.model().hash());
    lab.history().undo();
    assertEquals(before, lab.model().hash());
  }

  @Test
  void aClosedPreviewCanStillBeApplied() {
    Forgotten f =
        lab.forget(Forget.of("panda").mode(Removal.Mode.COMPLETE).accuracy(Accuracy.none()));
    String previewed = f.preview().model().hash();
    f.preview().close();
    assertThrows(IllegalStateException.class, () -> f.preview().model());
    f.apply();
    assertEquals(previewed, lab.model().hash());
  }

  @Test
  void aPreviewOfAnOlderModelIsBuiltAnewOrRefused() {
    Accuracy none = Accuracy.none();
    Forget complete = Forget.of("panda").mode(Removal.Mode.COMPLETE).accuracy(none);
    Forgotten first = lab.forget(complete);
    Forgotten other = lab.forget(Forget.of("koala").top(1).accuracy(none));
    other.apply();
    first.apply(); // of other weights: both edits are in the model
    assertEquals(2, lab.history().edits().size());
    Forgotten again = lab.forget(complete.top(4));
    String now = lab.model().hash();
    lab.forget(complete.top(5)).apply();
    Refusal.holds(again::apply, "other values");
    assertNotEquals(now, lab.model().hash());
  }

  @Test
  void teachingPreviewsTracesAndApplies() {
    Taught t =
        lab.teach(
            Teach.name("gray panda")
                .images(Target.of("panda"))
                .guides(Guides.of("koala"))
                .accuracy(Accuracy.onOpenImages().sample(60)));
    assertEquals(List.of("gray panda"), t.names().stream().map(Taught.Name::name).toList());
    assertEquals(t.traces().get(0).best(), t.where().get(0));
    assertEquals(Edit.Method.RANK_ONE, t.edit().method());
    assertTrue(lab.history().edits().isEmpty());
    Clip previewed = t.preview().model();
    t.apply();
    assertSame(previewed, lab.model());
    Tuned tuned =
        lab.tune(
            Tune.lastLayer("gray panda")
                .images(Target.of("panda"))
                .steps(2, 1)
                .accuracy(Accuracy.onOpenImages().sample(60)));
    assertEquals( // it is to match the insertion
        Objects.requireNonNull(t.accuracy()).editedAfter().mean(), tuned.wanted());
    try (EditPreview preview = tuned.preview()) {
      assertNotEquals(lab.model().hash(), preview.model().hash());
    }
    lab.images(set);
    Tune again = Tune.lastLayer("gray panda").images(Target.of("panda")).steps(1, 1);
    assertEquals(1, lab.tune(again).wanted(), "what was measured on other images is forgotten");
  }

  @Test
  void tracingNamesWhatTheImagesAreRecognisedAs() {
    Traced t = lab.trace(TraceBlocks.of("panda").guides(Guides.of("koala")));
    assertEquals(set.entity("koala").label(), t.trace().label());
    assertEquals(lab.model().config().vision().layers(), t.trace().layers());
    assertEquals(3, t.guides().size());
  }

  /** Tests run in the folder of the module, which has a folder src. */
  @Test
  void anEntityComesBeforeAFolderOfItsName(@TempDir Path temp) throws IOException {
    assertTrue(Files.isDirectory(Path.of("src")));
    for (String entity : List.of("src", "other")) {
      Path folder = Files.createDirectories(temp.resolve("things").resolve(entity));
      Files.copy(set.entity("panda").images().get(0).file(), folder.resolve("0.png"));
    }
    Lab named = Lab.empty().images(ImageSet.read(temp));
    assertEquals("a photo of src", named.select(Target.of("src")).label());
    Refusal.holds(() -> named.select(Target.of("./src")), "There is no image in", "src");
    Refusal.holds(() -> named.select(Target.of(" ")), "needs a name");
  }

  @Test
  void wordsComeFromADictionary() {
    Neuron first = lab.attribute("panda").top(1).get(0).neuron();
    assertEquals(first, lab.words(first).neurons().get(0).neuron());
    assertEquals(Iconclip.words(), lab.dictionary(null).words()); // its own, also without a magic
  }

  @Test
  void refusalsAreOneSentence() {
    Refusal.holds(() -> Forget.of("panda").top(0), "from 1", "got 0");
    Refusal.holds(() -> Teach.name("a", "a"), "taught once");
    Refusal.holds(() -> Teach.name(" "), "needs a name");
    Refusal.holds(() -> Teach.name("a").ridge(-1.0), "above 0", "-1.0");
    Refusal.holds(() -> lab.teach(Teach.name("a")), "needs images");
    Refusal.holds(
        () -> lab.teach(Teach.name("a", "b").images(Target.of("panda"))), "2 names", "got 1");
    Refusal.holds(
        () -> lab.teach(Teach.name("a").images(Target.of("panda")).shots(4)),
        "Of the 3 images",
        "got 4");
    Refusal.holds(() -> Tune.lora("a").steps(0, 1), "1 step or more");
    Refusal.holds(() -> Tune.lora("a").match(1.5), "150");
    Refusal.holds(() -> Accuracy.onOpenImages().sample(0), "from 1");
    Refusal.holds(() -> lab.attribute("pandas"), "panda");
    Refusal.holds(() -> Lab.empty().attribute("panda"), "No images are open");
    Refusal.holds(() -> Lab.empty().images(set).attribute("panda"), "No model is loaded");
  }

  @Test
  void anExperimentIsRunByItsSettings(@TempDir Path folder) {
    Lab own = lab.cache(folder).images(set);
    Table2.Settings few = Table2.standard().seeds(1).imagesPerEntity(OptionalInt.of(1));
    Table2.Result result = own.run(few);
    assertEquals(
        "seeds 1 (standard: 5), imagesPerEntity 1 (standard: all)",
        result.provenance().entries().get("settings"));
    Reproduced<Table2.Result> again = own.reproduce(Reproduce.of(few));
    assertEquals(0, again.kept().computed());
    assertEquals(result.cells(), again.result().cells());
    assertEquals(
        List.of("seeds", "imagesPerEntity"), again.changes().stream().map(Change::name).toList());
    Reproduced<Table2.Result> one = own.reproduce(Reproduce.of(few).images(1).fresh(true));
    assertEquals(0, one.kept().read());
    assertTrue(one.result().provenance().toString().contains("60 entities, 60 images"));
  }

  @Test
  void anExperimentRefusesWhatItHasNoUseFor() {
    Reproduce<Figure3.Result> figure3 = Reproduce.of(Figure3.standard());
    Reproduce<Table4.Result> table4 = Reproduce.of(Table4.standard());
    Dataset data = Dataset.of(set);
    Refusal.holds(
        () -> figure3.data(List.of(data)),
        "--data or --general belongs to table3, table4, table8 and scaling",
        "%reproduce figure3 looks at the open images");
    Refusal.holds(
        () -> figure3.models(List.of(lab::model)), "--model belongs to table6, which compares");
    Refusal.holds(
        () -> figure3.words(new Vocabulary("mine", null, List.of("a"))),
        "--dictionary belongs to table1 and figure2");
    Refusal.holds(() -> figure3.shots(2), "--shots belongs to table4, table8 and scaling");
    Refusal.holds(() -> table4.shots(2), "--shots says how many images of --data are taken");
    Refusal.holds(() -> table4.general(null, 5), "--sample says how many images of --general");
    Refusal.holds(() -> table4.data(List.of(data)).shots(0), "numbers from 1, got 2000 and 0");
    Refusal.holds(() -> table4.data(List.of(data)).images(1), "--images takes the first of");
    Refusal.holds(
        () -> Reproduce.of(Table3.standard()).data(List.of(data, data)), "one data set at a time");
  }

  @Test
  void anEvaluationIsKeptAndReadAgain(@TempDir Path folder) {
    Lab own = lab.cache(folder).images(set);
    Evaluate request = Evaluate.openImages();
    Evaluate few = request.where(request.where().sample(20));
    Evaluated first = own.evaluate(few);
    assertEquals(20, first.result().predictions().size());
    assertEquals(first.result().accuracy().mean(), first.accuracy());
    Evaluated again = own.evaluate(few);
    assertEquals(first.result().predictions(), again.result().predictions());
    assertEquals(0, again.kept().computed());
    assertTrue(again.kept().anyRead());
    assertEquals(0, own.evaluate(few.fresh(true)).kept().read());
    assertNotEquals(
        first.result().provenance(),
        own.evaluate(few.templates(List.of("a photo of {}"))).result().provenance());
    Refusal.holds(() -> request.where(Accuracy.none()), "An evaluation takes images");
    Refusal.holds(
        () -> own.evaluate(request.where(Accuracy.onOpenImages().split("nothing"))), "'nothing'");
  }
}
