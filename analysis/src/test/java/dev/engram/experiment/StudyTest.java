package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.engram.Progress;
import dev.engram.attribution.Baseline;
import dev.engram.attribution.Reading;
import dev.engram.data.ImageSet;
import dev.engram.dissect.WordDictionary;
import dev.engram.model.Clip;
import dev.engram.model.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept, what is read, and when neither is. */
class StudyTest {
  private static final Faithfulness.Settings SETTINGS =
      new Faithfulness.Settings(List.of(Reading.LITERAL, Baseline.COMBINED), List.of(1, 5), 2);

  private static Clip clip;
  private static ImageSet set;

  @BeforeAll
  static void load(@TempDir Path images) {
    clip = SmallStudy.clip("quick_gelu_p8");
    set = SmallStudy.set(images);
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  private static Study study(Path folder, Progress progress) {
    return new Study(clip, set, ResultStore.in(folder), progress);
  }

  @Test
  void anInterruptedRunGoesOnWhereItStopped(@TempDir Path folder) {
    Faithfulness.Result whole = Faithfulness.run(new Study(clip, set), SETTINGS);
    int arrays = clip.manager().getManagedArrays().size();
    Study interrupted =
        study(
            folder,
            (what, done, total) -> {
              if (done == 2) {
                Thread.currentThread().interrupt();
              }
            });
    assertThrows(CancellationException.class, () -> Faithfulness.run(interrupted, SETTINGS));
    assertEquals(2, interrupted.kept().computed());
    assertEquals(arrays, clip.manager().getManagedArrays().size());

    Study resumed = study(folder, Progress.NONE);
    assertEquals(whole, Faithfulness.run(resumed, SETTINGS), "the same to the last bit");
    assertEquals(2, resumed.kept().computed());
    assertTrue(
        resumed.kept().toString().startsWith("2 of 4 parts of this result were computed 20"));
    assertTrue(resumed.kept().toString().contains(" and kept."), resumed.kept().toString());

    Study again = study(folder, Progress.NONE);
    assertEquals(whole, Faithfulness.run(again, SETTINGS));
    assertEquals(0, again.kept().computed());
    assertTrue(again.kept().toString().startsWith("All parts"), again.kept().toString());

    Study fresh = new Study(clip, set, ResultStore.in(folder).fresh(), Progress.NONE);
    assertEquals(whole, Faithfulness.run(fresh, SETTINGS));
    assertEquals(4, fresh.kept().computed());
    assertEquals("", fresh.kept().toString());
  }

  /** What a part gives here. */
  record Cosine(double value) {}

  @Test
  void aPartThatComesTwiceIsNotSaidToBeOld(@TempDir Path folder) {
    Study.Task<Cosine> task = new Study.Task<>("twice", "trying", Cosine.class, List.of());
    Study.Part part = Study.Part.of(set.entities().get(0));
    Study study = study(folder, Progress.NONE);
    List<Cosine> both =
        study.each(task, List.of(part, part), (pass, i) -> new Cosine(pass.cosines()[0]));
    assertEquals(both.get(0), both.get(1));
    assertEquals(1, study.kept().computed());
    assertEquals("", study.kept().toString());
  }

  @Test
  void whatWasComputedInF16IsNotReadInFloat32(@TempDir Path folder) {
    Cosine whole = cosine(study(folder, Progress.NONE));
    try (Clip half = SmallStudy.clip("quick_gelu_p8", Precision.F16)) {
      for (int computed : new int[] {1, 0}) { // the second time it is its own that is read
        Study study = new Study(half, set, ResultStore.in(folder), Progress.NONE);
        assertNotEquals(whole, cosine(study));
        assertEquals(computed, study.kept().computed());
      }
    }
    Study again = study(folder, Progress.NONE);
    assertEquals(whole, cosine(again));
    assertEquals(0, again.kept().computed());
  }

  private static Cosine cosine(Study study) {
    Study.Task<Cosine> task = new Study.Task<>("precision", "trying", Cosine.class, List.of());
    List<Study.Part> parts = List.of(Study.Part.of(set.entities().get(0)));
    return study.each(task, parts, (pass, i) -> new Cosine(pass.cosines()[0])).get(0);
  }

  @Test
  void everyExperimentIsReadAsItWasComputed(@TempDir Path folder) {
    try (WordDictionary words =
        WordDictionary.of(
            clip,
            "words",
            List.of("a", "cat", "dog", "sea", "red", "home", "sky"),
            Progress.NONE)) {
      List<Function<Study, Object>> experiments =
          List.of(
              s -> Table1.run(s, words, Table1.standard()),
              s -> Table2.run(s, new Table2.Settings(List.of(10, 30), 2, 2)),
              s -> Table3.run(s, Table3.standard()),
              s -> Table6.run(s, Table6.standard()),
              s -> Figure2.run(s, words, Figure2.standard()),
              s -> Figure3.run(s, new Figure3.Settings(3, 80, 10, 40, 10, 2)),
              s -> Figure4a.run(s, Figure4a.standard()),
              s -> Sanity.run(s, Sanity.standard()));
      for (Function<Study, Object> experiment : experiments) {
        Study first = study(folder, Progress.NONE);
        String computed = json(experiment.apply(first));
        assertTrue(first.kept().computed() > 0, computed);
        Study second = study(folder, Progress.NONE);
        assertEquals(computed, json(experiment.apply(second)));
        assertEquals(0, second.kept().computed(), computed);
      }
    }
  }

  /** Whatever setting is changed: with results of the standard kept, the numbers are as without. */
  @Test
  void nothingThatWasComputedWithOtherSettingsIsRead(@TempDir Path folder) {
    List<String> small =
        List.of("table2 seeds=2", "figure3 queryDecay=40", "faithfulness counts=1,5");
    try (WordDictionary words =
        WordDictionary.of(
            clip,
            "words",
            List.of("a", "cat", "dog", "sea", "red", "home", "sky"),
            Progress.NONE)) {
      for (Experiment<?> experiment : Experiments.ALL) {
        if (experiment.teaches()) {
          continue; // NaiveInsertionsTest
        }
        ExperimentSettings<?> first =
            Settings.with(
                experiment.standard().get(),
                small.stream()
                    .filter(s -> s.startsWith(experiment + " "))
                    .map(s -> s.substring(s.indexOf(' ') + 1))
                    .toList());
        Path kept = folder.resolve(experiment.name());
        first.run(material(study(kept, Progress.NONE), words));
        for (Setting setting : Settings.of(first)) {
          ExperimentSettings<?> changed =
              Settings.with(first, List.of(setting.name() + "=" + SettingsTest.other(setting)));
          assertEquals(
              json(changed.run(material(new Study(clip, set), words))),
              json(changed.run(material(study(kept, Progress.NONE), words))),
              experiment + " with another " + setting.name());
        }
      }
    }
  }

  private static Material material(Study study, WordDictionary words) {
    return new Material(() -> study, () -> words, List::of, List.of());
  }

  /** Arrays by their values; every double in full. */
  private static String json(Object result) {
    return new ObjectMapper()
        .registerModule(
            new SimpleModule()
                .addSerializer(OptionalDouble.class, ToStringSerializer.instance)
                .addSerializer(OptionalInt.class, ToStringSerializer.instance)
                .addSerializer(Optional.class, ToStringSerializer.instance))
        .valueToTree(result)
        .toString();
  }

  @Test
  void nothingOldIsReadWhenImageLabelSettingOrModelChange(@TempDir Path folder) throws IOException {
    Path own = folder.resolve("images");
    Path results = folder.resolve("results");
    ImageSet before = SmallStudy.set(own);
    assertEquals(4, computed(clip, before, results, SETTINGS));
    assertEquals(0, computed(clip, before, results, SETTINGS));
    assertEquals(
        0,
        computed(clip, SmallStudy.set(folder.resolve("elsewhere")), results, SETTINGS),
        "where images lie does not matter");

    SmallStudy.noise(own.resolve("entities/animals/cat/1.png"), new Random(1));
    assertEquals(
        1, computed(clip, before, results, SETTINGS), "an image changed under an open set");

    Path captions = own.resolve("entities");
    assertEquals(
        4,
        computed(clip, ImageSet.read(captions, "a drawing of {name}"), results, SETTINGS),
        "other labels");
    assertEquals(
        4,
        computed(
            clip,
            before,
            results,
            new Faithfulness.Settings(SETTINGS.rankings(), List.of(1, 4), 2)),
        "another setting");

    try (Clip other = SmallStudy.clip("gelu_p8");
        Clip random = clip.randomised(2, 1)) {
      assertEquals(4, computed(other, before, results, SETTINGS), "another model");
      assertEquals(4, computed(random, before, results, SETTINGS), "other weights");
    }
    Path copy = copyOf("quick_gelu_p8", folder.resolve("copy"));
    try (Clip same = Clip.from(copy).device("cpu").load()) {
      assertEquals(0, computed(same, before, results, SETTINGS), "the same model elsewhere");
    }
    Path config = copy.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("\"quick_gelu\"", "\"gelu\""));
    try (Clip changed = Clip.from(copy).device("cpu").load()) {
      assertEquals(4, computed(changed, before, results, SETTINGS), "the same weights, another σ");
    }
  }

  private static int computed(
      Clip model, ImageSet of, Path results, Faithfulness.Settings settings) {
    Study study = new Study(model, of, ResultStore.in(results), Progress.NONE);
    assertTrue(Faithfulness.run(study, settings).falls().size() > 1);
    return study.kept().computed();
  }

  private static Path copyOf(String model, Path to) throws IOException {
    Path from = Path.of("src/test/resources/reference/models", model);
    Files.createDirectories(to);
    try (var files = Files.list(from)) {
      for (Path file : files.filter(f -> !f.toString().contains("expected")).toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    return to;
  }
}
