package dev.engram.magic.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.EngramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a page is written: beside nothing that it would touch, and over a page alone. */
class PageFileTest {
  private static Page page() {
    return new Page(
        "a title", java.util.List.of(new Page.Section("a section", View.text("a text"))));
  }

  @Test
  void whatLiesAtAnObviousTemporaryNameSurvives(@TempDir Path folder) throws IOException {
    Path mine = Files.writeString(folder.resolve("n.html.part"), "mine");
    Path precious = Files.writeString(folder.resolve("precious"), "mine");
    Files.createSymbolicLink(folder.resolve("m.html.part"), precious);
    for (String name : new String[] {"n.html", "m.html", "n.html"}) {
      new PageFile(folder.resolve(name)).write(page());
      assertTrue(Files.readString(folder.resolve(name)).contains(PageFile.MARK));
    }
    assertEquals("mine", Files.readString(mine));
    assertEquals("mine", Files.readString(precious));
    try (var all = Files.list(folder)) {
      assertEquals(5, all.count());
    }
  }

  @Test
  void aLinkToWhatIsNoPageIsRefused(@TempDir Path folder) throws IOException {
    Path precious = Files.writeString(folder.resolve("precious"), "mine");
    Path link = Files.createSymbolicLink(folder.resolve("n.html"), precious);
    Path dangling = Files.createSymbolicLink(folder.resolve("m.html"), folder.resolve("gone"));
    assertThrows(EngramException.class, () -> new PageFile(link));
    assertThrows(EngramException.class, () -> new PageFile(dangling));
    assertEquals("mine", Files.readString(precious));
  }
}
