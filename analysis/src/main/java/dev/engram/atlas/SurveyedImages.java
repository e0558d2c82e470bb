package dev.engram.atlas;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Sha256;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.SpilledRecords;
import dev.engram.data.SpilledSort;
import dev.engram.data.Spread;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The images of a survey in the order in which they pass: by class, then by name, those without a
 * class last. They pass in blocks of a fixed size that belong to the list and not to a run, since
 * the engine's last bit depends on what is multiplied together. They are sorted on the disk where
 * they are many, so that memory does not depend on their number.
 */
final class SurveyedImages {
  /** How many images pass at once. */
  static final int BLOCK = 16;

  private static final Comparator<SurveyImage> PASSING =
      Comparator.comparingInt((SurveyImage i) -> i.classIndex() < 0 ? 1 : 0)
          .thenComparingInt(SurveyImage::classIndex)
          .thenComparing(SurveyImage::name);

  private final SurveySet set;
  private final int size;
  private final Map<Integer, List<Entry>> some; // blocks at hand; empty for all
  private final List<Entry> entries;
  private final List<Entry> byNumber;
  private final int[] classSizes;

  /**
   * @param number the rank of its name among all, by which ties are broken
   */
  record Entry(SurveyImage image, int number) {
    /** −1 for none. */
    int classIndex() {
      return image.classIndex();
    }

    /** On the disk. */
    static final SpilledRecords.Format<Entry> FORMAT =
        new SpilledRecords.Format<>() {
          @Override
          public void write(Entry entry, DataOutput out) throws IOException {
            SurveyImage.FORMAT.write(entry.image, out);
            out.writeInt(entry.number);
          }

          @Override
          public Entry read(DataInput in) throws IOException {
            return new Entry(SurveyImage.FORMAT.read(in), in.readInt());
          }
        };
  }

  private SurveyedImages(SurveySet set, List<Entry> entries, List<Entry> byNumber) {
    this.set = set;
    this.entries = entries;
    this.byNumber = byNumber;
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
    byNumber = List.of();
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
    return of(set, settings, SpilledSort.HELD);
  }

  /**
   * @param held how many images memory holds while they are sorted
   */
  static SurveyedImages of(SurveySet set, SurveySettings settings, int held) {
    if (set.images().isEmpty()) {
      throw new EngramException("The image set " + set.name() + " has no images to survey.");
    }
    try {
      return sorted(set, settings.images(), held);
    } catch (IOException e) {
      throw SpilledRecords.failed(e);
    }
  }

  private static SurveyedImages sorted(SurveySet set, @Nullable Integer most, int held)
      throws IOException {
    SpilledSort<SurveyImage> listed = new SpilledSort<>(PASSING, SurveyImage.FORMAT, held);
    for (SurveyImage image : set.images()) {
      listed.add(image);
    }
    int all = set.images().size();
    int wanted = most == null ? all : Math.min(all, most);
    SpilledSort<Entry> ranked =
        new SpilledSort<>(Comparator.comparing(e -> e.image.name()), Entry.FORMAT, held);
    listed.drain(
        new SpilledSort.Sink<>() {
          private int seen;
          private int taken;

          @Override
          public void take(SurveyImage image) throws IOException {
            if (taken < wanted && seen++ == Spread.place(taken, all, wanted)) {
              ranked.add(new Entry(looked(image), taken++));
            }
          }
        });
    List<Entry> byNumber = new SpilledRecords<>(Entry.FORMAT);
    SpilledSort<Entry> passing =
        new SpilledSort<>(
            Comparator.comparing(Entry::image, PASSING).thenComparingInt(Entry::number),
            Entry.FORMAT,
            held);
    ranked.drain(
        entry -> {
          Entry numbered = new Entry(entry.image, byNumber.size());
          byNumber.add(numbered);
          passing.add(numbered);
        });
    List<Entry> entries = new SpilledRecords<>(Entry.FORMAT);
    passing.drain(entries::add);
    return new SurveyedImages(set, entries, byNumber);
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
        ? List.copyOf(entries.subList(index * BLOCK, Math.min(size(), (index + 1) * BLOCK)))
        : Objects.requireNonNull(some.get(index));
  }

  /** All images, by their number. */
  List<Entry> byNumber() {
    return byNumber;
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
