package dev.engram.atlas;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What some images tell of every neuron: sums, histograms and the largest values, never a row for
 * each neuron and image. Two states of different images merge, and whatever the split and the
 * order, the result is the same to the bit.
 */
final class AtlasState {
  /** Neurons that a core takes at once: their sums, lists and sketches, 4 kB each, stay near. */
  private static final int AT_ONCE = 64;

  final int neurons;
  final SurveySettings settings;
  private final int[] classSizes;
  private final int listed;

  /** The blocks of images that are in it. */
  final BitSet blocks = new BitSet();

  /** Those of them whose images passed in smaller batches, since memory was full. */
  final BitSet halved = new BitSet();

  /** Images that could not be read, by their number. */
  final Map<Integer, String> unreadable = new TreeMap<>();

  long images;
  long labelled;
  final ExactSums improvements;

  /** Of m at the class token. */
  final CoefficientStats classToken;

  /** Of the maximum of m over the patches; null where a survey leaves it out. */
  final @Nullable CoefficientStats patches;

  /** Of m at the class token. */
  final Sketches sketches;

  final TopLists improved;

  /** Finished classes: mean improvement, mean coefficient beside it. */
  final TopLists classes;

  private final Map<Integer, OpenClass> open = new TreeMap<>();

  /** A class of which images are still to come. */
  private static final class OpenClass {
    private final ExactSums improvements;
    private final ExactSums coefficients;
    private int read;
    private int seen; // with those that could not be read

    OpenClass(int neurons) {
      improvements = new ExactSums(neurons);
      coefficients = new ExactSums(neurons);
    }
  }

  /**
   * @param neurons of the model
   * @param classSizes how many of the surveyed images each class has
   * @param listed how many images are surveyed
   */
  AtlasState(int neurons, SurveySettings settings, int[] classSizes, int listed) {
    this.neurons = neurons;
    this.settings = settings;
    this.classSizes = classSizes;
    this.listed = listed;
    improvements = new ExactSums(neurons);
    classToken = new CoefficientStats(neurons, settings, true);
    patches = settings.patches() ? new CoefficientStats(neurons, settings, false) : null;
    sketches = new Sketches(neurons, listed);
    improved = TopLists.of(neurons, settings.top());
    classes = TopLists.withBeside(neurons, settings.classes());
  }

  /** A state of no images, for others of the same survey. */
  AtlasState empty() {
    return new AtlasState(neurons, settings, classSizes, listed);
  }

  /**
   * What the model says of an image.
   *
   * @param image its number: the rank of its name among all
   * @param classIndex −1 for none
   * @param m of every neuron
   * @param improvement of its own label by every neuron; read only if it has a class
   * @param patches the maximum of m over its patches, of every neuron; read only by a survey that
   *     keeps it
   */
  record Told(int image, int classIndex, float[] m, float[] improvement, float[] patches) {}

  /** Adds images: some neurons at a time on each core, so that what is kept of them stays near. */
  void add(List<Told> told) {
    List<@Nullable OpenClass> own = new ArrayList<>();
    for (Told t : told) {
      own.add(
          t.classIndex < 0
              ? null
              : open.computeIfAbsent(t.classIndex, c -> new OpenClass(neurons)));
    }
    List<int[]> places = told.stream().map(t -> sketches.places(t.image)).toList();
    IntStream.range(0, (neurons + AT_ONCE - 1) / AT_ONCE)
        .parallel()
        .forEach(
            part -> {
              int to = Math.min(neurons, (part + 1) * AT_ONCE);
              for (int i = 0; i < own.size(); i++) {
                add(told.get(i), own.get(i), places.get(i), part * AT_ONCE, to);
              }
            });
    images += told.size();
    for (int i = 0; i < own.size(); i++) {
      OpenClass of = own.get(i);
      if (of != null) {
        labelled++;
        of.read++;
        of.seen++;
        close(told.get(i).classIndex, of);
      }
    }
  }

  private void add(Told told, @Nullable OpenClass own, int[] places, int from, int to) {
    for (int i = from; i < to; i++) {
      classToken.add(i, told.m[i], told.image);
      sketches.add(i, told.m[i], places);
    }
    for (int i = from; i < to && patches != null; i++) {
      patches.add(i, told.patches[i], told.image);
    }
    for (int i = from; i < to && own != null; i++) {
      float improvement = told.improvement[i];
      improvements.add(i, improvement);
      improved.add(i, improvement, told.image);
      own.improvements.add(i, improvement);
      own.coefficients.add(i, told.m[i]);
    }
  }

