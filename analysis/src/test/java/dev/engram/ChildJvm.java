package dev.engram;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM of its own with the tests' class path: it may be killed, or die. */
public final class ChildJvm implements AutoCloseable {
  private static final int MOST_SECONDS = 240;

  private final Process process;
  private final BufferedReader output;
  private final List<String> printed = new ArrayList<>();

  /**
   * @param main has a main method
   */
  public ChildJvm(Class<?> main, Object... arguments) throws IOException {
    this("1g", main, arguments);
  }

  private ChildJvm(String heap, Class<?> main, Object... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:TieredStopAtLevel=1",
                "-Djava.awt.headless=true",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * @param heap as {@code -Xmx} takes it
   */
  public static ChildJvm withHeap(String heap, Class<?> main, Object... arguments)
      throws IOException {
    return new ChildJvm(heap, main, arguments);
  }

  /** Waits until the child has printed a line. */
  public void awaitLine(String line) throws IOException {
    for (String got = output.readLine(); got != null; got = output.readLine()) {
      printed.add(got);
      if (got.equals(line)) {
        return;
      }
    }
    throw new AssertionError("the child ended before it said '" + line + "': " + printed);
  }

  /** As {@code kill -9} does, which no program can see coming. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor(MOST_SECONDS, TimeUnit.SECONDS);
  }

  /**
   * Waits for its end.
   *
   * @return the exit status
   */
  public int await() throws IOException, InterruptedException {
    for (String got = output.readLine(); got != null; got = output.readLine()) {
      printed.add(got);
    }
    if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("the child did not end: " + printed);
    }
    return process.exitValue();
  }

  /** What it has printed so far. */
  public List<String> printed() {
    return printed;
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
