package dev.engram.atlas;

import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.Progress;
import dev.engram.data.Entity;
import dev.engram.data.ImageFiles;
import dev.engram.data.ImageSet;
import dev.engram.data.UserPath;
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
    List<TarIndex> all = new ArrayList<>();
    for (Path shard : shards) {
      progress.step("listing tar shards", all.size(), shards.size());
      String called = String.valueOf(shard.getFileName());
      try (InputStream in = new FileInputStream(shard.toFile())) {
        long modified = Files.getLastModifiedTime(shard).toMillis();
        String place = shard.toRealPath().toString(); // a link may be taken away
        all.add(TarIndex.read(in, called, place, Files.size(shard), modified));
      } catch (IOException e) {
        Progress.checkInterrupt();
        all.add(new TarIndex(called, shard.toString(), 0, List.of(), Json.why(e)));
      }
    }
    Path folder = shards.get(0).toAbsolutePath().getParent();
    return set(title(name), all, classNames(folder));
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
   * Puts shards together.
   *
   * @param classNames by number from 0; may be empty
   * @throws EngramException if there is no image in any of them
   */
  public static SurveySet set(String name, List<TarIndex> shards, List<String> classNames) {
    List<String> notes = new ArrayList<>();
    boolean byCaption =
        shards.stream().flatMap(s -> s.samples().stream()).noneMatch(TarShards::hasLabel);
    Map<String, Draft> drafts = new HashMap<>();
    int total = 0;
    for (TarIndex shard : shards) {
      if (!shard.damage().isEmpty()) {
        notes.add(
            "The tar file %s is damaged, %s; %d of its images are used."
                .formatted(shard.place(), shard.damage(), shard.samples().size()));
      }
      for (TarIndex.Sample s : shard.samples()) {
        total++;
        String key = byCaption ? s.caption() : s.label();
        if (!key.isEmpty() && drafts.size() <= MOST_CLASSES) {
          drafts.computeIfAbsent(key, k -> new Draft()).add(s.caption());
        }
      }
    }
    if (total == 0) {
      throw new EngramException(
          "There is no image in the tar files of %s; members such as 0001.jpg with 0001.cls or 0001.txt are expected.%s"
              .formatted(name, notes.isEmpty() ? "" : " " + notes.get(0)));
    }
    if (drafts.size() > MOST_CLASSES) {
      notes.add(
          "There are more than %,d different %s, so none is a class; images pass without."
              .formatted(MOST_CLASSES, byCaption ? "captions" : "classes"));
      drafts.clear();
    }
    List<Entity> classes = new ArrayList<>();
    Map<String, Integer> places = places(drafts, byCaption, classNames, classes, notes);
    List<SurveyImage> images = new ArrayList<>(total);
    for (TarIndex shard : shards) {
      for (TarIndex.Sample s : shard.samples()) {
        images.add(
            new SurveyImage(
                shard.name() + "/" + s.key(),
                places.getOrDefault(byCaption ? s.caption() : s.label(), -1),
                shard.place(),
                s.offset(),
                s.bytes(),
                shard.modified()));
      }
    }
    return new SurveySet(name, classes, images, notes);
  }

  private static boolean hasLabel(TarIndex.Sample sample) {
    return !sample.label().isEmpty();
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
      String own = taken.add(name) ? name : name + "_" + key;
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
