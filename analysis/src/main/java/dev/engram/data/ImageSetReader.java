package dev.engram.data;

import dev.engram.EngramException;
import dev.engram.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads one folder into an {@link ImageSet}. A list in it ({@code manifest.csv}, {@code
 * labels.csv}) decides what belongs to the set and in which order; without one the folders do.
 */
final class ImageSetReader {
  /** How the note begins that says where labels come from. */
  static final String NO_MANIFEST = "There is no manifest.csv";

  /** As it was given, for the set's name and for sentences. */
  private final Path given;

  private final Path root;
  private final String template;
  private final List<String> notes = new ArrayList<>();
  private final Map<String, Draft> drafts = new LinkedHashMap<>();
  private final List<LabelledImage> background = new ArrayList<>();
  private final ImageFiles kinds = new ImageFiles();
  private final @Nullable ImageSink sink;
  private final Set<String> twice = new HashSet<>();
  private final Set<String> listed = new HashSet<>(); // of those
  private int ofEntities;
  private int ofNone;

  /** An entity that is still collecting its images. */
  private record Draft(
      int index,
      String folder,
      String title,
      String category,
      String label,
      List<LabelledImage> images) {}

  /**
   * @param sink gets the images, of which the set has none then; null for a set with images
   */
  ImageSetReader(Path root, String template, @Nullable ImageSink sink) {
    this.sink = sink;
    this.given = root.toAbsolutePath().normalize();
    this.root = real(given);
    this.template = template;
  }

  /** Follows links; a folder that is not there stays as it is. */
  private static Path real(Path folder) {
    try {
      return Files.exists(folder) ? folder.toRealPath() : folder;
    } catch (IOException e) {
      throw unreadable(folder, e);
    }
  }

  private static EngramException unreadable(Path folder, Exception why) {
    return new EngramException("The folder " + folder + " cannot be read: " + why + ".", why);
  }

  ImageSet read() {
    if (!Files.exists(root)) {
      throw new EngramException("There is no folder " + given + ".");
    }
    if (!Files.isDirectory(root)) {
      throw new EngramException(given + " is a file; a folder with images is needed.");
    }
    Path manifest = root.resolve("manifest.csv");
    Path labels = root.resolve("labels.csv");
    if (Files.exists(manifest)) {
      readManifest(Listing.read(manifest));
    } else if (Files.exists(labels)) {
      readLabels(Listing.read(labels));
    } else {
      readFolders();
    }
    if (drafts.isEmpty() && ofNone == 0) {
      throw new EngramException(
          "There is no image in %s; category/entity/*.png (or %s) is expected.%s"
              .formatted(given, ImageFiles.KINDS.replaceFirst("png, ", ""), leftOut()));
    }
    if (!kinds.note().isEmpty()) {
      notes.add(kinds.note());
    }
    String name = given.getFileName() == null ? given.toString() : UserPath.name(given);
    return new ImageSet(name, root, entities(), background, notes);
  }

  private String leftOut() {
    return kinds.note().isEmpty() ? "" : " " + kinds.note();
  }

  private void readManifest(Listing list) {
    findTwice(list);
    int[] different = {0};
    list.each(row -> different[0] += addListed(list, row) ? 0 : 1);
    list.requireFiles();
    if (different[0] > 0) {
      notes.add(
          "%d rows of manifest.csv have another caption than the first of their entity; the first is the label."
              .formatted(different[0]));
    }
    int left = count() - list.rows();
    if (left > 0) {
      notes.add(
          "%d images in the folder are not in manifest.csv and were left out.".formatted(left));
    }
  }

  /** Adds the image of a row: whether its caption is its entity's label. */
  private boolean addListed(Listing list, Listing.Row row) {
    Path file = list.file(row, root);
    String relative = relative(file);
    String[] parts = relative.split("/");
    String folder =
        parts.length >= 2 ? parts[parts.length - 2] : row.get("entity").replaceAll("\\s+", "_");
    if (folder.isBlank()) {
      throw list.mistake(row, "names neither an entity nor a folder");
    }
    String category = row.get("category");
    if (category.isBlank()) {
      category = parts.length >= 3 ? parts[parts.length - 3] : "";
    }
    String title = row.get("entity").isBlank() ? ImageSet.words(folder) : row.get("entity");
    String label = row.get("caption").isBlank() ? label(title) : row.get("caption");
    Draft draft =
        add(
            draft(folder, title, category, label),
            file,
            unique(relative, folder),
            Split.of(row.get("split")));
    return draft.label().equals(label);
  }

  private void readLabels(Listing list) {
    findTwice(list);
    list.each(
        row -> {
          Path file = list.file(row, root);
          String shown = row.get("label").isBlank() ? ImageSet.words(stem(file)) : row.get("label");
          String label = row.get("caption").isBlank() ? label(shown) : row.get("caption");
          addLoose(
              new LabelledImage(
                  file,
                  unique(relative(file), shown),
                  shown,
                  row.get("category"),
                  label,
                  Split.of(row.get("split"))));
        });
    list.requireFiles();
    int left = count() - list.rows();
    if (left > 0) {
      notes.add("%d images in the folder are not in labels.csv and were left out.".formatted(left));
    }
  }

  /** Files that a list names several times: all names are too many for memory, these are few. */
  private void findTwice(Listing list) {
    SpilledSort<String> sorted =
        new SpilledSort<>(Comparator.naturalOrder(), SpilledRecords.TEXT, SpilledSort.HELD);
    try {
      list.each(
          row -> {
            try {
              sorted.add(relative(list.path(row, root)));
            } catch (IOException e) {
              throw SpilledRecords.failed(e);
            }
          });
      String[] before = {""};
      sorted.drain(
          name -> {
            if (name.equals(before[0])) {
              twice.add(name);
            }
            before[0] = name;
          });
    } catch (IOException e) {
      throw SpilledRecords.failed(e);
    }
  }

