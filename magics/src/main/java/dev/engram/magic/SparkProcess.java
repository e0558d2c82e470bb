package dev.engram.magic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.EngramException;
import dev.engram.Progress;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Spark in a process of its own: its jars, which lie in a folder that {@code ./lab survey --engine
 * spark} fills, are never on the class path of a kernel. The process is {@link SurveyMain} with
 * them; it says line by line how far it is ({@link SurveyEvents}).
 */
final class SparkProcess {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String JARS = "jars"; // as SPARK_HOME has them
  private static final String OURS = "engram";
  private static final String END = "\0"; // no line of a process
  private static final long PATIENCE_MILLIS = 700;
  private static final long AGAIN_MILLIS = 500;

  private SparkProcess() {}

  /**
   * The folder with Spark's jars, and Engram's part for it.
   *
   * @throws EngramException if there is none
   */
  static Path home() {
    Optional<Path> named =
        Stream.of(System.getenv("ENGRAM_SPARK"), System.getProperty("engram.spark.default"))
            .filter(place -> place != null && !place.isBlank())
            .findFirst()
            .map(place -> Path.of(place).normalize());
    Path home = named.orElse(Path.of("spark"));
    if (jar(home, JARS, "spark-core_*.jar").isEmpty() || jar(home, OURS, "*.jar").isEmpty()) {
      throw new EngramException(
          "Spark is no part of the kernel and is not in %s: run ./lab survey --engine spark --help in the checkout once, which fetches it (about 300 MB), or let ENGRAM_SPARK name a folder that it made."
              .formatted(home.toAbsolutePath()));
    }
    return home;
  }

  private static Optional<Path> jar(Path home, String folder, String pattern) {
    try (DirectoryStream<Path> found = Files.newDirectoryStream(home.resolve(folder), pattern)) {
      for (Path first : found) {
        return Optional.of(first);
      }
    } catch (IOException | DirectoryIteratorException e) {
      // not there
    }
    return Optional.empty();
  }

  /**
   * Runs a survey there.
   *
   * @param arguments of {@link SurveyMain}
   * @param conf settings of Spark: of these, what its driver takes at the start
   * @param note is told what the survey says beside its progress
   * @return the folder of the atlas
   * @throws EngramException with the reason, if there is none
   * @throws CancellationException if the thread is interrupted; what is done is kept
   */
  static Path run(
      List<String> arguments, Map<String, String> conf, Progress progress, Consumer<String> note) {
    Path home = home();
    ProcessBuilder builder = new ProcessBuilder(command(home, conf));
    builder.environment().put(SurveyEvents.VARIABLE, "1");
    builder.environment().put("SPARK_HOME", home.toAbsolutePath().toString());
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    List<String> last = new ArrayList<>();
    try {
      Process process = builder.start();
      try {
        // not on the command line, which every user of the machine sees: keys of a store may be
        // here
        try (OutputStream in = process.getOutputStream()) {
          JSON.writeValue(in, arguments);
        } catch (IOException e) {
          // it has ended already, and what it said tells why
        }
        follow(process.inputReader(StandardCharsets.UTF_8), lines::add, () -> lines.add(END));
        follow(process.errorReader(StandardCharsets.UTF_8), line -> keep(last, line), () -> {});
        return listen(lines, progress, note, last);
      } finally {
        end(process);
      }
    } catch (InterruptedException e) {
      throw (CancellationException)
          new CancellationException("Interrupted: nothing was changed.").initCause(e);
    } catch (IOException e) {
      throw new EngramException("Spark's process does not start: " + e.getMessage() + ".", e);
    }
  }

  private static synchronized void keep(List<String> last, String line) {
    last.add(line);
    if (last.size() > 20) {
      last.remove(0);
    }
  }

  private static void follow(BufferedReader from, Consumer<String> to, Runnable atEnd) {
    Thread reader =
        new Thread(
            () -> {
              try (from) {
                for (String line = from.readLine(); line != null; line = from.readLine()) {
                  to.accept(line);
                }
              } catch (IOException e) {
                // the process has ended
              } finally {
                atEnd.run();
              }
            },
            "engram spark");
    reader.setDaemon(true);
    reader.start();
  }

