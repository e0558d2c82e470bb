package dev.engram.model;

import com.code_intelligence.jazzer.api.BugDetectors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What Jazzer calls in a JVM of its own. An input is a byte that chooses one of the files, and its
 * content. Beside what {@link FuzzOracle} holds, Jazzer's own detectors watch: no file outside of
 * the folder may be opened, nothing be connected to, deserialised, loaded by a name or run.
 */
public final class FuzzTarget {
  /** Names the file whose content native code was given last. */
  static final String CURRENT = "current";

  private static final Map<UntrustedFile, Integer> READ = new EnumMap<>(UntrustedFile.class);
  private static final Map<UntrustedFile, Integer> REFUSED = new EnumMap<>(UntrustedFile.class);

  private static Path root = Path.of("");
  private static Path watched = root;
  private static List<UntrustedFile> files = List.of();

  private FuzzTarget() {}

  /**
   * Called once.
   *
   * @param args a folder with one for each file, prepared and with its good content, and the names
   *     of the files
   */
  public static void fuzzerInitialize(String[] args) throws IOException {
    root = Path.of(args[0]);
    files = Arrays.stream(args).skip(1).map(UntrustedFile::valueOf).toList();
    for (UntrustedFile file : files) {
      // A library opens files of its own when it is used first: only then is watched.
      file.read(root.resolve(file.name()));
    }
    Path current = root.resolve(CURRENT);
    BugDetectors.setFilePathTraversalAllowPath(
        p -> p.toAbsolutePath().startsWith(watched) || p.equals(current));
  }

  /** Called for each input; what it throws is a finding. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    UntrustedFile file = file(input, files);
    watched = root.resolve(file.name());
    note(file);
    (FuzzOracle.isRead(file, watched, content(input)) ? READ : REFUSED)
        .merge(file, 1, Integer::sum);
  }

  /** So that, when native code ends this JVM, its parent knows which file lies there. */
  private static void note(UntrustedFile file) {
    if (file.isNative()) {
      try {
        Files.writeString(root.resolve(CURRENT), file.name());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Called at the end. */
  public static void fuzzerTearDown() {
    for (UntrustedFile file : files) {
      System.out.printf(
          "%s: %d read, %d refused%n",
          file, READ.getOrDefault(file, 0), REFUSED.getOrDefault(file, 0));
    }
  }

  static byte[] input(int file, byte[] content) {
    byte[] input = new byte[1 + content.length];
    input[0] = (byte) file;
    System.arraycopy(content, 0, input, 1, content.length);
    return input;
  }

  static UntrustedFile file(byte[] input, List<UntrustedFile> files) {
    return files.get(Math.floorMod(input[0], files.size()));
  }

  static byte[] content(byte[] input) {
    return Arrays.copyOfRange(input, 1, input.length);
  }
}
