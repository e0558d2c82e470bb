package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import com.sun.jna.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the engine's OpenMP itself says that it has read, in a JVM of its own. */
class SpinCountTest {
  private static final Pattern SAID = Pattern.compile("GOMP_SPINCOUNT = '(\\d+)'");

  /** Loads the engine, whose OpenMP prints its settings then. */
  static final class Main {
    public static void main(String[] args) {
      Devices.choose("cpu");
      System.out.println(Engine.getEngine("PyTorch").getVersion());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "12345, '', '', 12345",
    "12345, GOMP_SPINCOUNT, 777, 777",
    "12345, OMP_WAIT_POLICY, passive, 0",
    "'', '', '', 300000",
    "many, '', '', 300000",
  })
  void theUsersEnvironmentComesBeforeTheDefault(
      String property, String variable, String value, String expected)
      throws IOException, InterruptedException {
    assumeTrue(Platform.isLinux(), "another OpenMP");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dengram.spincount=" + property,
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Main.class.getName());
    Map<String, String> environment = builder.environment();
    environment.remove("OMP_WAIT_POLICY");
    environment.remove("GOMP_SPINCOUNT");
    environment.put("OMP_DISPLAY_ENV", "verbose");
    if (!variable.isEmpty()) {
      environment.put(variable, value);
    }
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    Matcher m = SAID.matcher(said);
    assertEquals(expected, m.find() ? m.group(1) : said);
  }
}
