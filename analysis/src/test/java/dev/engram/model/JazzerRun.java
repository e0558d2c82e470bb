package dev.engram.model;

import dev.engram.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Jazzer at work on one file, guided by coverage, in a JVM of its own: it instruments classes, and
 * its fuzzer ends the process that has found something.
 */
final class JazzerRun {
  private static final Path DICTIONARY = Path.of("src", "test", "resources", "fuzz.dict");

  /** Whose branches guide: those of our readers and of the parsers below them. */
  private static final List<String> INSTRUMENTED =
      List.of(
          "dev.engram.**",
          "com.fasterxml.jackson.**",
          "us.hebi.matlab.**",
          "org.apache.commons.csv.**",
          "com.sun.imageio.**");

  /** Ends what hangs; the oracle's own limit is below it, since it can say what was slow. */
  private static final int TIMEOUT_SECONDS = 2 * FuzzOracle.MOST_SECONDS;

  private static final int START_SECONDS = 120;
  private static final int MOST_SHOWN = 5000;

  /** The fuzzer's lines after the seeds, and at the end. */
  private static final Pattern STATUS =
      Pattern.compile("#(?<inputs>\\d+)\\s+(?<when>INITED|DONE)\\s+cov: (?<branches>\\d+)");

  /**
   * What a run that found nothing did.
   *
   * @param inputs how many contents were tried
   * @param seedBranches how many branches the seeds take
   * @param branches how many were taken at the end
   */
  record Summary(long inputs, long seedBranches, long branches) {}

  private final UntrustedFile file;
  private final Path folder;
  private final Path seeds;
  private final Path output;
  private final Path findings;

  /**
   * @param folder that was prepared for the file
   * @param seeds a folder of contents to begin with
   * @param work a folder for what Jazzer prints and finds
   */
  JazzerRun(UntrustedFile file, Path folder, Path seeds, Path work) throws IOException {
    this.file = file;
    this.folder = folder;
    this.seeds = seeds;
    this.output = work.resolve(file + ".txt");
    this.findings = Files.createDirectories(work.resolve("findings").resolve(file.name()));
  }

  /**
   * Fuzzes.
   *
   * @param corpus the folder from which the run goes on, and to which it adds what took new
   *     branches
   * @param found the folder for a finding
   * @throws AssertionError if there is one
   */
  Summary fuzz(Path corpus, int seconds, long seed, Path found)
      throws IOException, InterruptedException {
    Process jazzer =
        new ProcessBuilder(command(corpus, seconds, seed))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      if (!jazzer.waitFor(seconds + START_SECONDS + TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError(file + ": Jazzer did not end, see " + output);
      }
    } finally {
      jazzer.destroyForcibly();
    }
    String printed = Files.readString(output, java.nio.charset.StandardCharsets.ISO_8859_1);
    if (jazzer.exitValue() != 0) {
      throw new AssertionError(
          "%s: %s%n%s"
              .formatted(
                  file,
                  keep(found)
                      .map(f -> "neither read nor refused is what is now in " + f)
                      .orElse("Jazzer ended with " + jazzer.exitValue() + ", see " + output),
                  end(printed)));
    }
    return summary(printed);
  }

  private List<String> command(Path corpus, int seconds, long seed) {
    String classes = String.join(":", INSTRUMENTED);
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx3g",
        "-XX:+UseParallelGC",
        "-XX:-OmitStackTraceInFastThrow",
        "-XX:+EnableDynamicAgentLoading",
        "-Djava.awt.headless=true",
        "-cp",
        System.getProperty("java.class.path"),
        "com.code_intelligence.jazzer.Jazzer",
        "--target_class=" + FuzzTarget.class.getName(),
        "--target_args=" + file + " " + folder + " " + seeds.resolve("good"),
        "--instrumentation_includes=" + classes,
        "--reproducer_path=" + findings,
        "-artifact_prefix=" + findings + "/",
        "-dict=" + DICTIONARY,
        "-timeout=" + TIMEOUT_SECONDS,
        "-max_total_time=" + seconds,
        "-seed=" + seed,
        corpus.toString(),
        seeds.toString());
  }

  /** Puts the content that ended the fuzzer where the build tries it again. */
  private Optional<Path> keep(Path found) throws IOException {
    List<Path> contents;
    try (Stream<Path> all = Files.list(findings)) {
      contents = all.filter(p -> !p.getFileName().toString().endsWith(".java")).toList();
    }
    Optional<Path> kept = Optional.empty();
    for (Path content : contents) {
      String name = file + "-" + Sha256.of(Files.readAllBytes(content)).substring(0, 12);
      kept =
          Optional.of(
              Files.move(content, found.resolve(name), StandardCopyOption.REPLACE_EXISTING));
    }
    return kept;
  }

  private static String end(String printed) {
    return printed.substring(Math.max(0, printed.length() - MOST_SHOWN));
  }

  private static Summary summary(String printed) {
    List<Long> branches = new ArrayList<>();
    long inputs = 0;
    Matcher status = STATUS.matcher(printed);
    while (status.find()) {
      branches.add(Long.parseLong(status.group("branches")));
      inputs = Long.parseLong(status.group("inputs"));
    }
    if (branches.size() != 2) {
      throw new AssertionError("Jazzer printed no summary: " + end(printed));
    }
    return new Summary(inputs, branches.get(0), branches.get(1));
  }
}
