package dev.engram.magic;

import dev.engram.EngramException;
import java.io.File;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the settings of Spark say of its driver's own JVM: they would come too late once it runs, so
 * that {@code spark-submit} reads them before, and so does {@link SparkProcess}.
 */
final class SparkDriver {
  private static final String MEMORY = "spark.driver.memory";
  private static final String JAVA_OPTIONS = "spark.driver.extraJavaOptions";
  private static final String CLASS_PATH = "spark.driver.extraClassPath";
  private static final String JARS = "spark.jars";

  private SparkDriver() {}

  /**
   * @throws EngramException if the memory is none
   */
  static List<String> javaOptions(Map<String, String> conf) {
    List<String> out = new ArrayList<>();
    String memory = conf.get(MEMORY);
    if (memory != null) {
      String size = memory.strip().toLowerCase(Locale.ROOT);
      if (!size.matches("[1-9]\\d{0,8}([kmgt]b?)?")) {
        throw new EngramException(
            "--conf %s is a size such as 4g or 512m, got '%s'.".formatted(MEMORY, memory));
      }
      boolean isBare = size.matches("\\d+"); // in MiB then, as everywhere in Spark
      out.add("-Xmx" + (isBare ? size + "m" : size.replaceFirst("b$", "")));
    }
    Stream.of(conf.getOrDefault(JAVA_OPTIONS, "").split("\\s+"))
        .filter(option -> !option.isEmpty())
        .forEach(out::add);
    return out;
  }

  /** Before Spark's own jars. */
  static List<String> firstOnClassPath(Map<String, String> conf) {
    return Stream.of(conf.getOrDefault(CLASS_PATH, "").split(File.pathSeparator))
        .filter(entry -> !entry.isBlank())
        .toList();
  }

  /** After them: jars for the workers, which the driver needs too. Others than files it fetches. */
  static List<String> lastOnClassPath(Map<String, String> conf) {
    return Stream.of(conf.getOrDefault(JARS, "").split(","))
        .map(String::strip)
        .map(SparkDriver::file)
        .filter(Objects::nonNull)
        .toList();
  }

  private static @Nullable String file(String jar) {
    if (jar.isEmpty()) {
      return null;
    }
    if (jar.startsWith("file:")) {
      try {
        return Path.of(URI.create(jar)).toString();
      } catch (IllegalArgumentException e) {
        throw new EngramException(
            "--conf %s names '%s', which is no address of a file.".formatted(JARS, jar), e);
      }
    }
    return jar.matches("[A-Za-z][A-Za-z0-9+.-]+:.*") ? null : jar;
  }
}
