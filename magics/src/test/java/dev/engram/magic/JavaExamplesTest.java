package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.jshell.JShell;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Java that the README and the docs show runs as it stands there, with nothing but imports. */
class JavaExamplesTest {
  private static final Pattern BLOCK = Pattern.compile("```java\\R(.*?)```", Pattern.DOTALL);

  private static final List<String> IMPORTS =
      List.of(
          "dev.engram.*",
          "dev.engram.attribution.*",
          "dev.engram.data.*",
          "dev.engram.dissect.Heatmap",
          "dev.engram.dissect.Heatmapper",
          "dev.engram.iconclip.*",
          "dev.engram.lab.*",
          "dev.engram.model.*",
          "dev.engram.trace.Feature",
          "dev.engram.trace.Neuron");

  @ParameterizedTest
  @CsvSource({
    "README.md, 0",
    "docs/architecture.md, 0",
    "docs/architecture.md, 1",
    "docs/sae.md, 0"
  })
  void runs(String file, int block) throws IOException {
    String java = blocks(Path.of("..").resolve(file)).get(block);
    try (JShell shell = JShell.builder().executionEngine("local").build()) {
      for (String name : IMPORTS) {
        evaluate(shell, "import " + name + ";");
      }
      evaluate(shell, java);
    }
  }

  private static List<String> blocks(Path file) throws IOException {
    List<String> out = new ArrayList<>();
    Matcher m = BLOCK.matcher(Files.readString(file));
    while (m.find()) {
      out.add(m.group(1));
    }
    return out;
  }

  /** Statement by statement, as a notebook does. */
  private static void evaluate(JShell shell, String java) {
    int statements = 0;
    String left = java;
    while (!left.isBlank()) {
      CompletionInfo next = shell.sourceCodeAnalysis().analyzeCompletion(left);
      assertTrue(next.completeness().isComplete(), () -> "not complete: " + java);
      for (SnippetEvent event : shell.eval(next.source())) {
        List<String> complaints =
            shell.diagnostics(event.snippet()).map(d -> d.getMessage(null)).toList();
        assertEquals(List.of(), complaints, next.source());
        if (event.exception() != null) {
          throw new AssertionError(next.source(), event.exception());
        }
        statements++;
      }
      left = next.remaining();
    }
    assertTrue(statements > 0, java);
  }
}
