package dev.engram.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What holds of the sources of the library, the magics and the extension, file by file. */
class SourceTest {
  private static final int MOST_LINES = 400;

  /** A question for the name of a family, where a feature is to be asked for. */
  private static final Pattern ASKS_A_NAME =
      Pattern.compile(
          "switch \\([\\w.()]*family\\(\\)"
              + "|family\\(\\)\\s*(\\.title\\(\\)\\s*\\.(equals|startsWith|contains|matches)|[!=]=|instanceof)"
              + "|\"(CLIP|EVA-CLIP|SigLIP|SigLIP 2)\"\\s*(\\.equals|->)");

  /** A block of Javadoc whose first word is a tag for what comes back. */
  private static final Pattern RETURN_WITHOUT_A_SENTENCE = Pattern.compile("/\\*\\*[\\s*]*@return");

  private static List<Path> sources() throws IOException {
    List<Path> all = new ArrayList<>();
    for (String module : List.of("analysis", "magics", "kernel-ext")) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
        files.filter(f -> f.toString().endsWith(".java")).sorted().forEach(all::add);
      }
    }
    assertTrue(all.size() > 300, () -> "sources not found: " + all.size());
    return all;
  }

  @Test
  void noFileHasMoreThan400Lines() throws IOException {
    List<String> larger = new ArrayList<>();
    for (Path file : sources()) {
      int lines = Files.readAllLines(file).size();
      if (lines > MOST_LINES) {
        larger.add(file.getFileName() + " has " + lines);
      }
    }
    assertEquals(List.of(), larger, "a class of that many lines does more than one thing");
  }

  @Test
  void nobodyAsksForTheNameOfAFamily() throws IOException {
    List<String> asking = new ArrayList<>();
    for (Path file : sources()) {
      if (ASKS_A_NAME.matcher(Files.readString(file)).find()) {
        asking.add(file.getFileName().toString());
      }
    }
    assertEquals(List.of(), asking, "ask for a feature, which is a method of Family");
    assertTrue(ASKS_A_NAME.matcher("switch (config.family()) {").find());
    assertTrue(ASKS_A_NAME.matcher("clip.config().family().title().equals(\"CLIP\")").find());
    assertTrue(ASKS_A_NAME.matcher("config.family() instanceof ClipFamily").find());
  }

  @Test
  void javadocBeginsWithASentence() throws IOException {
    List<String> without = new ArrayList<>();
    for (Path file : sources()) {
      if (RETURN_WITHOUT_A_SENTENCE.matcher(Files.readString(file)).find()) {
        without.add(file.getFileName().toString());
      }
    }
    assertEquals(List.of(), without, "say in the first sentence what comes back");
    assertTrue(RETURN_WITHOUT_A_SENTENCE.matcher("/**\n   * @return the model\n   */").find());
  }
}
