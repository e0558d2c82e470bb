package dev.engram.data;

import static dev.engram.data.SpilledRecords.text;

import dev.engram.EngramException;
import dev.engram.Progress;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Collects the images of a {@link Dataset} and the mistakes among them. Whether a file is there is
 * looked up in the listing of its folder, read once: asking for each of 50,000 files takes long. So
 * images are sorted by folder first, on the disk where they are many, and one folder at a time is
 * in memory.
 */
final class DatasetBuilder {
  private final Path root;
  private final DatasetOptions options;
  private final SpilledSort<Row> byName =
      new SpilledSort<>(
          Comparator.comparing(Row::folder).thenComparing(Row::last).thenComparingInt(Row::number),
          Row.FORMAT,
          SpilledSort.HELD);
  private final List<String> notes = new ArrayList<>();
  private int rows;

  /** Images that cannot be used, by what is wrong with them. */
  private final Map<String, Wrong> wrong = new HashMap<>();

  private List<DatasetClass> classes = List.of();

  /**
   * An image as it is listed.
   *
   * @param number in the order of the list
   * @param folder from the root; "" for the root itself
   */
  private record Row(int number, String folder, String last, int classIndex, String split) {
    static final SpilledRecords.Format<Row> FORMAT =
        new SpilledRecords.Format<>() {
          @Override
          public void write(Row row, DataOutput out) throws IOException {
            out.writeInt(row.number);
            text(row.folder, out);
            text(row.last, out);
            out.writeInt(row.classIndex);
            text(row.split, out);
          }

          @Override
          public Row read(DataInput in) throws IOException {
            return new Row(in.readInt(), text(in), text(in), in.readInt(), text(in));
          }
        };

    String name() {
      return folder.isEmpty() ? last : folder + "/" + last;
    }
  }

  /** What is wrong with some images, of which the first in the list is named. */
  private static final class Wrong {
    private int count;
    private int number = Integer.MAX_VALUE;
    private String name = "";

    void add(Row row) {
      count++;
      if (row.number < number) {
        number = row.number;
        name = row.name();
      }
    }
  }

  DatasetBuilder(Path root, DatasetOptions options) {
    this.root = root;
    this.options = options;
  }

  /** All classes, before {@link #build}. */
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
    if (rows % 1000 == 0) {
      Progress.checkInterrupt();
    }
    String name = UserPath.composed(withinRoot(given));
    int slash = name.lastIndexOf('/');
    String folder = name.substring(0, Math.max(0, slash));
    String last = name.substring(slash + 1);
    inside(folder(folder, name, list), last, name, list);
    try {
      byName.add(new Row(rows++, folder, last, classIndex, split));
    } catch (IOException e) {
      throw SpilledRecords.failed(e);
    }
  }

  private Path folder(String folder, String name, Path list) {
    return folder.isEmpty() ? root : inside(root, folder, name, list);
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

  /** Takes the images that are there, each once. */
  private final class Checked implements SpilledSort.Sink<Row> {
    private final SpilledSort<Numbered> inOrder =
        new SpilledSort<>(
            Comparator.comparingInt(Numbered::number), Numbered.FORMAT, SpilledSort.HELD);
    private @Nullable String folder;
    private Path path = root;
    private Map<String, String> names = Map.of(); // of what lies in it, by how people type it
    private String before = "";

    @Override
    public void take(Row row) throws IOException {
      if (!row.folder.equals(folder)) {
        folder = row.folder;
        path =
            row.folder.isEmpty()
                ? root
                : UserPath.onDisk(root, normal(root.resolve(row.folder), row.folder));
        names = new HashMap<>();
        names(path).forEach(n -> names.put(UserPath.composed(n), n));
        before = "";
      }
      Path file = normal(path.resolve(names.getOrDefault(row.last, row.last)), row.last);
      if (!names.containsKey(row.last)) {
        wrong("missing", row);
      } else if (row.classIndex < 0 || row.classIndex >= classes.size()) {
        wrong("of a class that is none of the %d".formatted(classes.size()), row);
      } else if (row.last.equals(before)) {
        wrong("listed twice", row);
      } else {
        before = row.last;
        inOrder.add(
            new Numbered(
                row.number, new DatasetImage(file, row.name(), row.classIndex, row.split)));
      }
    }
  }

  private static Path normal(Path path, String to) {
    return to.contains("..") ? path.normalize() : path;
  }

  private void wrong(String what, Row row) {
    wrong.computeIfAbsent(what, k -> new Wrong()).add(row);
  }

  /** An image at its place in the list. */
  private record Numbered(int number, DatasetImage image) {
    static final SpilledRecords.Format<Numbered> FORMAT =
        new SpilledRecords.Format<>() {
          @Override
          public void write(Numbered each, DataOutput out) throws IOException {
            out.writeInt(each.number);
            DatasetImage.FORMAT.write(each.image, out);
          }

          @Override
          public Numbered read(DataInput in) throws IOException {
            return new Numbered(in.readInt(), DatasetImage.FORMAT.read(in));
          }
        };
  }

  private List<DatasetImage> images() {
    List<DatasetImage> images = new SpilledRecords<>(DatasetImage.FORMAT);
    try {
      Checked checked = new Checked();
      byName.drain(checked);
      checked.inOrder.drain(each -> images.add(each.image));
    } catch (IOException e) {
      throw SpilledRecords.failed(e);
    }
    return images;
  }

  Dataset build(DatasetLayout layout) {
    List<DatasetImage> images = images();
    List<Map.Entry<String, Wrong>> mistakes = new ArrayList<>(wrong.entrySet());
    mistakes.sort(Comparator.comparingInt(e -> e.getValue().number));
    for (Map.Entry<String, Wrong> e : mistakes) {
      String found =
          String.format(
              Locale.ROOT,
              "%,d of %,d images are %s, the first being %s",
              e.getValue().count,
              rows,
              e.getKey(),
              e.getValue().name);
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
