package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.data.Dataset;
import dev.engram.data.DatasetClass;
import dev.engram.data.DatasetImage;
import dev.engram.data.DatasetOptions;
import dev.engram.data.Datasets;
import dev.engram.data.ImageSet;
import dev.engram.data.SmallDatasets;
import dev.engram.experiment.ZeroShot.ClassAccuracy;
import dev.engram.experiment.ZeroShot.Prediction;
import dev.engram.experiment.ZeroShot.Settings;
import dev.engram.experiment.ZeroShot.TakenFor;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** Zero-shot accuracy of the embedded model, against a loop over single images. */
@TestInstance(Lifecycle.PER_CLASS)
class ZeroShotTest {
  private static final Settings LABELS = Settings.standard();

  private final Clip clip = Clip.from(Iconclip.model()).named("iconclip").device("cpu").load();
  private final Dataset mini =
      Dataset.of(ImageSet.read(Iconclip.entities()).named("visent-mini")).shots(2, 0);

  @AfterAll
  void close() {
    clip.close();
  }

  /** 511 of the 576 images were trained on, as the manifest says. */
  @Test
  void accuracyOnWhatWasHeldOutIsSaidBesideTheRest() {
    Dataset all = Dataset.of(ImageSet.read(Iconclip.entities()));
    ZeroShot.Result result = ZeroShot.run(clip, all, LABELS, Progress.NONE);
    assertEquals(573 / 576.0, result.accuracy().mean(), 1e-12);
    assertEquals("95 %, bootstrap over 60 classes", result.accuracy().interval().about());
    Estimate kept = result.heldOut().orElseThrow();
    assertEquals(65, kept.count());
    assertEquals(62 / 65.0, kept.mean(), 1e-12);
    assertEquals(65, all.split("heldout").images().size());
    ZeroShot.Result only = ZeroShot.run(clip, all.split("heldout"), LABELS, Progress.NONE);
    assertEquals(62 / 65.0, only.accuracy().mean(), 1e-12);
    assertTrue(only.heldOut().isEmpty()); // nothing else to stand beside
  }

  @Test
  void classesAreDrawnAndNotImages() {
    ZeroShot.Result result =
        ZeroShot.run(
            clip,
            Dataset.of(ImageSet.read(Iconclip.entities())),
            new Settings(List.of("a photo of {}"), false),
            Progress.NONE);
    double asIndependent =
        1.96 * Math.sqrt(result.accuracy().mean() * (1 - result.accuracy().mean()) / 575);
    assertTrue(
        result.accuracy().halfWidth() > 1.5 * asIndependent,
        result.accuracy() + "; of independent images it would be " + asIndependent);
  }

  @Test
  void agreesWithALoopOverImagesAndTemplates() {
    List<String> templates = List.of("a picture of {}", "a {} in red.", "{name}");
    ZeroShot.Result result =
        ZeroShot.run(clip, mini, new Settings(templates, false), Progress.NONE);
    double[][] texts = new double[60][];
    for (int c = 0; c < 60; c++) {
      texts[c] = naiveClassVector(mini.classes().get(c), templates);
    }
    int correct = 0;
    int amongFive = 0;
    for (int i = 0; i < 120; i++) {
      DatasetImage image = mini.images().get(i);
      float[] z =
          clip.embedImages(List.of(clip.processor().process(image.file())), Progress.NONE)[0];
      int best = 0;
      for (int c = 1; c < 60; c++) {
        if (cosine(z, texts[c]) > cosine(z, texts[best])) {
          best = c;
        }
      }
      Prediction p = result.predictions().get(i);
      assertEquals(image, p.image());
      assertEquals(best, p.predicted(), image.name());
      double own = cosine(z, texts[image.classIndex()]);
      long nearer = Arrays.stream(texts).filter(t -> cosine(z, t) > own).count();
      amongFive += nearer < 5 ? 1 : 0;
      correct += best == image.classIndex() ? 1 : 0;
    }
    assertEquals(correct / 120.0, result.accuracy().mean(), 1e-12);
    assertEquals(amongFive / 120.0, result.topFive(), 1e-12);
    assertTrue(amongFive > correct, amongFive + " among five, " + correct + " first");
    assertEquals(result.accuracy().mean(), result.classMean(), 1e-12); // two images of each class
    assertTrue(correct > 60, "iconclip knows most of its drawings, got " + correct);
    assertTrue(result.provenance().toString().contains("mean of 3 templates"));
  }

