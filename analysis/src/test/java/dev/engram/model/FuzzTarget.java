package dev.engram.model;

import com.code_intelligence.jazzer.api.BugDetectors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What Jazzer calls in a JVM of its own, with one content of a file after the other. Beside what
 * {@link FuzzOracle} holds, Jazzer's own detectors watch: no file outside of the folder may be
 * opened, nothing be connected to, deserialised, loaded by a name or run.
 */
public final class FuzzTarget {
  private static UntrustedFile file = UntrustedFile.CONFIG;
  private static Path folder = Path.of("");

  private FuzzTarget() {}

  /**
   * Called once.
   *
   * @param args the name of an {@link UntrustedFile}, the folder that was prepared for it, and its
   *     good content
   */
  public static void fuzzerInitialize(String[] args) throws IOException {
    file = UntrustedFile.valueOf(args[0]);
    folder = Path.of(args[1]);
    // Libraries open files of their own when they are used first.
    file.read(folder, Files.readAllBytes(Path.of(args[2])));
    BugDetectors.setFilePathTraversalAllowPath(p -> p.toAbsolutePath().startsWith(folder));
  }

  /** Called by Jazzer; what it throws is a finding. */
  public static void fuzzerTestOneInput(byte[] content) {
    FuzzOracle.check(file, folder, content);
  }
}
