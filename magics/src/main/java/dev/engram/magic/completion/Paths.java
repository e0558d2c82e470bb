package dev.engram.magic.completion;

import dev.engram.EngramException;
import dev.engram.data.UserPath;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Files and folders as they are typed: relative, absolute, or below {@code ~}. */
public final class Paths {
  /** A folder of a data set may hold a million files, and an answer is wanted while typing. */
  private static final int MOST_LISTED = 50_000;

  private static final int MOST_SHOWN = 500;

  private Paths() {}

  /**
   * What lies in the folder that was typed, folders first; hidden ones only if their dot was typed.
   *
   * @param typed the beginning of a path
   * @param wanted which files besides folders
   */
  public static Stream<Candidate> of(String typed, Predicate<String> wanted) {
    int slash = Math.max(typed.lastIndexOf('/'), typed.lastIndexOf('\\'));
    String base = typed.substring(0, slash + 1);
    String name = typed.substring(slash + 1).toLowerCase(Locale.ROOT);
    if (typed.equals("~")) {
      return Stream.of(new Candidate("~/", "folder", true));
    }
    List<Candidate> found = new ArrayList<>();
    try (DirectoryStream<Path> all =
        Files.newDirectoryStream(
            UserPath.of(base.isEmpty() ? "." : base), each -> begins(each, name))) {
      int listed = 0;
      for (Path each : all) {
        String file = each.getFileName().toString();
        boolean folder = Files.isDirectory(each);
        if (folder || wanted.test(file)) {
          found.add(
              new Candidate(base + file + (folder ? "/" : ""), folder ? "folder" : "file", folder));
        }
        if (++listed == MOST_LISTED) {
          break;
        }
      }
    } catch (IOException | DirectoryIteratorException | SecurityException | EngramException e) {
      return Stream.empty(); // a path that is not there has nothing in it
    }
    return found.stream()
        .sorted(
            Comparator.comparing(Candidate::continues).reversed().thenComparing(Candidate::text))
        .limit(MOST_SHOWN);
  }

  private static boolean begins(Path path, String name) {
    String file = path.getFileName().toString().toLowerCase(Locale.ROOT);
    return file.startsWith(name) && (name.startsWith(".") || !file.startsWith("."));
  }
}
