package dev.engram.atlas;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Sha256;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.Spread;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * The images of a survey in the order in which they pass: by class, then by name, those without a
 * class last. They pass in blocks of a fixed size that belong to the list and not to a run, since
 * the engine's last bit depends on what is multiplied together.
 */
final class SurveyedImages {
  /** How many images pass at once. */
  static final int BLOCK = 16;

  private final SurveySet set;
  private final int size;
  private final Map<Integer, List<Entry>> some; // blocks at hand; empty for all
  private final List<Entry> entries;
  private final int[] classSizes;

  /**
   * @param number the rank of its name among all, by which ties are broken
   */
  record Entry(SurveyImage image, int number) {
    /** −1 for none. */
    int classIndex() {
      return image.classIndex();
    }
  }

  private SurveyedImages(SurveySet set, List<Entry> entries) {
    this.set = set;
    this.entries = entries;
    size = entries.size();
    some = Map.of();
    classSizes = new int[set.entities().size()];
    for (Entry e : entries) {
      if (e.classIndex() >= 0) {
        classSizes[e.classIndex()]++;
      }
    }
  }

  private SurveyedImages(
      SurveySet set, int size, int[] classSizes, Map<Integer, List<Entry>> some) {
    this.set = set;
    this.size = size;
    this.classSizes = classSizes;
    this.some = some;
    entries = List.of();
  }

  /** Some blocks of a list that is elsewhere. */
  static SurveyedImages some(
      String name, int size, int[] classSizes, Map<Integer, List<Entry>> blocks) {
    return new SurveyedImages(
        new SurveySet(name, List.of(), List.of(), List.of()), size, classSizes, blocks);
  }

  static SurveyedImages of(ImageSet set, SurveySettings settings) {
    return of(SurveySet.of(set), settings);
  }

  static SurveyedImages of(SurveySet set, SurveySettings settings) {
    if (set.images().isEmpty()) {
      throw new EngramException("The image set " + set.name() + " has no images to survey.");
    }
    List<SurveyImage> all = new ArrayList<>(set.images());
    all.sort(
        Comparator.comparingInt((SurveyImage i) -> i.classIndex() < 0 ? 1 : 0)
            .thenComparingInt(SurveyImage::classIndex)
            .thenComparing(SurveyImage::name));
    Integer most = settings.images();
    List<SurveyImage> chosen = most == null ? all : Spread.of(all, most);
    int[] numbers = new int[chosen.size()];
    int[] byName =
        IntStream.range(0, numbers.length)
            .boxed()
            .sorted(Comparator.comparing(i -> chosen.get(i).name()))
            .mapToInt(i -> i)
            .toArray();
    for (int rank = 0; rank < numbers.length; rank++) {
      numbers[byName[rank]] = rank;
    }
    return new SurveyedImages(
        set,
        IntStream.range(0, numbers.length)
            .mapToObj(i -> new Entry(looked(chosen.get(i)), numbers[i]))
            .toList());
  }

  /** With its size and time, if nobody has looked yet. */
  private static SurveyImage looked(SurveyImage image) {
    if (image.bytes() != SurveyImage.UNKNOWN) {
      return image;
    }
    Progress.checkInterrupt();
    try {
      Path file = Path.of(image.place());
      return new SurveyImage(
          image.name(),
          image.classIndex(),
          image.place(),
          image.offset(),
          Files.size(file),
          Files.getLastModifiedTime(file).toMillis());
    } catch (IOException gone) {
      return image; // counted and named where it is read
    }
  }

  SurveySet set() {
    return set;
  }

  int size() {
    return size;
  }

  int[] classSizes() {
    return classSizes.clone();
  }

  int blocks() {
    return (size() + BLOCK - 1) / BLOCK;
  }

  /** The images of a block. */
  List<Entry> block(int index) {
    return some.isEmpty()
        ? entries.subList(index * BLOCK, Math.min(size(), (index + 1) * BLOCK))
        : Objects.requireNonNull(some.get(index));
  }

  /** All images, by their number. */
  List<Entry> byNumber() {
    return entries.stream().sorted(Comparator.comparingInt(Entry::number)).toList();
  }

  /**
   * SHA-256 over names, classes, labels, sizes and times of the images: what a survey that goes on
   * must find as it left it. No image is opened.
   */
  String listHash() {
    MessageDigest sha = Sha256.digest();
    for (Entity e : set.entities()) {
      sha.update((e.name() + '\0' + e.label() + '\0').getBytes(UTF_8));
    }
    for (Entry e : entries) {
      SurveyImage i = e.image;
      String stamp = i.offset() + " " + i.bytes() + " " + i.modified();
      sha.update((i.name() + '\0' + i.classIndex() + '\0' + stamp).getBytes(UTF_8));
    }
    return Sha256.hex(sha);
  }
}
