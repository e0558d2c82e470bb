package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.iconclip.Iconclip;
import dev.engram.magic.view.View;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The help of every magic, and what Shift-Tab shows. */
@ExtendWith(OwnCache.class)
class HelpTest {
  /**
   * These need a survey, change the model, or need a changed one: they come last, in this order.
   */
  private static final List<String> LAST = List.of("atlas", "forget", "edits", "save", "undo");

  private final FakeHost host = new FakeHost();
  private final MagicRunner runner = new MagicRunner(Magics.all(), host);

  private String text(String line, int cursor) {
    return runner.inspect(line, cursor).map(View::text).orElse("");
  }

  @Test
  void everyExampleRunsAsItStands() throws IOException {
    Set<Path> before = new HashSet<>(here());
    List<MagicCommand> all = new ArrayList<>(runner.magics().commands());
    all.sort(Comparator.comparing(each -> LAST.indexOf(name(each))));
    try {
      for (MagicCommand each : all) {
        assertEquals(2, each.examples().size(), name(each));
        for (String line : each.examples()) {
          assertTrue(line.startsWith("%" + name(each)), line);
          if (name(each).equals("undo")) {
            runner.run("forget panda --mode complete --evaluate none", null);
          }
          Object value = runner.run(line.substring(1), null);
          assertNotNull(value, line);
          assertFalse(runner.view(value).text().isBlank(), line);
        }
      }
    } finally {
      for (Path made : here()) {
        if (!before.contains(made)) {
          delete(made);
        }
      }
    }
  }

  private static String name(MagicCommand command) {
    return command.spec().name().substring(1);
  }

  private static List<Path> here() throws IOException {
    try (Stream<Path> all = Files.list(Path.of(""))) {
      return all.toList();
    }
  }

  private static void delete(Path made) throws IOException {
    try (Stream<Path> all = Files.walk(made)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  @Test
  void helpIsMarkdownWithATableOfOptionsAndExamples() {
    for (MagicCommand each : runner.magics().commands()) {
      View help = each.help().view();
      String markdown = String.valueOf(help.data().get(View.MARKDOWN));
      assertEquals(Set.of(View.TEXT, View.MARKDOWN), help.data().keySet());
      assertTrue(help.text().startsWith("Usage: %" + name(each)), help.text());
      each.examples().forEach(line -> assertTrue(markdown.contains("\n" + line + "\n"), line));
      each.examples().forEach(line -> assertTrue(help.text().contains("\n  " + line), line));
      each.spec().options().stream()
          .filter(o -> !o.hidden()) // former names
          .forEach(o -> assertTrue(markdown.contains("| `" + o.longestName()), o.longestName()));
      List<String> rows = markdown.lines().filter(line -> line.startsWith("|")).toList();
      for (String row : rows) {
        assertEquals(3, row.replace("\\|", "").chars().filter(c -> c == '|').count(), row);
      }
      assertFalse(markdown.contains("%%"), markdown);
      assertFalse(markdown.contains("${"), markdown);
    }
  }

  @Test
  void everyMagicHasItsRowInTheDocumentation() throws IOException {
    Path docs = Path.of("../docs");
    List<String> rows =
        Files.readString(docs.resolve("magics.md"))
            .lines()
            .filter(line -> line.matches("\\| [\\w ,]*\\| `%\\w+` \\| .*"))
            .toList();
    for (MagicCommand each : runner.magics().commands()) {
      String wanted = "| `%" + name(each) + "` | " + each.summary() + " | ";
      List<String> own = rows.stream().filter(row -> row.contains(wanted)).toList();
      assertEquals(1, own.size(), "docs/magics.md has no row with " + wanted);
      List<String> links =
          Pattern.compile("\\]\\(([^)#]+)")
              .matcher(own.get(0))
              .results()
              .map(m -> m.group(1))
              .toList();
      assertFalse(links.isEmpty(), own.get(0));
      links.forEach(link -> assertTrue(Files.exists(docs.resolve(link)), link));
    }
    assertEquals(runner.magics().names().size(), rows.size(), "a row is of no magic");
  }

  @Test
  void allMagicsAreListedUnderTheirThemes() {
    String list = String.valueOf(runner.run("lsmagic", null));
    runner.magics().names().forEach(n -> assertTrue(list.contains("  %" + n + " "), n));
    for (Theme theme : Theme.values()) {
      assertTrue(list.contains(theme.title() + "\n"), theme.title());
    }
  }

  @Test
  void shiftTabExplainsWhatStandsAtTheCursor() {
    String line = "heatmap ghost/1 --neuron L2F7";
    assertTrue(text(line, 2).startsWith("Usage: %heatmap"));
    assertTrue(text(line, line.indexOf("ghost")).startsWith("Image 1 of ghost"));
    assertTrue(text(line, line.indexOf("--neuron") + 3).contains("Which neuron"));
    assertTrue(text(line, line.length()).startsWith("Usage: %heatmap"), "no model yet");
    assertTrue(text("attribute 'ghost'", 12).contains("characters"));
    assertEquals("", text("nothing ghost", 9));
    assertTrue(text("attribute no_entity", 12).startsWith("Usage: %attribute"));
  }

  @Test
  void aNeuronInSmallTellsWhatIsAtHandAndNoMore() {
    runner.run("model", null);
    String line = "words L2F7";
    String bare = text(line, line.length());
    assertTrue(bare.startsWith("L2F7\n"), bare);
    assertTrue(bare.contains("FFN of layer 2"), bare);
    assertFalse(bare.contains("words: "), "no dictionary was embedded");
    assertFalse(bare.contains("improves most"), "no image has passed");
    runner.view(Objects.requireNonNull(runner.run(line, null)));
    String more = text(line, line.length());
    assertTrue(more.contains("words: "), more);
    assertTrue(more.contains("Last shown: "), more);
    runner.run("neuron L2F8", null);
    assertTrue(text(line, line.length()).contains("improves most: "));
    assertTrue(text("words L99F1", 9).startsWith("Usage: %words"));
  }

  @Test
  void namesFromOutsideMeanNothingToMarkdown() throws IOException {
    Path folder = Files.createTempDirectory("engram-help");
    try {
      Path entity = folder.resolve("a|b").resolve("<b>*x*`");
      Files.createDirectories(entity);
      try (Stream<Path> all = Files.walk(Iconclip.entities())) {
        Files.copy(
            all.filter(p -> p.toString().endsWith(".png")).findFirst().orElseThrow(),
            entity.resolve("0.png"));
      }
      runner.run("images " + folder, null);
      View page = runner.inspect("attribute <b>*x*`", 12).orElseThrow();
      String markdown = String.valueOf(page.data().get(View.MARKDOWN));
      assertTrue(markdown.startsWith("**\\<b\\>\\*x\\*\\`**"), markdown);
      assertTrue(markdown.contains("a\\|b"), markdown);
    } finally {
      delete(folder);
    }
  }
}
