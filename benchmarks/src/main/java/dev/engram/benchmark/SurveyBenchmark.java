package dev.engram.benchmark;

import dev.engram.Progress;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.SurveySettings;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Contributions;
import dev.engram.attribution.Reading;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;

/**
 * What a survey costs beside the bare pass with scores: each block of 16 images turn by turn in one
 * process, {@code SurveyBenchmark MODEL IMAGES ROUNDS [AT_ONCE…]}. Nothing is written.
 */
public final class SurveyBenchmark {
  private static final int BLOCK = 16;

  private SurveyBenchmark() {}

  /**
   * @param args the model's folder, a folder of images by class, rounds, and how many images pass
   *     at once in the bare pass
   * @throws IOException if nothing can be written to the folder of temporary files
   */
  public static void main(String[] args) throws IOException {
    ImageSet set = ImageSet.read(Path.of(args[1]));
    int rounds = Integer.parseInt(args[2]);
    List<Integer> atOnce = new ArrayList<>();
    for (int i = 3; i < args.length; i++) {
      atOnce.add(Integer.parseInt(args[i]));
    }
    List<LabelledImage> images = set.entities().stream().flatMap(e -> e.images().stream()).toList();
    try (Clip clip = Clip.from(Path.of(args[0])).device("cpu").load();
        Attributor attributor = new Attributor(clip)) {
      List<float[]> pixels = images.stream().map(i -> clip.processor().process(i.file())).toList();
      float[] text = clip.embedTexts(List.of("a picture"), Progress.NONE)[0];
      for (int round = 0; round < rounds; round++) {
        for (int size : atOnce) {
          double seconds = bare(clip, attributor, pixels, text, size);
          say("bare pass, %d at once: %.2f images/s", size, pixels.size() / seconds);
        }
        double seconds = survey(clip, set);
        say("survey: %.2f images/s", (pixels.size() - BLOCK) / seconds);
      }
    }
  }

  private static double bare(
      Clip clip, Attributor attributor, List<float[]> pixels, float[] text, int atOnce) {
    long start = System.nanoTime();
    clip.traces(pixels, Contributions.request(clip))
        .atOnce(atOnce)
        .each(
            batch -> {
              attributor.coefficients(batch.trace());
              attributor.improvements(
                  batch.trace(), new float[][] {text}, new int[batch.size()], Reading.LITERAL);
            });
    return (System.nanoTime() - start) / 1e9;
  }

  /** From the second block to the end; stopped before anything is written. */
  private static double survey(Clip clip, ImageSet set) throws IOException {
    Path folder = Files.createTempDirectory("engram-benchmark");
    long[] times = new long[2];
    Progress progress =
        (what, done, total) -> {
          if (what.startsWith("surveying")) {
            times[done == BLOCK ? 0 : 1] = System.nanoTime();
          } else if (what.startsWith("writing")) {
            throw new CancellationException();
          }
        };
    try {
      Atlas.survey(clip, set, SurveySettings.standard(), null, folder.resolve("atlas"), progress)
          .close();
    } catch (CancellationException e) {
      // all images have passed
    } finally {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
    return (times[1] - times[0]) / 1e9;
  }

  private static void say(String pattern, Object... values) {
    System.out.println(String.format(Locale.ROOT, pattern, values));
  }
}
