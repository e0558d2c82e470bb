package dev.engram.data;

import dev.engram.EngramException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Paths as users write them: one that starts with {@code ~} begins in the home directory. */
public final class UserPath {
  /**
   * An order of paths that is the same on every system: {@link Path}'s own one passes over case on
   * Windows, and its separator stands elsewhere in the alphabet.
   */
  public static final Comparator<Path> ORDER =
      Comparator.comparing(path -> composed(path.toString()).replace(File.separatorChar, '/'));

  private UserPath() {}

  /**
   * A name as people type it (Unicode's form C). macOS and archives made there may give "é" as two
   * characters, which is another text to every comparison.
   */
  public static String composed(String name) {
    return Normalizer.normalize(name, Normalizer.Form.NFC);
  }

  /** The last part of a path, composed; "null" for a root. */
  public static String name(Path path) {
    return composed(String.valueOf(path.getFileName()));
  }

  /**
   * A file as a list names it, or the one whose name is the same text in other characters.
   *
   * @param root the part of the path that is as it is
   * @param file below the root
   * @return the same path if there is neither
   */
  static Path onDisk(Path root, Path file) {
    if (!file.startsWith(root) || Files.exists(file)) {
      return file;
    }
    String inside = root.relativize(file).toString();
    for (Normalizer.Form form : List.of(Normalizer.Form.NFD, Normalizer.Form.NFC)) {
      Path other = root.resolve(Normalizer.normalize(inside, form));
      if (!other.equals(file) && Files.exists(other)) {
        return other;
      }
    }
    return file;
  }

  /**
   * @param name as a user writes it, perhaps from the home directory
   * @throws EngramException if the system has no such paths
   */
  public static Path of(String name) {
    try {
      return home(Path.of(name));
    } catch (InvalidPathException e) {
      throw new EngramException("'" + e.getInput() + "' is no path of this system.", e);
    }
  }

  /**
   * For what may be a path or another name, such as an entity's.
   *
   * @return null if the system has no such paths: Windows none with {@code ?}, {@code *} or a
   *     {@code :} after the drive
   */
  public static @Nullable Path orNull(String name) {
    try {
      return home(Path.of(name));
    } catch (InvalidPathException e) {
      return null;
    }
  }

  /** The same path; from the home directory if it starts with {@code ~}, as in a shell. */
  public static Path home(Path path) {
    return path.startsWith("~")
        ? Path.of(System.getProperty("user.home")).resolve(Path.of("~").relativize(path))
        : path;
  }
}
