package dev.engram.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.engram.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Jazzer at work on some files, guided by coverage, in a JVM of its own: it instruments classes,
 * and its fuzzer ends the process that has found something.
 */
final class JazzerRun {
  /** Whose branches guide: those of our readers and of the parsers below them. */
  private static final String INSTRUMENTED =
      String.join(
          ":",
          "dev.engram.**",
          "com.fasterxml.jackson.core.**",
          "us.hebi.matlab.mat.**",
          "org.apache.commons.csv.**",
          "com.sun.imageio.plugins.**");

  /** Fails inside of MFL, in Jazzer 0.30: it looks for a method handle that it was not given. */
  private static final String DISABLED = "com.code_intelligence.jazzer.sanitizers.UnsafeSanitizer";

  /** Ends what hangs, or waits; long enough for what the oracle allows on a busy machine. */
  private static final int TIMEOUT_SECONDS = 3 * FuzzOracle.MOST_SECONDS;

  private static final int START_SECONDS = 120;
  private static final int MOST_SHOWN = 6000;
  private static final int CHANGES = 150;
  private static final int LARGEST_INPUT = 100_000;

  private static final Pattern COVERAGE = Pattern.compile("DONE\\s+cov: (\\d+)");
  private static final Pattern TRIED = Pattern.compile("(\\w+): (\\d+) read, (\\d+) refused");

  /** How many contents of a file were read, and how many refused. */
  record Tried(int read, int refused) {}

  /**
   * What a run that found nothing did.
   *
   * @param branches how many were taken
   */
  record Summary(Map<UntrustedFile, Tried> tried, int branches) {
    Tried of(UntrustedFile file) {
      return tried.getOrDefault(file, new Tried(0, 0));
    }
  }

  private final List<UntrustedFile> files;
  private final long seed;
  private final Path root;
  private final Path seeds;
  private final Path dictionary;
  private final Path work;

  /**
   * @param temp an empty folder
   * @param seed of all that is drawn
   * @param work the folder for what Jazzer prints
   */
  JazzerRun(List<UntrustedFile> files, long seed, Path temp, Path work) throws IOException {
    this.files = files;
    this.seed = seed;
    this.root = Files.createDirectory(temp.resolve("files")).toRealPath();
    this.seeds = Files.createDirectory(temp.resolve("seeds"));
    this.dictionary = Files.write(temp.resolve("dictionary"), Mutations.dictionary());
    this.work = Files.createDirectories(work);
    for (UntrustedFile file : files) {
      byte[] good = file.prepare(Files.createDirectory(root.resolve(file.name())));
      addSeed(file, good);
      Mutations mutations = new Mutations(seed);
      for (int i = 0; i < CHANGES; i++) {
        addSeed(file, mutations.of(good));
      }
    }
  }

  /** Adds a content of a file to begin with. */
  void addSeed(UntrustedFile file, byte[] content) throws IOException {
    Path input = seeds.resolve(file + "-" + Sha256.of(content));
    Files.write(input, FuzzTarget.input(files.indexOf(file), content));
  }

  /**
   * Fuzzes.
   *
   * @param corpus the folder from which the run goes on, and to which it adds inputs that took new
   *     branches
   * @param found the folder for the content that was neither read nor refused
   * @throws AssertionError if there is one
   */
  Summary fuzz(int seconds, Path corpus, Path found) throws IOException, InterruptedException {
    Path output = work.resolve(files.size() == 1 ? files.get(0) + ".txt" : "all.txt");
    Path findings = Files.createDirectory(root.resolveSibling("findings"));
    ProcessBuilder builder =
        new ProcessBuilder(command(seconds, Files.createDirectories(corpus), findings))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    // DJL otherwise asks where it runs over the network, and is found out.
    builder.environment().put("OPT_OUT_TRACKING", "true");
    Process jazzer = builder.start();
    try {
      if (!jazzer.waitFor(seconds + TIMEOUT_SECONDS + START_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("Jazzer did not end; what it printed is in " + output);
      }
    } finally {
      jazzer.destroyForcibly();
    }
    String printed = Files.readString(output, ISO_8859_1);
    List<Path> kept = keep(findings, found);
    if (jazzer.exitValue() != 0 && kept.isEmpty()) {
      keepCurrent(found).ifPresent(kept::add);
    }
    if (jazzer.exitValue() != 0 || !kept.isEmpty()) {
      throw new AssertionError(
          "neither read nor refused: %s; Jazzer printed (all of it is in %s)%n%s"
              .formatted(
                  kept, output, printed.substring(Math.max(0, printed.length() - MOST_SHOWN))));
    }
    return summary(printed);
  }

  private List<String> command(int seconds, Path corpus, Path findings) {
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
        "--target_args="
            + Stream.concat(Stream.of(root.toString()), files.stream().map(UntrustedFile::name))
                .collect(Collectors.joining(" ")),
        "--instrumentation_includes=" + INSTRUMENTED,
        "--disabled_hooks=" + DISABLED,
        "--reproducer_path=" + findings,
        "-artifact_prefix=" + findings + "/",
        "-dict=" + dictionary,
        "-max_len=" + LARGEST_INPUT,
        "-timeout=" + TIMEOUT_SECONDS,
        "-max_total_time=" + seconds,
        "-seed=" + seed,
        corpus.toString(),
        seeds.toString());
  }

  /** Puts the content that ended the fuzzer where each build tries it again. */
  private List<Path> keep(Path findings, Path found) throws IOException {
    List<Path> kept = new ArrayList<>();
    try (var inputs = Files.newDirectoryStream(findings, "{crash,timeout,oom}-*")) {
      for (Path each : inputs) {
        byte[] input = Files.readAllBytes(each);
        byte[] content = FuzzTarget.content(input);
        UntrustedFile file = FuzzTarget.file(input, files);
        kept.add(file.keep(content, found));
      }
    }
    return kept;
  }

  /** What native code was given last, where it ended the JVM before Jazzer could keep it. */
  private Optional<Path> keepCurrent(Path found) throws IOException {
    Path current = root.resolve(FuzzTarget.CURRENT);
    if (!Files.exists(current)) {
      return Optional.empty();
    }
    UntrustedFile file = UntrustedFile.valueOf(Files.readString(current));
    return Optional.of(file.keep(file.content(root.resolve(file.name())), found));
  }

  private static Summary summary(String printed) {
    Matcher coverage = COVERAGE.matcher(printed);
    Map<UntrustedFile, Tried> tried = new EnumMap<>(UntrustedFile.class);
    for (Matcher m = TRIED.matcher(printed); m.find(); ) {
      tried.put(
          UntrustedFile.valueOf(m.group(1)),
          new Tried(Integer.parseInt(m.group(2)), Integer.parseInt(m.group(3))));
    }
    return new Summary(tried, coverage.find() ? Integer.parseInt(coverage.group(1)) : 0);
  }
}
