package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.EngramException;
import java.io.File;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Settings of Spark's driver become words of its JVM, as spark-submit makes them. */
class SparkDriverTest {
  @Test
  void settingsOfTheDriverAreWordsOfItsJvm() {
    assertEquals(List.of(), SparkDriver.javaOptions(Map.of("spark.executor.memory", "4g")));
    assertEquals(
        List.of("-Xmx4g", "-Da=b", "-ea"),
        SparkDriver.javaOptions(
            Map.of("spark.driver.memory", "4GB", "spark.driver.extraJavaOptions", " -Da=b  -ea ")));
    assertEquals(
        List.of("-Xmx1024m"), SparkDriver.javaOptions(Map.of("spark.driver.memory", "1024")));
    for (String none : List.of("much", "", "0", "-1g", "4 parsecs")) {
      EngramException refused =
          assertThrows(
              EngramException.class,
              () -> SparkDriver.javaOptions(Map.of("spark.driver.memory", none)));
      String said = String.valueOf(refused.getMessage());
      assertTrue(said.contains("got '" + none + "'"), said);
    }
  }

  @Test
  void jarsOnThisMachineAreOnTheClassPath() {
    assertEquals(
        List.of("a.jar", "b"),
        SparkDriver.firstOnClassPath(
            Map.of("spark.driver.extraClassPath", "a.jar" + File.pathSeparator + "b")));
    String file = new File("my jars/x.jar").getAbsoluteFile().toURI().toString();
    assertEquals(
        List.of("/a/b.jar", new File("my jars/x.jar").getAbsolutePath()),
        SparkDriver.lastOnClassPath(
            Map.of("spark.jars", "/a/b.jar, hdfs://host/c.jar," + file + ",")));
    assertEquals(List.of(), SparkDriver.lastOnClassPath(Map.of()));
  }
}
