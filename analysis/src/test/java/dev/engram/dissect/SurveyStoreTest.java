package dev.engram.dissect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.ImageSet;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept of a set is what was computed, to the bit, and nothing wrong is ever read. */
class SurveyStoreTest {
  @TempDir Path temp = Path.of("");

  private final AtomicInteger passed = new AtomicInteger();
  private final Progress counting =
      (what, done, total) -> {
        if (what.equals("looking through images")) {
          passed.incrementAndGet();
        }
      };

  @Test
  void theSecondIsReadAndEqualAndWhatIsDamagedIsMadeAnew() throws IOException {
    ImageSet set = SmallSet.entities(temp).withBackground(SmallSet.background(temp));
    Path model = SmallSet.models().findFirst().orElseThrow();
    try (Clip clip = Clip.from(model).device("cpu").load();
        Attributor attributor = new Attributor(clip)) {
      SurveyStore store = new SurveyStore(temp.resolve("kept"));
      Survey made = store.survey(clip, attributor, set, Reading.LITERAL, counting);
      assertTrue(passed.getAndSet(0) > 0);
      assertEquals(
          made.images(), store.survey(clip, attributor, set, Reading.LITERAL, counting).images());
      assertEquals(0, passed.get(), "it was read");
      assertSame(made, store.survey(clip, attributor, set, Reading.LITERAL, counting));

      store.survey(clip, attributor, set, Reading.LENS, counting);
      assertTrue(passed.getAndSet(0) > 0, "another reading is another survey");
      assertEquals(2, files().length);

      for (Path file : files()) {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
      }
      assertSame(made, store.survey(clip, attributor, set, Reading.LITERAL, counting));
      assertTrue(passed.getAndSet(0) > 0, "a damaged file is no survey");
      assertSame(made, store.survey(clip, attributor, set, Reading.LITERAL, counting));
      assertEquals(0, passed.get());
    }
  }

  @Test
  void whatTheModelDoesNotSayIsMadeAnew() throws IOException {
    ImageSet set = SmallSet.entities(temp);
    Path model = SmallSet.models().findFirst().orElseThrow();
    try (Clip clip = Clip.from(model).device("cpu").load();
        Attributor attributor = new Attributor(clip)) {
      SurveyStore store = new SurveyStore(temp.resolve("kept"));
      Survey made = store.survey(clip, attributor, set, Reading.LITERAL, Progress.NONE);
      Survey other = Survey.of(clip, attributor, set, Reading.DIRECT, Progress.NONE);
      other.write(files()[0]); // whole, and of another way to compute it
      assertSame(made, store.survey(clip, attributor, set, Reading.LITERAL, counting));
      assertTrue(passed.get() > 0);
    }
  }

  private Path[] files() throws IOException {
    try (Stream<Path> all = Files.list(temp.resolve("kept"))) {
      return all.toArray(Path[]::new);
    }
  }

  private static void assertSame(Survey a, Survey b) {
    assertEquals(a.reading(), b.reading());
    for (int e = 0; e < a.set().entities().size(); e++) {
      assertArrayEquals(a.improvements(e), b.improvements(e));
      assertArrayEquals(a.coefficients(e), b.coefficients(e));
    }
    for (int i = 0; i < a.space().count(); i += 7) {
      Neuron n = a.space().neuron(i);
      assertArrayEquals(
          a.coefficients(n, Progress.NONE), b.coefficients(n, Progress.NONE), n.toString());
    }
  }
}
