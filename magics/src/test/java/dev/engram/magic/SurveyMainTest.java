package dev.engram.magic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A survey without a notebook takes the words of the magics and says what they say. */
class SurveyMainTest {
  @TempDir Path temp = Path.of("");

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(boolean told, String... words) {
    PrintStream to = new PrintStream(out, true, UTF_8);
    PrintStream errors = new PrintStream(err, true, UTF_8);
    Host host = told ? new SurveyEvents(to) : new TerminalHost(to, errors);
    return SurveyMain.run(List.of(words), host, to, errors);
  }

  private String said(ByteArrayOutputStream stream) {
    String text = stream.toString(UTF_8);
    stream.reset();
    return text;
  }

  @Test
  void makesAnAtlasAndSaysWhereItIs() {
    String folder = temp.resolve("an atlas").toString();
    List<String> line =
        List.of(
            "visent-mini", "--images=18", "--model=iconclip", "--device", "cpu", "--out", folder);
    Thread.currentThread().interrupt();
    assertEquals(130, run(false, line.toArray(String[]::new)));
    assertFalse(Thread.interrupted());
    assertTrue(said(err).contains("the same line goes on"));
    assertEquals(0, run(false, line.toArray(String[]::new)), err::toString);
    String card = said(out);
    assertTrue(card.contains("an atlas") && card.contains("18 of visent-mini"), card);
    List<String> again = new ArrayList<>(line);
    assertEquals(0, run(true, again.toArray(String[]::new)));
    String told = said(out);
    assertTrue(told.lines().allMatch(l -> l.startsWith("{\"")), told);
    assertTrue(told.contains("{\"atlas\":\"" + folder.replace("\\", "\\\\") + "\"}"), told);
  }

  @Test
  void refusesInASentence() throws Exception {
    refuses("--model needs a value", "visent-mini", "--model");
    refuses("There is no model directory", "visent-mini", "--model", temp + "/no");
    refuses("an address, which --engine spark reads", "hdfs://there/images");
    refuses("--engine is local or spark, got 'flink'", "visent-mini", "--engine", "flink");
    refuses("for --engine spark", "visent-mini", "--master", "local[2]");
    refuses("run ./lab survey --engine spark", "visent-mini", "--engine", "spark");
    Path shard = Files.write(temp.resolve("empty.tar"), new byte[0]);
    refuses("no image in the tar files", shard.toString());
    refuses("There is no folder or list", "//nas-that-is-not-there/photos", "--top", "5");
    refuses("has no splits", shard.toString(), "--split", "val");
    assertEquals(1, run(true, "visent-mini", "--engine", "flink"));
    assertTrue(said(out).contains("{\"failure\":\"--engine is local or spark, got 'flink'.\"}"));
  }

  private void refuses(String sentence, String... words) {
    assertEquals(1, run(false, words));
    String told = said(err);
    assertTrue(told.contains(sentence), told);
  }

  @Test
  void help() {
    assertEquals(0, run(false, "--help"));
    String text = said(out);
    assertTrue(text.contains("--engine") && text.contains("--master"), text);
  }
}
