package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.magic.view.View;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The README's first example shows what its lines say, word by word and number by number. */
@ExtendWith(OwnCache.class)
class ReadmeTest {
  private static final Pattern EXAMPLE =
      Pattern.compile("```\\R((?:%[^\\n]*\\R)+)```\\R\\R```text\\R(.*?)```", Pattern.DOTALL);

  @Test
  void theExampleShowsWhatItsLinesSay() throws IOException {
    Matcher example = EXAMPLE.matcher(Files.readString(Path.of("..", "README.md")));
    assertTrue(example.find(), "the README has an example and its output");
    MagicRunner runner = new MagicRunner(Magics.all(), new FakeHost());
    StringBuilder said = new StringBuilder();
    List<String> lines = example.group(1).lines().toList();
    assertEquals(3, lines.size());
    for (String line : lines) {
      Object value = Objects.requireNonNull(runner.run(line.substring(1), null));
      View view = runner.view(value);
      Stream.concat(view.before().stream(), Stream.of(view))
          .forEach(part -> said.append(plain(part.text())).append('\n'));
    }
    List<String> shown = example.group(2).lines().filter(l -> !l.isBlank()).toList();
    assertTrue(shown.size() >= 5, shown.toString());
    for (String line : shown) {
      assertTrue(said.toString().contains(plain(line)), line + " is not in\n" + said);
    }
  }

  /** Columns are told apart by one space, however wide they are. */
  private static String plain(String text) {
    return text.replaceAll("[ \\t]+", " ").strip();
  }
}
