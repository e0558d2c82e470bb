package dev.engram.data;

import dev.engram.EngramException;
import dev.engram.Progress;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Collects the images of a {@link Dataset} and the mistakes among them. Whether a file is there is
 * looked up in the listing of its folder, read once: asking for each of 50,000 files takes long.
 */
final class DatasetBuilder {
  private final Path root;
  private final DatasetOptions options;
  private final List<DatasetImage> images = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final Map<String, Folder> folders = new HashMap<>();
  private final Set<String> seen = new HashSet<>();

  /** Images that cannot be used, by what is wrong with them. */
  private final Map<String, List<String>> wrong = new LinkedHashMap<>();

  private List<DatasetClass> classes = List.of();

  /** A folder of images, and the names of what lies in it by how people type them. */
  private record Folder(Path path, Map<String, String> names) {}

  DatasetBuilder(Path root, DatasetOptions options) {
    this.root = root;
    this.options = options;
  }

  void classes(List<DatasetClass> all) {
    classes = all;
  }

  void note(String sentence) {
    notes.add(sentence);
  }

  /**
   * @param given path from the root, with slashes; a whole path is one too if it leads into the
   *     root
   * @param classIndex from 0; out of range is a mistake of this image
   * @param list the file that names the image, for sentences
   */
  void image(String given, int classIndex, String split, Path list) {
    if (images.size() % 1000 == 0) {
      Progress.checkInterrupt();
    }
    String name = UserPath.composed(withinRoot(given));
    int slash = name.lastIndexOf('/');
    Folder folder =
        folders.computeIfAbsent(name.substring(0, Math.max(0, slash)), f -> folder(f, name, list));
    String last = name.substring(slash + 1);
    Path file = inside(folder.path, folder.names.getOrDefault(last, last), name, list);
    if (!folder.names.containsKey(last)) {
      wrong("missing", name);
    } else if (classIndex < 0 || classIndex >= classes.size()) {
      wrong("of a class that is none of the %d".formatted(classes.size()), name);
    } else if (!seen.add(name)) {
      wrong("listed twice", name);
    } else {
      images.add(new DatasetImage(file, name, classIndex, split));
    }
  }

  private void wrong(String what, String name) {
    wrong.computeIfAbsent(what, k -> new ArrayList<>()).add(name);
  }

  private Folder folder(String folder, String name, Path list) {
    Path path = folder.isEmpty() ? root : UserPath.onDisk(root, inside(root, folder, name, list));
    Map<String, String> names = new HashMap<>();
    names(path).forEach(n -> names.put(UserPath.composed(n), n));
    return new Folder(path, names);
  }

  /** A whole path as one from the root, where it lies below it, perhaps after links. */
  private String withinRoot(String given) {
    try {
      Path path = Path.of(given);
      if (!path.isAbsolute()) {
        return given;
      }
      Path file = Listing.within(root, path.normalize());
      return file.startsWith(root) ? root.relativize(file).toString().replace('\\', '/') : given;
    } catch (InvalidPathException e) {
      return given; // told below
    }
  }

  /** The path of what a list names, which must not lead out of the root. */
  private Path inside(Path from, String to, String name, Path list) {
    try {
      Path path = from.resolve(to);
      Path normal = to.contains("..") ? path.normalize() : path;
      if (!to.isBlank() && normal.startsWith(root) && !normal.equals(root)) {
        return normal;
      }
    } catch (InvalidPathException e) {
      throw new EngramException(
          "%s names a file that no system can have: '%s'.".formatted(list, name), e);
    }
    throw new EngramException("%s names a file outside of the folder: '%s'.".formatted(list, name));
  }

  /** Names of what lies in a folder, sorted, hidden ones left out; none if there is no folder. */
  static List<String> names(Path folder) {
    List<String> names = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
        all.forEach(p -> names.add(String.valueOf(p.getFileName())));
      } catch (IOException e) {
        throw new EngramException("The folder " + folder + " cannot be read: " + e + ".", e);
      }
    }
    names.removeIf(n -> n.startsWith("."));
    names.sort(null);
    return names;
  }

  Dataset build(DatasetLayout layout) {
    for (Map.Entry<String, List<String>> e : wrong.entrySet()) {
      String found =
          String.format(
              Locale.ROOT,
              "%,d of %,d images are %s, the first being %s",
              e.getValue().size(),
              images.size() + wrong.values().stream().mapToInt(List::size).sum(),
              e.getKey(),
              e.getValue().get(0));
      if (!options.skipUnreadable()) {
        throw new EngramException(
            "%s in %s: %s; repair the download, or skip unreadable images."
                .formatted(layout, root, found));
      }
      notes.add(found + "; they were left out.");
    }
    if (images.isEmpty()) {
      throw new EngramException("%s in %s has no images.".formatted(layout, root));
    }
    return new Dataset(String.valueOf(root.getFileName()), layout, root, classes, images, notes);
  }
}
