package dev.engram.data;

import dev.engram.EngramException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Paths as users write them: one that starts with {@code ~} begins in the home directory. */
public final class UserPath {
  private UserPath() {}

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

  /** The same path; from the home directory if it starts with {@code ~}, as in a shell. */
  public static Path home(Path path) {
    return path.startsWith("~")
        ? Path.of(System.getProperty("user.home")).resolve(Path.of("~").relativize(path))
        : path;
  }
}