  private static Path listen(
      BlockingQueue<String> lines, Progress progress, Consumer<String> note, List<String> last)
      throws InterruptedException {
    Step step = new Step("starting Spark", 0, 1);
    while (true) {
      String line = lines.poll(AGAIN_MILLIS, TimeUnit.MILLISECONDS);
      if (line == null) {
        step.tell(progress); // a bar is shown by what comes late
        continue;
      }
      if (line.equals(END)) {
        break;
      }
      JsonNode event;
      try {
        event = JSON.readTree(line);
      } catch (IOException notOurs) {
        continue; // a library that prints
      }
      if (event.has(SurveyEvents.PROGRESS)) {
        step = Step.read(event.get(SurveyEvents.PROGRESS).asText()).orElse(step);
        step.tell(progress);
      } else if (event.has(SurveyEvents.NOTE)) {
        note.accept(event.get(SurveyEvents.NOTE).asText());
      } else if (event.has(SurveyEvents.ATLAS)) {
        return Path.of(event.get(SurveyEvents.ATLAS).asText());
      } else if (event.has(SurveyEvents.FAILURE)) {
        throw new EngramException(event.get(SurveyEvents.FAILURE).asText());
      }
    }
    String said = String.join(" | ", last);
    throw new EngramException(
        "Spark's process ended without an atlas%s"
            .formatted(said.isEmpty() ? "." : ", and said last: " + said));
  }

  /** How far it is. */
  private record Step(String what, long done, long total) {
    /** A line of {@link MagicProgress}, "what: 1,000 of 2,000", back as numbers. */
    static Optional<Step> read(String line) {
      int colon = line.lastIndexOf(": ");
      String[] numbers = line.substring(colon + 1).strip().replace(",", "").split(" of ");
      return colon > 0 && numbers.length == 2 && (numbers[0] + numbers[1]).matches("\\d+")
          ? Optional.of(
              new Step(
                  line.substring(0, colon), Long.parseLong(numbers[0]), Long.parseLong(numbers[1])))
          : Optional.empty();
    }

    void tell(Progress progress) {
      progress.step(what, done, total);
    }
  }

  private static void end(Process process) throws InterruptedException {
    process.destroy(); // which lets it keep what is done
    if (!process.waitFor(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
      process.destroyForcibly(); // finished parts are files already
    }
  }

  private static List<String> command(Path home, Map<String, String> conf) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> words = new ArrayList<>(List.of(java));
    words.addAll(moduleOptions(home));
    for (String name :
        List.of("DJL_CACHE_DIR", "OPT_OUT_TRACKING", "engram.cache.default", "engram.cache")) {
      String value = System.getProperty(name);
      if (value != null) {
        words.add("-D" + name + "=" + value);
      }
    }
    words.add("-Duser.language=en"); // as in a kernel
    words.add("-Duser.country=US");
    words.add("-Djava.awt.headless=true");
    words.add("-Dfile.encoding=UTF-8");
    words.add("-Dstdout.encoding=UTF-8"); // Java 19 and later write it in the system's own
    words.add("-Dstderr.encoding=UTF-8");
    words.addAll(SparkDriver.javaOptions(conf));
    String own =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.matches(".*slf4j-nop[^/\\\\]*\\.jar")) // Spark has Log4j
            .collect(Collectors.joining(File.pathSeparator));
    List<String> classPath = new ArrayList<>(SparkDriver.firstOnClassPath(conf));
    classPath.addAll(List.of(all(home, JARS), all(home, OURS), own));
    classPath.addAll(SparkDriver.lastOnClassPath(conf));
    words.addAll(List.of("-cp", String.join(File.pathSeparator, classPath)));
    words.add(SurveyMain.class.getName());
    return words;
  }

  private static String all(Path home, String folder) {
    return home.resolve(folder).toAbsolutePath() + File.separator + "*";
  }

  /** What Spark says that its JVM must open to it. */
  private static List<String> moduleOptions(Path home) {
    Path launcher =
        jar(home, JARS, "spark-launcher_*.jar")
            .orElseThrow(
                () -> new EngramException("There is no launcher of Spark in " + home + "."));
    try (URLClassLoader loader = new URLClassLoader(new URL[] {launcher.toUri().toURL()}, null)) {
      Class<?> options = loader.loadClass("org.apache.spark.launcher.JavaModuleOptions");
      return List.of((String[]) options.getMethod("defaultModuleOptionArray").invoke(null));
    } catch (IOException
        | ClassNotFoundException
        | NoSuchMethodException
        | IllegalAccessException
        | InvocationTargetException e) {
      throw new EngramException(launcher + " does not say what Spark needs of Java: " + e + ".", e);
    }
  }
}
