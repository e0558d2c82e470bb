package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.experiment.Experiment;
import dev.engram.experiment.Experiments;
import dev.engram.experiment.Findings;
import dev.engram.experiment.Table4;
import dev.engram.experiment.Verdict;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.ReproducedAll;
import dev.engram.magic.result.PaperReport;
import dev.engram.magic.result.Presenters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code %reproduce all} on a few drawings of the embedded set, in small settings. */
@ExtendWith(OwnCache.class)
class ReproduceAllTest {
  private static final String SMALL =
      "reproduce all --set table4.steps=2 --set table4.every=1 --set table4.cases=1"
          + " --set table2.seeds=1";

  private final MagicRunner runner = new MagicRunner(Magics.all(), new FakeHost());

  private void open(Path folder, int images, String... entities) throws IOException {
    for (String entity : entities) {
      Path to = Files.createDirectories(folder.resolve(entity));
      try (Stream<Path> files = Files.list(Iconclip.entities().resolve(entity))) {
        for (Path file : files.sorted().limit(images).toList()) {
          Files.copy(file, to.resolve(file.getFileName()));
        }
      }
    }
    runner.run("model", null);
    runner.run("images " + MagicLine.quoted("" + folder), null);
  }

  @Test
  void everyTableAndFigureIsInTheReportWithAVerdictForEachFinding(@TempDir Path folder)
      throws IOException {
    Path images = Files.createDirectory(folder.resolve("images"));
    open(images, 3, "animals/panda", "animals/koala", "landmarks/castle");
    Path file = folder.resolve("paper.html");
    PaperReport report =
        assertInstanceOf(
            PaperReport.class, runner.run(SMALL + " --html " + MagicLine.quoted("" + file), null));
    ReproducedAll result = report.result();
    List<Experiment<?>> paper = Experiments.ALL.stream().filter(Experiment::ofPaper).toList();
    assertEquals(paper, result.parts().stream().map(ReproducedAll.Part::experiment).toList());
    for (ReproducedAll.Part part : result.parts()) {
      assertTrue(part.done().isPresent(), part.experiment() + ": " + part.refusal());
    }
    assertEquals(Findings.ALL, result.judged().stream().<Object>map(j -> j.finding()).toList());
    assertEquals(Findings.ALL.size(), report.table().rowCount());
    assertEquals(Findings.ALL.size(), Stream.of(Verdict.values()).mapToLong(result::count).sum());

    String said = Presenters.view(report).text();
    assertTrue(said.startsWith("Of the paper's " + Findings.ALL.size() + " findings"), said);
    assertTrue(said.contains("numbers are not the paper's"), said);
    assertTrue(said.contains("so that the paper's numbers are of others: table2, table4."), said);
    assertTrue(said.contains("paper (ViT-L/14)"), said);
    assertTrue(said.contains("cannot be said"), said);

    String page = Files.readString(file);
    for (Experiment<?> e : paper) {
      assertTrue(page.contains("<h2>" + e + "</h2>"), e.toString());
    }
    assertEquals(-1, page.indexOf("src=\"http"));

    PaperReport again = assertInstanceOf(PaperReport.class, runner.run(SMALL, null));
    assertEquals(report.table().print(), again.table().print());
    for (ReproducedAll.Part part : again.result().parts()) {
      assertEquals(0, part.done().orElseThrow().kept().computed(), part.experiment().toString());
    }
  }

  /** One entity alone teaches nothing; the rest is computed all the same. */
  @Test
  void whatIsRefusedIsToldAndTheRestFollows(@TempDir Path folder) throws IOException {
    open(folder, 1, "animals/panda");
    PaperReport report = assertInstanceOf(PaperReport.class, runner.run(SMALL, null));
    ReproducedAll.Part table4 =
        report.result().parts().stream()
            .filter(p -> p.experiment().equals(Table4.EXPERIMENT))
            .findFirst()
            .orElseThrow();
    assertTrue(table4.refusal().isPresent());
    assertTrue(table4.judged().stream().allMatch(j -> j.verdict() == Verdict.CANNOT_BE_SAID));
    assertTrue(
        Presenters.view(report).text().contains("table4 was not run: "),
        Presenters.view(report).text());
    assertTrue(Presenters.page(report).standalone().contains("Not run: "));
    assertTrue(report.shown().containsKey("table1"), Presenters.view(report).text());
  }

  @Test
  void aQuestionAboutAllListsWhatThereIs() {
    String list = runner.view(Objects.requireNonNull(runner.run("reproduce all?", null))).text();
    assertTrue(list.contains("table8") && list.contains("a verdict for each finding"), list);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "all --set steps=2 | given as EXPERIMENT.NAME=VALUE",
        "all --set table4.stebs=2 | did you mean steps",
        "all --set tabel4.steps=2 | did you mean table4",
        "all --set scaling.draws=2 | goes beyond the paper",
        "all --other-half | --set table6.other-half=true",
        "all --html /no/such/folder/x.html | There is no folder",
      })
  void mistakesAreToldBeforeAnythingIsComputed(String line, String part) {
    MagicFailure failure =
        assertThrows(MagicFailure.class, () -> runner.run("reproduce " + line, null), line);
    assertTrue(String.valueOf(failure.getMessage()).contains(part), failure.getMessage());
  }
}
