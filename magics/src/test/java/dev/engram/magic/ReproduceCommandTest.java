package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.experiment.Figure3;
import dev.engram.iconclip.Iconclip;
import dev.engram.magic.result.Reproduction;
import dev.engram.magic.view.View;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code %reproduce} on a few drawings of the embedded set. */
class ReproduceCommandTest {
  private final MagicRunner runner = new MagicRunner(Magics.all(), new FakeHost());

  @Test
  void listsWhatThereIs() {
    View list = assertInstanceOf(View.class, runner.run("reproduce", null));
    for (Experiment e : Experiment.values()) {
      assertTrue(list.text().contains(e.toString()), list.text());
    }
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
    for (Experiment e : Experiment.values()) {
      Reproduction r =
          assertInstanceOf(Reproduction.class, runner.run("reproduce " + e, null), e.toString());
      View view = r.view();
      assertEquals(e.toString(), r.name());
      assertTrue(r.table().rowCount() > 1, e.toString());
      assertTrue(view.before().get(0).text().contains("model iconclip"), e.toString());
      assertTrue(view.before().get(0).text().contains("numbers are not the paper's"));
      assertTrue(view.data().containsKey(View.PLOTLY), e.toString());
      assertSame(r, runner.run("reproduce " + e, null));
      if (e.toString().startsWith("table")) {
        assertTrue(
            r.table().columnNames().stream().anyMatch(c -> c.contains("paper (ViT-L/14)")),
            r.table().columnNames().toString());
      }
    }
    Reproduction before =
        assertInstanceOf(Reproduction.class, runner.run("reproduce figure3", null));
    assertInstanceOf(Figure3.Result.class, before.result());
    Reproduction fewer =
        assertInstanceOf(Reproduction.class, runner.run("reproduce figure3 --images 1", null));
    assertTrue(fewer.provenance().toString().contains("2 entities, 2 images"), fewer.toString());
    assertSame(fewer, runner.run("reproduce figure3 --images 1", null));
    copy("animals", "koala", folder);
    runner.run("images " + folder, null);
    assertNotSame(before, runner.run("reproduce figure3", null), "a changed set is another set");
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
