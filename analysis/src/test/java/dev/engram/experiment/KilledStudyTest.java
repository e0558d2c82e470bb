package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.AtomicFile;
import dev.engram.ChildJvm;
import dev.engram.Progress;
import dev.engram.attribution.Baseline;
import dev.engram.attribution.Reading;
import dev.engram.data.ImageSet;
import dev.engram.model.Clip;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} during {@code %reproduce}, and two of them at once in one folder of results. */
class KilledStudyTest {
  private static final Faithfulness.Settings SETTINGS =
      new Faithfulness.Settings(List.of(Reading.LITERAL, Baseline.COMBINED), List.of(1, 5), 2);

  /** Computes until two of four parts are kept, says so, and waits to be killed. */
  public static final class Reproducing {
    private Reproducing() {}

    public static void main(String[] args) {
      try (Clip clip = SmallStudy.clip("quick_gelu_p8")) {
        Progress waits =
            (what, done, total) -> {
              if (done == 2) {
                System.out.println("two are kept");
                try {
                  Thread.sleep(600_000);
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              }
            };
        ImageSet set = ImageSet.read(Path.of(args[0]).resolve("entities"));
        Faithfulness.run(new Study(clip, set, ResultStore.in(Path.of(args[1])), waits), SETTINGS);
      }
    }
  }

  @Test
  void theNextStartGoesOnAfterTheLastPartThatWasKept(@TempDir Path images, @TempDir Path results)
      throws Exception {
    SmallStudy.set(images);
    try (ChildJvm child = new ChildJvm(Reproducing.class, images, results)) {
      child.awaitLine("two are kept");
      child.kill();
    }
    ImageSet set = ImageSet.read(images.resolve("entities"));
    try (Clip clip = SmallStudy.clip("quick_gelu_p8")) {
      Study resumed = new Study(clip, set, ResultStore.in(results), Progress.NONE);
      assertEquals(
          Faithfulness.run(new Study(clip, set), SETTINGS), Faithfulness.run(resumed, SETTINGS));
      assertEquals(2, resumed.kept().computed());
    }
  }

  /** A result that takes a while to write, so that a kill finds it half written. */
  record Numbers(double[] values) {
    static Numbers of(int seed) {
      return new Numbers(IntStream.range(0, 50_000).mapToDouble(i -> i * 0.1 + seed).toArray());
    }
  }

  private static Map<String, String> key(int i) {
    return Map.of("number", String.valueOf(i % 4));
  }

  /** Writes and reads results as fast as it can. */
  public static final class Writing {
    private Writing() {}

    public static void main(String[] args) {
      ResultStore store = ResultStore.in(Path.of(args[0]));
      int most = Integer.parseInt(args[1]);
      for (int i = 0; i < most; i++) {
        store.write(key(i), Numbers.of(i % 4));
        if (store.trouble().isPresent()) {
          throw new IllegalStateException(store.trouble().get());
        }
        check(store, i);
        System.out.println("written " + i);
      }
    }
  }

  /** What is found is whole, and the value of its key. */
  private static void check(ResultStore store, int i) {
    double[] found = store.read(key(i), Numbers.class).orElseThrow().value().values();
    if (!java.util.Arrays.equals(Numbers.of(i % 4).values(), found)) {
      throw new IllegalStateException("another value under key " + i);
    }
  }

  @Test
  void aResultIsThereWholeOrNotAtAll(@TempDir Path results) throws Exception {
    ResultStore store = ResultStore.in(results);
    for (int i = 0; i < 6; i++) {
      try (ChildJvm child = new ChildJvm(Writing.class, results, 1_000_000)) {
        child.awaitLine("written " + (4 + i));
        Thread.sleep(7L * i);
        child.kill();
      }
      for (int k = 0; k < 4; k++) {
        check(store, k);
      }
      AtomicFile.sweep(results);
      assertEquals(0, parts(results));
    }
  }

  @Test
  void twoProcessesInOneFolderDoNotDisturbEachOther(@TempDir Path results) throws Exception {
    try (ChildJvm one = new ChildJvm(Writing.class, results, 12);
        ChildJvm two = new ChildJvm(Writing.class, results, 12)) {
      one.awaitLine("written 3");
      for (int i = 0; i < 20; i++) {
        check(ResultStore.in(results), i);
        AtomicFile.sweep(results); // takes nothing from the two that write
      }
      assertEquals(0, one.await(), () -> one.printed().toString());
      assertEquals(0, two.await(), () -> two.printed().toString());
    }
    assertEquals(0, parts(results));
  }

  private static int parts(Path folder) throws Exception {
    try (Stream<Path> all = Files.walk(folder)) {
      return (int) all.filter(p -> p.toString().endsWith(".part")).count();
    }
  }
}
