package dev.engram.atlas;

import static dev.engram.data.SpilledRecords.text;

import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.Progress;
import dev.engram.data.Entity;
import dev.engram.data.ImageFiles;
import dev.engram.data.ImageSet;
import dev.engram.data.SpilledRecords;
import dev.engram.data.UserPath;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Images in tar files, the form in which large sets are kept (WebDataset): a tar file, a folder of
 * them, or a pattern. An image is called {@code shard.tar/key}. Images are read where they lie, so
 * that they pass by class and name like those of folders.
 */
public final class TarShards {
  /** Beside the shards: the name of each class on a line, by its number from 0. */
  public static final List<String> CLASS_NAMES = List.of("classnames.txt", "classes.txt");

  /** With more captions than that they are no names of classes. */
  private static final int MOST_CLASSES = 20_000;

  private TarShards() {}

  /**
   * Whether a user means tar shards by it: {@code x.tar}, {@code x/*.tar}, or a folder with tar
   * files that has neither folders nor images.
   */
  public static boolean isAt(String name) {
    if (name.endsWith(".tar")) {
      return true;
    }
    try (Stream<Path> inside = Files.list(UserPath.of(name))) {
      List<Path> all = inside.toList();
      return all.stream().anyMatch(TarShards::isTar)
          && all.stream()
              .noneMatch(f -> isOfFolder(String.valueOf(f.getFileName()), Files.isDirectory(f)));
    } catch (IOException | EngramException e) {
      return false; // and whoever reads it as something else says what is wrong
    }
  }

  /** Whether it makes a folder one of images, beside which a tar file may have been left. */
  public static boolean isOfFolder(String name, boolean isFolder) {
    return !name.startsWith(".") && (isFolder || ImageFiles.isImage(name));
  }

  private static boolean isTar(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.endsWith(".tar") && !name.startsWith(".");
  }

  /**
   * Reads the headers of all shards, one after another.
   *
   * @param name a tar file, a folder of them, or a pattern of files ({@code *}, {@code ?}, {@code
   *     {a,b}}) in the last part of a path
   * @throws EngramException if there is no such file, or no image in any of them
   */
  public static SurveySet read(String name, Progress progress) {
    List<Path> shards = shards(name);
    if (shards.isEmpty()) {
      throw new EngramException("There is no tar file " + name + ".");
    }
    Collector all = new Collector(title(name));
    int read = 0;
    for (Path shard : shards) {
      progress.step("listing tar shards", read++, shards.size());
      String called = String.valueOf(shard.getFileName());
      try (InputStream in = new FileInputStream(shard.toFile())) {
        long modified = Files.getLastModifiedTime(shard).toMillis();
        String place = shard.toRealPath().toString(); // a link may be taken away
        all.add(TarIndex.read(in, called, place, Files.size(shard), modified));
      } catch (IOException e) {
        Progress.checkInterrupt();
        all.add(TarIndex.unreadable(called, shard.toString(), 0, Json.why(e)));
      }
    }
    Path folder = shards.get(0).toAbsolutePath().getParent();
    return all.set(classNames(folder));
  }

  private static String title(String name) {
    String last = String.valueOf(UserPath.of(name.replaceAll("[*?]", "x")).getFileName());
    return name.endsWith(".tar") ? last.replaceFirst("\\.tar$", "") : last;
  }

