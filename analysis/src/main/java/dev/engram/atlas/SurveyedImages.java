package dev.engram.atlas;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Sha256;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.data.Spread;
import java.io.IOException;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The images of a survey in the order in which they pass: by class, then by name, those without a
 * class last. They pass in blocks of a fixed size that belong to the list and not to a run, since
 * the engine's last bit depends on what is multiplied together.
 */
final class SurveyedImages {
  /** How many images pass at once. */
  static final int BLOCK = 16;

  private final ImageSet set;
  private final List<Entry> entries;
  private final int[] classSizes;

  /**
   * @param number the rank of its name among all, by which ties are broken
   * @param classIndex −1 for none
   */
  record Entry(LabelledImage image, int number, int classIndex) {}

  /** An image before it has a number. */
  private record Listed(LabelledImage image, int classIndex) {}

  private SurveyedImages(ImageSet set, List<Entry> entries) {
    this.set = set;
    this.entries = entries;
    classSizes = new int[set.entities().size()];
    for (Entry e : entries) {
      if (e.classIndex >= 0) {
        classSizes[e.classIndex]++;
      }
    }
  }

  static SurveyedImages of(ImageSet set, SurveySettings settings) {
    List<Listed> all = new ArrayList<>();
    List<Entity> entities = set.entities();
    for (int c = 0; c < entities.size(); c++) {
      int index = c;
      entities.get(c).images().stream()
          .sorted(Comparator.comparing(LabelledImage::name))
          .forEach(i -> all.add(new Listed(i, index)));
    }
    set.background().stream()
        .sorted(Comparator.comparing(LabelledImage::name))
        .forEach(i -> all.add(new Listed(i, -1)));
    if (all.isEmpty()) {
      throw new EngramException("The image set " + set.name() + " has no images to survey.");
    }
    Integer most = settings.images();
    List<Listed> chosen = most == null ? all : Spread.of(all, most);
    int[] numbers = new int[chosen.size()];
    int[] byName =
        IntStream.range(0, numbers.length)
            .boxed()
            .sorted(Comparator.comparing(i -> chosen.get(i).image.name()))
            .mapToInt(i -> i)
            .toArray();
    for (int rank = 0; rank < numbers.length; rank++) {
      numbers[byName[rank]] = rank;
    }
    return new SurveyedImages(
        set,
        IntStream.range(0, numbers.length)
            .mapToObj(i -> new Entry(chosen.get(i).image, numbers[i], chosen.get(i).classIndex))
            .toList());
  }

  ImageSet set() {
    return set;
  }

  int size() {
    return entries.size();
  }

  int[] classSizes() {
    return classSizes.clone();
  }

  int blocks() {
    return (size() + BLOCK - 1) / BLOCK;
  }

  /** The images of a block. */
  List<Entry> block(int index) {
    return entries.subList(index * BLOCK, Math.min(size(), (index + 1) * BLOCK));
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
      sha.update((e.image.name() + '\0' + e.classIndex + '\0' + stamp(e)).getBytes(UTF_8));
    }
    return Sha256.hex(sha);
  }

  private static String stamp(Entry e) {
    Progress.checkInterrupt();
    try {
      return Files.size(e.image.file()) + " " + Files.getLastModifiedTime(e.image.file());
    } catch (IOException gone) {
      return "not there"; // counted and named where it is read
    }
  }
}
