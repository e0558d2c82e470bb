package dev.engram.data;

import dev.engram.EngramException;
import dev.engram.Progress;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Folders whose names are roles, {@code train/cat/*.png}, {@code test/cat/*.png}, or, the other way
 * round, {@code cat/train/*.png}. They are roles only where every folder of the level that holds an
 * image has such a name: a folder {@code train} beside {@code car} and {@code bus} is a class.
 */
final class SplitFoldersLayout implements Layout {
  /** {@code split/category/class/image} */
  private static final int DEPTH = 4;

  @Override
  public DatasetLayout layout() {
    return DatasetLayout.SPLIT_FOLDERS;
  }

  @Override
  public boolean matches(Path path) {
    return Files.isDirectory(path)
        && Stream.of("manifest.csv", "labels.csv").noneMatch(l -> Files.exists(path.resolve(l)))
        && (isOfRoles(path) || isOfClasses(path));
  }

  /** Whether the folders are roles, at least one of them with folders of classes. */
  private static boolean isOfRoles(Path root) {
    List<Path> folders = folders(root);
    return areRoles(folders)
        && folders.stream().anyMatch(f -> folders(f).stream().anyMatch(c -> holdsImage(c)));
  }

  /** Whether the folders are classes, and all folders in them roles. */
  private static boolean isOfClasses(Path root) {
    List<Path> classes = folders(root).stream().filter(c -> holdsImage(c)).toList();
    Set<String> roles = new LinkedHashSet<>();
    classes.forEach(c -> folders(c).forEach(f -> roles.add(name(f))));
    return roles.size() > 1
        && classes.stream().allMatch(c -> images(c).isEmpty() && areRoles(folders(c)));
  }

  private static boolean areRoles(List<Path> folders) {
    return folders.stream().anyMatch(f -> isRole(f))
        && folders.stream().allMatch(f -> isRole(f) || !holdsImage(f));
  }

  private static boolean isRole(Path folder) {
    return SplitRole.of(name(folder)).isPresent();
  }

  @Override
  public Dataset read(Path root, DatasetOptions options) {
    Draft draft = new Draft(root);
    if (isOfRoles(root)) {
      for (Path folder : folders(root)) {
        if (!isRole(folder) || !holdsImage(folder)) {
          draft.notes.add("The folder " + name(folder) + " has no images and was left out.");
        } else {
          draft.addSplit(folder);
        }
      }
    } else {
      for (Path folder : folders(root)) {
        for (Path part : folders(folder)) {
          SplitRole.of(name(part)).ifPresent(role -> draft.addClass(folder, part, role));
        }
      }
    }
    List<Path> loose = images(root);
    if (!loose.isEmpty()) {
      draft.notes.add(
          "%d images lie beside the folders of the splits and were left out, the first being %s."
              .formatted(loose.size(), name(loose.get(0))));
    }
    return draft.build(layout());
  }

  /** Classes and images as they are found. */
  private static final class Draft {
    private final Path root;
    private final Map<String, Entity> founders = new LinkedHashMap<>();
    private final Map<String, Integer> places = new HashMap<>();
    private final SpilledSort<DatasetImage> images =
        new SpilledSort<>(
            Comparator.comparingInt(DatasetImage::classIndex),
            DatasetImage.FORMAT,
            SpilledSort.HELD);
    private final Set<String> folders = new LinkedHashSet<>();
    private final Set<String> notes = new LinkedHashSet<>();

    Draft(Path root) {
      this.root = root;
    }

    /** A folder of a split, which is read as any folder of images. */
    void addSplit(Path folder) {
      folders.add(name(folder));
      String split = SplitRole.of(name(folder)).orElseThrow().split();
      List<Integer> ofSplit = new ArrayList<>();
      List<DatasetImage> found = new SpilledRecords<>(DatasetImage.FORMAT);
      ImageSet set =
          ImageSet.stream(
              folder,
              (entity, i) ->
                  found.add(new DatasetImage(i.file(), prefix(folder) + i.name(), entity, split)));
      set.entities().forEach(e -> ofSplit.add(place(e)));
      for (DatasetImage i : found) {
        if (i.classIndex() >= 0) {
          add(new DatasetImage(i.file(), i.name(), ofSplit.get(i.classIndex()), split));
        }
      }
      for (String note : set.notes()) {
        notes.add(note.startsWith(ImageSetReader.NO_MANIFEST) ? note : name(folder) + ": " + note);
      }
    }

    /** A split of one class. */
    void addClass(Path folder, Path part, SplitRole role) {
      if (!holdsImage(part)) {
        return;
      }
      folders.add(name(part));
      String title = ImageSet.words(name(folder));
      String label = ImageSet.DEFAULT_TEMPLATE.replace("{name}", title);
      int place = place(new Entity(name(folder), "", label, List.of()));
      ImageSet.stream(
          part,
          (entity, i) ->
              add(new DatasetImage(i.file(), prefix(part) + i.name(), place, role.split())));
    }

    private String prefix(Path folder) {
      return UserPath.composed(root.relativize(folder).toString().replace('\\', '/')) + "/";
    }

    /** The index of a class, which the first split that has it founds. */
    private int place(Entity e) {
      String last = e.name().substring(e.name().lastIndexOf('/') + 1);
      String key = e.category() + "/" + last;
      founders.putIfAbsent(key, new Entity(last, e.title(), e.category(), e.label(), List.of()));
      int next = places.size();
      return places.computeIfAbsent(key, k -> next);
    }

    private void add(DatasetImage image) {
      try {
        images.add(image);
      } catch (IOException e) {
        throw SpilledRecords.failed(e);
      }
    }

    Dataset build(DatasetLayout layout) {
      Map<String, Integer> names = new TreeMap<>();
      founders.values().forEach(e -> names.merge(e.name(), 1, Integer::sum));
      List<DatasetClass> classes = new ArrayList<>();
      founders.forEach(
          (key, e) -> {
            boolean twice = names.getOrDefault(e.name(), 0) > 1 && !e.category().isEmpty();
            String name = twice ? e.category() + "/" + e.name() : e.name();
            classes.add(new DatasetClass(name, e.title(), e.label()));
          });
      List<DatasetImage> all = new SpilledRecords<>(DatasetImage.FORMAT);
      try {
        images.drain(all::add);
      } catch (IOException e) {
        throw SpilledRecords.failed(e);
      }
      if (all.isEmpty()) {
        throw new EngramException(
            "There is no image in a class's folder in %s; train/class/*.png is expected."
                .formatted(root));
      }
      List<String> sentences = new ArrayList<>();
      sentences.add(
          "The folders %s are splits, not classes.".formatted(String.join(", ", folders)));
      sentences.addAll(notes);
      sentences.addAll(Dataset.unnamed(classes));
      return new Dataset(name(root), layout, root, classes, all, sentences);
    }
  }

  private static String name(Path path) {
    return UserPath.name(path);
  }

  private static List<Path> folders(Path folder) {
    return DatasetBuilder.names(folder).stream()
        .sorted(NaturalOrder.NAMES)
        .map(folder::resolve)
        .filter(p -> Files.isDirectory(p))
        .toList();
  }

  private static List<Path> images(Path folder) {
    return DatasetBuilder.names(folder).stream()
        .filter(n -> ImageFiles.isImage(n))
        .map(folder::resolve)
        .filter(p -> Files.isRegularFile(p))
        .toList();
  }

  /**
   * Neither hidden nor in a hidden folder: {@code __MACOSX} holds a {@code ._x.png} of each image.
   */
  private static boolean isShown(Path folder, Path file) {
    for (Path part : folder.relativize(file)) {
      if (part.toString().startsWith(".")) {
        return false;
      }
    }
    return true;
  }

  private static boolean holdsImage(Path folder) {
    try (Stream<Path> all = Files.walk(folder, DEPTH, FileVisitOption.FOLLOW_LINKS)) {
      return all.peek(p -> Progress.checkInterrupt())
          .anyMatch(p -> isShown(folder, p) && ImageFiles.isImage(p) && !Files.isDirectory(p));
    } catch (IOException | java.io.UncheckedIOException e) {
      // A loop of links, or a folder that may not be read: told where the folder is read.
      return true;
    }
  }
}
