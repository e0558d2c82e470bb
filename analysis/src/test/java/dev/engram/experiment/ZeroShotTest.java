package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** Zero-shot accuracy of the embedded model, against a loop over single images. */
@TestInstance(Lifecycle.PER_CLASS)
class ZeroShotTest {
  private static final Settings LABELS = Settings.standard();

  private final Clip clip = Clip.load(Iconclip.model(), "iconclip", "cpu", Progress.NONE);
  private final Dataset mini =
      Dataset.of(ImageSet.read(Iconclip.entities()).named("visent-mini")).shots(2, 0);

  @AfterAll
  void close() {
    clip.close();
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
      correct += best == image.classIndex() ? 1 : 0;
    }
    assertEquals(correct / 120.0, result.accuracy().mean(), 1e-12);
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
    float[][] vectors = ZeroShot.classVectors(clip, mini.classes(), List.of(), Progress.NONE);
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
}