  private static List<Path> shards(String name) {
    int slash = Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\'));
    String last = name.substring(slash + 1);
    boolean isPattern = last.matches(".*[*?{\\[].*") && !isFile(name);
    String folder = slash < 0 ? "." : name.substring(0, slash + 1);
    Path path = UserPath.of(isPattern ? folder : name); // Windows has no path with * in it
    if (!isPattern && Files.isRegularFile(path)) {
      return List.of(path.toAbsolutePath());
    }
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(path, isPattern ? last : "*.tar")) {
      all.forEach(found::add);
    } catch (PatternSyntaxException e) {
      throw new EngramException("'" + last + "' is no pattern of files.", e);
    } catch (IOException | DirectoryIteratorException e) {
      throw new EngramException(
          Files.exists(path) ? path + " cannot be read: " + e + "." : "There is no " + path + ".",
          e);
    }
    return found.stream()
        .filter(f -> isTar(f) && Files.isRegularFile(f))
        .map(Path::toAbsolutePath)
        .sorted(Comparator.comparing(f -> String.valueOf(f.getFileName())))
        .toList();
  }

  /** A file's own name may have a pattern's signs; Windows takes no {@code *} in any. */
  private static boolean isFile(String name) {
    try {
      return Files.isRegularFile(UserPath.of(name));
    } catch (EngramException | InvalidPathException e) {
      return false;
    }
  }

  private static List<String> classNames(@Nullable Path folder) {
    for (String each : CLASS_NAMES) {
      Path file = folder == null ? Path.of(each) : folder.resolve(each);
      if (Files.isRegularFile(file)) {
        try {
          return Files.readAllLines(file).stream().map(String::strip).toList();
        } catch (IOException e) {
          throw new EngramException(file + " cannot be read: " + Json.why(e) + ".", e);
        }
      }
    }
    return List.of();
  }

  /** A class that collects what its images say of it. */
  private static final class Draft {
    private int images;
    private String caption = "";
    private boolean differs;

    void add(String text) {
      differs |= images > 0 && !text.equals(caption);
      caption = text;
      images++;
    }
  }

  /**
   * Puts shards together. What they say of each image is on the disk where there are many; of
   * classes and captions no more are kept than may be classes.
   */
  public static final class Collector {
    private final String name;
    private final List<Labelled> images = new SpilledRecords<>(Labelled.FORMAT);
    private final Map<String, Draft> byLabel = new HashMap<>();
    private final Map<String, Draft> byCaption = new HashMap<>();
    private final List<String> notes = new ArrayList<>();
    private long further;
    private long unreadJson;

    /**
     * @param name of the set
     */
    public Collector(String name) {
      this.name = name;
    }

    /** Takes in what a shard has. */
    public void add(TarIndex shard) {
      if (!shard.damage().isEmpty()) {
        notes.add(
            "The tar file %s is damaged, %s; %d of its images are used."
                .formatted(shard.place(), shard.damage(), shard.samples().size()));
      }
      further += shard.further();
      unreadJson += shard.unreadJson();
      for (TarIndex.Sample s : shard.samples()) {
        SurveyImage image =
            new SurveyImage(
                shard.name() + "/" + s.key(),
                -1,
                shard.place(),
                s.offset(),
                s.bytes(),
                shard.modified());
        images.add(new Labelled(image, s.label(), s.caption()));
        count(byLabel, s.label(), s.caption());
        count(byCaption, s.caption(), s.caption());
      }
    }

    private static void count(Map<String, Draft> drafts, String key, String caption) {
      if (!key.isEmpty() && drafts.size() <= MOST_CLASSES) {
        drafts.computeIfAbsent(key, k -> new Draft()).add(caption);
      }
    }

    /**
     * All of them.
     *
     * @param classNames by number from 0; may be empty
     * @throws EngramException if there is no image in any of them
     */
    public SurveySet set(List<String> classNames) {
      if (images.isEmpty()) {
        throw new EngramException(
            "There is no image in the tar files of %s; members such as 0001.jpg with 0001.cls or 0001.txt are expected.%s"
                .formatted(name, notes.isEmpty() ? "" : " " + notes.get(0)));
      }
      if (further > 0) {
        notes.add(
            String.format(
                Locale.ROOT,
                "Images beside the first of their sample are left out: %,d (of 0001 the image is"
                    + " 0001.jpg, and not 0001.left.jpg).",
                further));
      }
      if (unreadJson > 0) {
        notes.add(
            String.format(
                Locale.ROOT,
                "Members in JSON that are no JSON, or longer than 64 kB, are not used: %,d.",
                unreadJson));
      }
      boolean isByCaption = byLabel.isEmpty();
      Map<String, Draft> drafts = isByCaption ? byCaption : byLabel;
      if (drafts.size() > MOST_CLASSES) {
        notes.add(
            "There are more than %,d different %s, so none is a class; images pass without."
                .formatted(MOST_CLASSES, isByCaption ? "captions" : "classes"));
        drafts.clear();
      }
      List<Entity> classes = new ArrayList<>();
      Map<String, Integer> places = places(drafts, isByCaption, classNames, classes, notes);
      List<SurveyImage> placed = SurveyImage.list();
      for (Labelled i : images) {
        placed.add(i.image.of(places.getOrDefault(isByCaption ? i.caption : i.label, -1)));
      }
      return new SurveySet(name, classes, placed, notes);
    }
  }

  /** An image, and what a shard says of it. */
  private record Labelled(SurveyImage image, String label, String caption) {
    static final SpilledRecords.Format<Labelled> FORMAT =
        new SpilledRecords.Format<>() {
          @Override
          public void write(Labelled each, DataOutput out) throws IOException {
            SurveyImage.FORMAT.write(each.image, out);
            text(each.label, out);
            text(each.caption, out);
          }

          @Override
          public Labelled read(DataInput in) throws IOException {
            return new Labelled(SurveyImage.FORMAT.read(in), text(in), text(in));
          }
        };
  }

  /** Fills the list of classes, in the order of their numbers, else of their names. */
  private static Map<String, Integer> places(
      Map<String, Draft> drafts,
      boolean byCaption,
      List<String> classNames,
      List<Entity> classes,
      List<String> notes) {
    Map<String, Integer> places = new TreeMap<>();
    List<Map.Entry<String, Draft>> sorted = new ArrayList<>(drafts.entrySet());
    sorted.sort(
        Comparator.comparingLong((Map.Entry<String, Draft> e) -> number(e.getKey()))
            .thenComparing(Map.Entry::getKey));
    Set<String> taken = new HashSet<>();
    boolean unnamed = false;
    for (Map.Entry<String, Draft> each : sorted) {
      String key = each.getKey();
      Draft draft = each.getValue();
      long number = number(key);
      boolean isNumber = number < Integer.MAX_VALUE;
      boolean isNamed = isNumber && number < classNames.size() && !byCaption;
      unnamed |= isNumber && !isNamed && !byCaption;
      String title = isNamed ? classNames.get((int) number) : key;
      String name = title.replaceAll("\\s+", "_");
      String own = name;
      for (int i = 0; !taken.add(own); i++) {
        own = name + "_" + key + (i == 0 ? "" : "_" + i);
      }
      boolean hasCaption = !draft.differs && !draft.caption.isEmpty();
      String label =
          hasCaption ? draft.caption : ImageSet.DEFAULT_TEMPLATE.replace("{name}", title);
      places.put(key, classes.size());
      classes.add(new Entity(own, title, "", label, List.of()));
    }
    if (unnamed) {
      notes.add(
          "Classes are numbers without names: put %s beside the shards, with one name a line."
              .formatted(CLASS_NAMES.get(0)));
    }
    return places;
  }

  /** Of a class that is written as a number; a large one for others, which come later. */
  private static long number(String key) {
    return key.matches("\\d{1,9}") ? Long.parseLong(key) : Integer.MAX_VALUE;
  }
}
