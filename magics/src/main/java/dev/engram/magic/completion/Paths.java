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
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Files and folders as they are typed: relative, absolute, or below {@code ~}. */
public final class Paths {
  /** A folder of a data set may hold a million files, and an answer is wanted while typing. */
  private static final int MOST_LISTED = 50_000;

  private static final int MOST_SHOWN = 500;

  /** Of how many the disk is asked whether they are folders, besides those that are shown. */
  private static final int MOST_ASKED = 1_000;

  private static final int LONGEST_ENDING = 5;

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
    String name = typed.substring(slash + 1);
    if (typed.equals("~")) {
      return Stream.of(new Candidate("~/", "folder", true));
    }
    List<Listed> listed = new ArrayList<>();
    try (DirectoryStream<Path> all =
        Files.newDirectoryStream(UserPath.of(base.isEmpty() ? "." : base))) {
      for (Path each : all) {
        String file = each.getFileName().toString();
        if (begins(file, name)) {
          listed.add(new Listed(each, file));
        }
        if (listed.size() == MOST_LISTED) {
          break;
        }
      }
    } catch (IOException | DirectoryIteratorException | SecurityException | EngramException e) {
      return Stream.empty(); // a path that is not there has nothing in it
    }
    listed.sort(Comparator.comparing(Listed::looksLikeFile).thenComparing(Listed::name));
    List<Candidate> folders = new ArrayList<>();
    List<Candidate> files = new ArrayList<>();
    for (int i = 0; i < listed.size(); i++) {
      String file = listed.get(i).name();
      boolean isShown = wanted.test(file) && files.size() < MOST_SHOWN;
      if ((i < MOST_ASKED || isShown) && Files.isDirectory(listed.get(i).path())) {
        folders.add(new Candidate(base + file + "/", "folder", true));
      } else if (isShown) {
        files.add(new Candidate(base + file, "file", false));
      }
    }
    return Stream.of(folders, files)
        .flatMap(some -> some.stream().sorted(Comparator.comparing(Candidate::text)))
        .limit(MOST_SHOWN);
  }

  /** What lies in a folder. */
  private record Listed(Path path, String name) {
    /** By its ending, as of x.png and not of v1.0; the disk is asked last of those. */
    boolean looksLikeFile() {
      int dot = name.lastIndexOf('.');
      return dot > Math.max(0, name.length() - LONGEST_ENDING - 2)
          && dot + 1 < name.length()
          && Character.isLetter(name.charAt(dot + 1));
    }
  }

  private static boolean begins(String file, String typed) {
    return file.regionMatches(true, 0, typed, 0, typed.length())
        && (typed.startsWith(".") || !file.startsWith("."));
  }
}