  private double[] naiveClassVector(DatasetClass c, List<String> templates) {
    double[] sum = new double[clip.config().projectionWidth()];
    for (String template : templates) {
      String prompt = template.replace("{}", c.title()).replace("{name}", c.title());
      float[] t = clip.embedTexts(List.of(prompt), Progress.NONE)[0];
      double squares = 0;
      for (float x : t) {
        squares += (double) x * x;
      }
      for (int d = 0; d < sum.length; d++) {
        sum[d] += t[d] / Math.sqrt(squares);
      }
    }
    return sum;
  }

  private static double cosine(float[] z, double[] t) {
    double zt = 0;
    double tt = 0;
    double zz = 0;
    for (int d = 0; d < t.length; d++) {
      zt += z[d] * t[d];
      tt += t[d] * t[d];
      zz += (double) z[d] * z[d];
    }
    return zt / Math.sqrt(tt * zz);
  }

  @Test
  void classVectorsHaveUnitLengthAndLabelsStandForThemselves() {
    float[][] vectors = new Prompts(mini.classes(), List.of()).vectors(clip, Progress.NONE);
    List<String> labels = mini.classes().stream().map(DatasetClass::label).toList();
    assertTrue(labels.contains("the logo of Android"), labels.toString());
    float[][] texts = clip.embedTexts(labels, Progress.NONE);
    for (int c = 0; c < 60; c++) {
      double squares = 0;
      for (float x : vectors[c]) {
        squares += (double) x * x;
      }
      assertEquals(1, squares, 1e-5);
      assertEquals(1, Cosine.of(vectors[c], texts[c]), 1e-6, labels.get(c));
    }
  }

  @Test
  void classesAndConfusionAddUp() {
    ZeroShot.Result result = ZeroShot.run(clip, mini, LABELS, Progress.NONE);
    int correct = 0;
    for (int c = 0; c < 60; c++) {
      ClassAccuracy one = result.classes().get(c);
      List<TakenFor> taken = result.confusion(c);
      assertEquals(2, one.images());
      assertEquals(2, taken.stream().mapToInt(TakenFor::images).sum());
      assertEquals(
          one.correct(),
          taken.stream()
              .filter(t -> t.taken().equals(one.shown()))
              .mapToInt(TakenFor::images)
              .sum());
      assertTrue(taken.get(0).images() >= taken.get(taken.size() - 1).images());
      correct += one.correct();
    }
    assertEquals(correct, result.predictions().stream().filter(Prediction::correct).count());
    assertEquals(List.of(), result.skipped());
  }

  @Test
  void classesWithTheSamePromptAreNamed(@TempDir Path folder) throws IOException {
    Path image = mini.images().get(0).file();
    for (String entity : List.of("birds/crane", "birds/duck", "machines/crane")) {
      Files.createDirectories(folder.resolve(entity));
      Files.copy(image, folder.resolve(entity).resolve("0.png"));
    }
    Dataset cranes = Datasets.open(folder, DatasetOptions.standard());
    ZeroShot.Result result = ZeroShot.run(clip, cranes, LABELS, Progress.NONE);
    String notes = result.dataset().notes().toString();
    assertTrue(
        notes.contains(
            "1 prompts belong to several classes, whose images are all taken for the first of them:"
                + " birds/crane, machines/crane (\"a photo of crane\")."),
        notes);
    assertEquals(1, result.topFive());
    assertTrue(
        !ZeroShot.run(clip, mini, LABELS, Progress.NONE)
            .dataset()
            .notes()
            .toString()
            .contains("belong to several"));
  }