  /** Counts and names an image that cannot be read. */
  void addUnreadable(int image, int classIndex, String why) {
    unreadable.put(image, why);
    if (classIndex >= 0) {
      OpenClass own = open.computeIfAbsent(classIndex, c -> new OpenClass(neurons));
      own.seen++;
      close(classIndex, own);
    }
  }

  /** A class is ranked when all its images have come. */
  private void close(int classIndex, OpenClass own) {
    if (own.seen < classSizes[classIndex]) {
      return;
    }
    open.remove(classIndex);
    for (int i = 0; i < neurons && own.read > 0; i++) {
      classes.add(
          i, own.improvements.mean(i, own.read), classIndex, own.coefficients.mean(i, own.read));
    }
  }

  /** Adds what other images of the same survey tell. */
  void merge(AtlasState other) {
    if (!settings.equals(other.settings)) {
      throw new IllegalArgumentException(
          "the states are of surveys with different settings, %s and %s"
              .formatted(settings, other.settings));
    }
    if (blocks.intersects(other.blocks)) {
      throw new IllegalArgumentException("the states share the blocks " + blocks);
    }
    blocks.or(other.blocks);
    halved.or(other.halved);
    unreadable.putAll(other.unreadable);
    images += other.images;
    labelled += other.labelled;
    improvements.add(other.improvements);
    classToken.add(other.classToken);
    if (patches != null && other.patches != null) {
      patches.add(other.patches);
    }
    sketches.add(other.sketches);
    improved.add(other.improved);
    classes.add(other.classes);
    other.open.forEach(
        (c, theirs) -> {
          OpenClass own = open.computeIfAbsent(c, k -> new OpenClass(neurons));
          own.improvements.add(theirs.improvements);
          own.coefficients.add(theirs.coefficients);
          own.read += theirs.read;
          own.seen += theirs.seen;
          close(c, own);
        });
  }

  /** Whether every class of which an image came has all of them. */
  boolean isComplete() {
    return open.isEmpty();
  }

  void write(DataOutput out) throws IOException {
    write(blocks, out);
    write(halved, out);
    out.writeInt(unreadable.size());
    for (Map.Entry<Integer, String> each : unreadable.entrySet()) {
      out.writeInt(each.getKey());
      out.writeUTF(each.getValue());
    }
    out.writeLong(images);
    out.writeLong(labelled);
    improvements.write(out);
    classToken.write(out);
    if (patches != null) {
      patches.write(out);
    }
    sketches.write(out);
    improved.write(out);
    classes.write(out);
    out.writeInt(open.size());
    for (Map.Entry<Integer, OpenClass> each : open.entrySet()) {
      out.writeInt(each.getKey());
      out.writeInt(each.getValue().read);
      out.writeInt(each.getValue().seen);
      each.getValue().improvements.write(out);
      each.getValue().coefficients.write(out);
    }
  }

  private static void write(BitSet set, DataOutput out) throws IOException {
    long[] words = set.toLongArray();
    out.writeInt(words.length);
    for (long each : words) {
      out.writeLong(each);
    }
  }

  private static void read(BitSet into, DataInput in) throws IOException {
    long[] words = new long[in.readInt()];
    for (int i = 0; i < words.length; i++) {
      words[i] = in.readLong();
    }
    into.or(BitSet.valueOf(words));
  }

  /** Reads into an empty state of the same survey. */
  void read(DataInput in) throws IOException {
    read(blocks, in);
    read(halved, in);
    for (int left = in.readInt(); left > 0; left--) {
      unreadable.put(in.readInt(), in.readUTF());
    }
    images = in.readLong();
    labelled = in.readLong();
    improvements.read(in);
    classToken.read(in);
    if (patches != null) {
      patches.read(in);
    }
    sketches.read(in);
    improved.read(in);
    classes.read(in);
    for (int left = in.readInt(); left > 0; left--) {
      OpenClass own = new OpenClass(neurons);
      int c = in.readInt();
      own.read = in.readInt();
      own.seen = in.readInt();
      own.improvements.read(in);
      own.coefficients.read(in);
      open.put(c, own);
    }
  }
}