  private void readFolders() {
    for (Path first : folders(root)) {
      addEntity(first, "");
      for (Path second : folders(first)) {
        addEntity(second, UserPath.name(first));
      }
    }
    List<Path> loose = images(root);
    for (Path file : loose) {
      String shown = ImageSet.words(stem(file));
      addLoose(new LabelledImage(file, relative(file), shown, "", label(shown)));
    }
    if (!loose.isEmpty()) {
      notes.add(
          "%d images lie in no entity's folder; they are background images, named by their files."
              .formatted(loose.size()));
    }
    if (!drafts.isEmpty()) {
      notes.add(NO_MANIFEST + "; labels are \"" + template + "\".");
    }
    int deeper = count() - ofEntities - loose.size();
    if (deeper > 0) {
      notes.add("%d images lie deeper than category/entity/ and were left out.".formatted(deeper));
    }
  }

  private void addEntity(Path folder, String category) {
    List<Path> files = images(folder);
    String name = UserPath.name(folder);
    String title = ImageSet.words(name);
    for (Path file : files) {
      add(draft(name, title, category, label(title)), file, relative(file), Split.UNKNOWN);
    }
    if (files.isEmpty() && folders(folder).isEmpty()) {
      notes.add("The folder " + relative(folder) + " has no images and was left out.");
    }
  }

  /** A list may give a file to two entities: it is an image of each, under a name of its own. */
  private String unique(String name, String as) {
    if (!twice.contains(name)) {
      return name;
    }
    String free = name;
    for (int i = 1; !listed.add(free); i++) {
      free = name + " as " + as + (i == 1 ? "" : ", " + i);
    }
    return free;
  }

  private Draft draft(String folder, String title, String category, String label) {
    return new Draft(drafts.size(), folder, title, category, label, new ArrayList<>());
  }

  private void addLoose(LabelledImage image) {
    ofNone++;
    if (sink == null) {
      background.add(image);
    } else {
      sink.take(-1, image);
    }
  }

  /** Adds to the entity of this category and folder, which the first image founds. */
  private Draft add(Draft candidate, Path file, String name, Split split) {
    Draft draft =
        drafts.computeIfAbsent(candidate.category() + "/" + candidate.folder(), k -> candidate);
    ofEntities++;
    LabelledImage image = new LabelledImage(file, name, "", "", "", split);
    if (sink == null) {
      draft.images().add(image);
    } else {
      sink.take(draft.index(), image);
    }
    return draft;
  }

  /** Folders of the same name in two categories are told apart by the category. */
  private List<Entity> entities() {
    Set<String> seen = new HashSet<>();
    Set<String> twice = new HashSet<>();
    drafts.values().stream().map(Draft::folder).filter(f -> !seen.add(f)).forEach(twice::add);
    List<Entity> entities = new ArrayList<>();
    for (Draft d : drafts.values()) {
      boolean plain = d.category().isEmpty() || !twice.contains(d.folder());
      String name = plain ? d.folder() : d.category() + "/" + d.folder();
      List<LabelledImage> images =
          d.images().stream()
              .map(
                  i ->
                      new LabelledImage(
                          i.file(), i.name(), name, d.category(), d.label(), i.split()))
              .toList();
      entities.add(new Entity(name, d.title(), d.category(), d.label(), images));
    }
    return entities;
  }

  private String label(String title) {
    return template.replace("{name}", title);
  }

  private String relative(Path file) {
    return UserPath.composed(root.relativize(file).toString().replace('\\', '/'));
  }

  private static String stem(Path file) {
    String name = UserPath.name(file);
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }

  private List<Path> folders(Path folder) {
    List<Path> folders = list(folder, 1, p -> Files.isDirectory(p) && !p.equals(folder));
    // a walk of one step does not see that a link leads back
    for (Path f : folders) {
      if (Files.isSymbolicLink(f) && real(folder).startsWith(real(f))) {
        throw loop(f);
      }
    }
    return folders;
  }

  private List<Path> images(Path folder) {
    return list(folder, 1, ImageSetReader::isImage);
  }

  private static boolean isImage(Path file) {
    return ImageFiles.isImage(file) && Files.isRegularFile(file);
  }

  /** How many images there are, also in deeper folders than are read. */
  private int count() {
    return walk(
        root,
        8,
        all ->
            Math.toIntExact(
                all.filter(
                        p -> {
                          boolean image = isImage(p);
                          if (!image && Files.isRegularFile(p)) {
                            kinds.count(p); // in the one walk that sees every file once
                          }
                          return image;
                        })
                    .count()));
  }

  private static EngramException loop(Object link) {
    return new EngramException(
        "The link " + link + " leads back to a folder that it lies in; remove it from the set.");
  }

  private List<Path> list(Path folder, int depth, Predicate<Path> wanted) {
    return walk(folder, depth, all -> all.filter(wanted).sorted(NaturalOrder.PATHS).toList());
  }

  /** Hidden files (.DS_Store, ._x.png, .ipynb_checkpoints) are nobody's images. */
  private <T> T walk(Path folder, int depth, Function<Stream<Path>, T> read) {
    try (Stream<Path> all = Files.walk(folder, depth, FileVisitOption.FOLLOW_LINKS)) {
      return read.apply(
          all.peek(p -> Progress.checkInterrupt())
              .filter(p -> !("/" + relative(p)).contains("/.")));
    } catch (UncheckedIOException e) {
      throw e.getCause() instanceof FileSystemLoopException loop
          ? loop(loop.getFile())
          : unreadable(folder, e);
    } catch (IOException e) {
      throw unreadable(folder, e);
    }
  }
}
