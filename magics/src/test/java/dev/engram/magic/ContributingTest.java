package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.lab.LensCurve;
import dev.engram.trace.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What CONTRIBUTING.md shows is what the build compiles, word for word, and it works. */
@ExtendWith(OwnCache.class)
class ContributingTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern BLOCK =
      Pattern.compile("`([\\w/-]+\\.java)`:\\R+```java\\R(.*?)```", Pattern.DOTALL);

  @Test
  void itsExamplesStandInTheNamedFiles() throws IOException {
    List<String> shown = new ArrayList<>();
    Matcher m = BLOCK.matcher(Files.readString(ROOT.resolve("CONTRIBUTING.md")));
    while (m.find()) {
      String file = Files.readString(ROOT.resolve(m.group(1)));
      assertTrue(
          file.contains(m.group(2).strip()),
          () -> m.group(1) + " has other lines than CONTRIBUTING.md");
      shown.add(m.group(1));
    }
    assertEquals(4, shown.size(), shown::toString);
  }

  @Test
  void everyFileAndTestThatItNamesIsThere() throws IOException {
    String text = Files.readString(ROOT.resolve("CONTRIBUTING.md"));
    Matcher link = Pattern.compile("\\]\\(([\\w./-]+)\\)").matcher(text);
    int links = 0;
    while (link.find()) {
      assertTrue(Files.exists(ROOT.resolve(link.group(1))), link.group(1));
      links++;
    }
    assertFalse(links == 0);
  }

  @Test
  void everySiteHasItsHook() throws IOException {
    String text = Files.readString(ROOT.resolve("CONTRIBUTING.md"));
    for (Site site : Site.values()) {
      assertTrue(text.contains("| `" + site + "` | "), site + " has no row");
    }
  }

  @Test
  void theMagicRunsAndIsCompleted() {
    EngramSession session = new EngramSession();
    Magics magics =
        Magics.of(
            List.of(
                () -> new ModelCommand(session),
                () -> new ImagesCommand(session),
                () -> new LensCommand(session),
                () -> new CosineCommand(session)),
            List.of());
    MagicRunner runner = new MagicRunner(magics, new FakeHost());
    runner.run("model", null);
    runner.run("images", null);
    LensCurve curve = assertInstanceOf(LensCurve.class, runner.run("lens ghost", null));
    assertEquals(curve.beforeMsa(curve.layers()), (Double) runner.run("cosine ghost", null));
    assertEquals(
        "--label", magics.completer().complete("cosine ghost --l").candidates().get(0).text());
  }
}