  @Test
  void anInterruptEndsWorkOnSeveralThreads() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicInteger stopped = new AtomicInteger();
    Thread caller = Thread.currentThread();
    Thread interrupting =
        new Thread(
            () -> {
              try {
                begun.await();
                caller.interrupt();
              } catch (InterruptedException e) {
                // then the test fails below
              }
            });
    interrupting.start();
    assertThrows(
        CancellationException.class,
        () ->
            Parallel.map(
                List.of(1, 2),
                i -> {
                  try {
                    begun.countDown();
                    Thread.sleep(60_000);
                  } catch (InterruptedException e) {
                    stopped.incrementAndGet();
                  }
                  return i;
                }));
    interrupting.join();
    for (int i = 0; i < 100 && stopped.get() == 0; i++) {
      Thread.sleep(20);
    }
    assertTrue(stopped.get() > 0, "the work was interrupted, too");
    assertEquals(List.of(2, 3), Parallel.map(List.of(1, 2), i -> i + 1));
  }

  @Test
  void unreadableImagesAreRefusedOrSkippedAndNamed(@TempDir Path folder) throws IOException {
    SmallDatasets.cub(folder);
    Path image =
        folder.resolve("CUB_200_2011/images/001.Black_footed_Albatross").resolve("bird_1.jpg");
    Files.writeString(image, "<html>404</html>");
    Dataset birds = Datasets.open(folder, DatasetOptions.standard()).heldOut();
    Refusal.holds(() -> ZeroShot.run(clip, birds, LABELS, Progress.NONE), "bird_1.jpg");
    ZeroShot.Result rest = ZeroShot.run(clip, birds, new Settings(List.of(), true), Progress.NONE);
    assertEquals(3, rest.predictions().size());
    assertEquals(1, rest.skipped().size());
    assertTrue(rest.skipped().get(0).contains("bird_1.jpg"), rest.skipped().get(0));
    assertEquals(1, rest.classes().get(0).images());
    assertTrue(rest.provenance().toString().contains("skipped 1 unreadable images"));
    for (DatasetImage i : birds.images()) {
      Files.writeString(i.file(), "");
    }
    Refusal.holds(
        () -> ZeroShot.run(clip, birds, new Settings(List.of(), true), Progress.NONE),
        "None of the 4 images");
    Refusal.holds(() -> new Settings(List.of("a photo"), false), "{}", "a photo");
  }

  @Test
  void reportsAndCanBeInterrupted() {
    List<String> reports = new ArrayList<>();
    Progress interrupting =
        (what, done, total) -> {
          reports.add(what + " " + done + " of " + total);
          if (what.equals("evaluating images") && done == 32) {
            Thread.currentThread().interrupt();
          }
        };
    assertThrows(
        CancellationException.class,
        () -> ZeroShot.run(clip, mini, new Settings(List.of("{}", "a {}"), true), interrupting));
    assertTrue(reports.contains("embedding prompts 60 of 120"), reports.toString());
    assertEquals("evaluating images 32 of 120", reports.get(reports.size() - 1));
  }

  @Test
  void anInterruptedEvaluationGoesOnWhereItStopped(@TempDir Path kept) {
    Settings settings = new Settings(List.of("{}", "a {}"), false);
    ZeroShot.Result whole = ZeroShot.run(clip, mini, settings, Progress.NONE);
    ZeroShot interrupted = new ZeroShot(clip, mini, settings, ResultStore.in(kept));
    Progress atTheThirdBatch =
        (what, done, total) -> {
          if (what.equals("evaluating images") && done == 32) {
            Thread.currentThread().interrupt();
          }
        };
    assertThrows(CancellationException.class, () -> interrupted.run(atTheThirdBatch));
    assertEquals(3, interrupted.kept().computed(), "two batches of images and one of prompts");

    ZeroShot resumed = new ZeroShot(clip, mini, settings, ResultStore.in(kept));
    List<String> reports = new ArrayList<>();
    ZeroShot.Result rest = resumed.run((what, done, total) -> reports.add(what));
    assertEquals(whole, rest);
    assertEquals(6, resumed.kept().computed(), "the other batches of 120 images");
    assertTrue(
        resumed.kept().toString().startsWith("3 of 9 parts of this result were computed 20"));
    assertFalse(reports.contains("embedding prompts"), reports.toString());

    ZeroShot again = new ZeroShot(clip, mini, settings, ResultStore.in(kept));
    assertEquals(whole, again.run(Progress.NONE));
    assertEquals(0, again.kept().computed());
    assertTrue(again.kept().toString().startsWith("All parts"), again.kept().toString());

    ZeroShot fresh = new ZeroShot(clip, mini, settings, ResultStore.in(kept).fresh());
    assertEquals(whole, fresh.run(Progress.NONE));
    assertEquals(9, fresh.kept().computed());
    assertEquals("", fresh.kept().toString());
  }

  @Test
  void promptsAreKeptInPartsOfWholeClasses(@TempDir Path kept) {
    List<String> templates = new ArrayList<>();
    for (int t = 0; t < 80; t++) {
      templates.add("{} no. " + t);
    }
    Settings settings = new Settings(templates, false);
    Dataset few = mini.spread(1);
    ZeroShot interrupted = new ZeroShot(clip, few, settings, ResultStore.in(kept));
    Progress inTheSecondPart =
        (what, done, total) -> {
          if (what.equals("embedding prompts") && done > 2_048) {
            assertEquals(4_800, total);
            Thread.currentThread().interrupt();
          }
        };
    assertThrows(CancellationException.class, () -> interrupted.run(inTheSecondPart));
    assertEquals(1, interrupted.kept().computed(), "25 of 60 classes");
    ZeroShot resumed = new ZeroShot(clip, few, settings, ResultStore.in(kept));
    assertEquals(ZeroShot.run(clip, few, settings, Progress.NONE), resumed.run(Progress.NONE));
    assertEquals(3, resumed.kept().computed(), "the other classes and the image");
  }

  @Test
  void nothingOldIsReadWhenModelPromptsOrImagesChange(@TempDir Path folder) throws IOException {
    Path images = folder.resolve("images");
    SmallStudy.set(images);
    Path cats = images.resolve("entities/animals/cat");
    Dataset set = Dataset.of(ImageSet.read(images.resolve("entities")));
    Path kept = folder.resolve("kept");
    Settings drawing = new Settings(List.of("a drawing of {}"), false);
    Settings both = new Settings(List.of("a drawing of {}", "a {}"), false);
    assertEquals(2, computed(clip, set, drawing, kept), "twelve images, four prompts");
    assertEquals(0, computed(clip, set, drawing, kept));
    assertEquals(2, computed(clip, set, LABELS, kept), "labels");
    assertEquals(2, computed(clip, set, both, kept), "one more template");
    Settings turned = new Settings(List.of("a {}", "a drawing of {}"), false);
    assertEquals(2, computed(clip, set, turned, kept), "templates in another order");

    try (Clip random = clip.randomised(4, 1)) {
      assertEquals(
          1, computed(random, set, drawing, kept), "another image tower, the same prompts");
    }
    try (Clip other = SmallStudy.clip("quick_gelu_p8")) {
      assertEquals(2, computed(other, set, drawing, kept), "another model");
    }

    SmallStudy.noise(cats.resolve("1.png"), new Random(1));
    assertEquals(1, computed(clip, set, drawing, kept), "an image changed under an open set");
    assertEquals(0, computed(clip, set, drawing, kept));
    Path elsewhere = Files.move(images, folder.resolve("elsewhere"));
    Dataset moved = Dataset.of(ImageSet.read(elsewhere.resolve("entities")));
    assertEquals(0, computed(clip, moved, drawing, kept), "where images lie does not matter");

    Path more = elsewhere.resolve("entities/animals/bird/0.png");
    SmallStudy.noise(more, new Random(2));
    Dataset birds = Dataset.of(ImageSet.read(elsewhere.resolve("entities")));
    assertEquals(2, computed(clip, birds, drawing, kept), "one more class");
    Dataset empty = birds.without(List.of(more));
    assertEquals(1, computed(clip, empty, drawing, kept), "other images, the same prompts");
  }

  @Test
  void whatCannotBeReadIsNotKept(@TempDir Path folder) throws IOException {
    SmallStudy.set(folder);
    Dataset set = Dataset.of(ImageSet.read(folder.resolve("entities")));
    Path cat = folder.resolve("entities/animals/cat/1.png");
    byte[] whole = Files.readAllBytes(cat);
    Path kept = folder.resolve("kept");
    Settings skipping = new Settings(List.of(), true);
    Files.write(cat, Arrays.copyOf(whole, 60));
    assertEquals(2, computed(clip, set, skipping, kept));
    assertEquals(1, computed(clip, set, skipping, kept), "the batch, not the prompts");
    Files.delete(cat);
    ZeroShot missing = new ZeroShot(clip, set, skipping, ResultStore.in(kept));
    assertEquals(11, missing.run(Progress.NONE).predictions().size());
    Files.write(cat, whole);
    assertEquals(1, computed(clip, set, skipping, kept));
    assertEquals(0, computed(clip, set, skipping, kept));
    Files.delete(cat);
    Refusal.holds(
        () -> new ZeroShot(clip, set, LABELS, ResultStore.in(kept)).run(Progress.NONE), "1.png");
  }

  private static int computed(Clip model, Dataset set, Settings settings, Path kept) {
    ZeroShot evaluation = new ZeroShot(model, set, settings, ResultStore.in(kept));
    ZeroShot.Result result = evaluation.run(Progress.NONE);
    assertEquals(ZeroShot.run(model, set, settings, Progress.NONE), result);
    return evaluation.kept().computed();
  }
}
