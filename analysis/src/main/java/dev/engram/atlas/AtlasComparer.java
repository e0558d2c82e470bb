package dev.engram.atlas;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.atlas.AtlasComparison.Lone;
import dev.engram.atlas.AtlasComparison.Pair;
import dev.engram.atlas.AtlasComparison.Relabelled;
import dev.engram.atlas.AtlasComparison.Side;
import dev.engram.trace.NeuronSpace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Carries out {@link Atlas#compare}: finds partners by their sketches, and tells what changed. */
final class AtlasComparer {
  private final Atlas before;
  private final Atlas after;
  private final double match;

  /** What is read of one of the atlases. */
  private record Half(AtlasNeurons numbers, List<String> words, List<short[]> sketches) {
    static Half of(Atlas atlas) {
      return new Half(
          atlas.neurons(),
          atlas.texts("SELECT array_to_string(words, ', ') FROM neurons ORDER BY position"),
          atlas.sketches());
    }

    NeuronSpace space() {
      return numbers.space();
    }

    int size() {
      return sketches.size();
    }

    boolean isConstant(int i) {
      return numbers.deviation()[i] < Sketches.CONSTANT;
    }

    int constants() {
      return (int) IntStream.range(0, size()).filter(this::isConstant).count();
    }

    Side side(int i) {
      return new Side(
          space().neuron(i),
          numbers.mean()[i],
          numbers.density()[i],
          numbers.bestClass().get(i),
          numbers.improvement()[i],
          words.get(i));
    }

    /** Whether a neuron has the same coefficient on every image as the other's of its place. */
    boolean isSame(Half other, int i) {
      return numbers.mean()[i] == other.numbers.mean()[i]
          && numbers.deviation()[i] == other.numbers.deviation()[i]
          && numbers.least()[i] == other.numbers.least()[i]
          && numbers.greatest()[i] == other.numbers.greatest()[i]
          && numbers.density()[i] == other.numbers.density()[i]
          && Arrays.equals(sketches.get(i), other.sketches.get(i));
    }
  }

  AtlasComparer(Atlas before, Atlas after, double match) {
    if (!(match > 0 && match <= 1)) {
      throw new EngramException(
          "Neurons are partners from a correlation above 0 and of at most 1; got " + match + ".");
    }
    this.before = before;
    this.after = after;
    this.match = match;
    requireComparable();
  }

  private void requireComparable() {
    Manifest a = before.manifest();
    Manifest b = after.manifest();
    if (!a.setHash().equals(b.setHash())) {
      throw refusal(
          "other images (%,d of %s, and %,d of %s)"
              .formatted(a.images(), a.set(), b.images(), b.set()));
    }
    for (String sum :
        List.of(
            "SELECT sum(hash(image, number, class, unreadable IS NULL))::VARCHAR FROM images",
            "SELECT sum(hash(class, label))::VARCHAR FROM labels")) {
      if (!before.texts(sum).equals(after.texts(sum))) {
        throw refusal("images with other classes, labels or unreadable files");
      }
    }
    if (a.settings().threshold() != b.settings().threshold()) {
      throw refusal(
          "densities beyond other thresholds (--threshold %s and %s)"
              .formatted(a.settings().threshold(), b.settings().threshold()));
    }
    if (a.settings().patches() != b.settings().patches()) {
      throw refusal("other positions (one with --patches, the other without)");
    }
  }

  private EngramException refusal(String differs) {
    return new EngramException(
        "The atlases %s and %s cannot be compared, since they are of %s; survey both models alike (%%survey)."
            .formatted(before.folder(), after.folder(), differs));
  }

  AtlasComparison compare(Progress progress) {
    progress.step("reading atlases", 0, 2);
    Half a = Half.of(before);
    progress.step("reading atlases", 1, 2);
    Half b = Half.of(after);
    progress.step("reading atlases", 2, 2);
    double[] ofName = ofName(a, b);
    boolean[] isSame = new boolean[ofName.length];
    for (int i = 0; i < isSame.length; i++) {
      isSame[i] = a.isSame(b, i);
    }
    NeuronPartners.Best forAfter =
        NeuronPartners.best(b.sketches, lone(b, ofName, isSame), a.sketches, progress);
    int[] loneBefore = lone(a, ofName, isSame);
    NeuronPartners.Best forBefore =
        NeuronPartners.best(a.sketches, loneBefore, b.sketches, progress);

    List<Pair> pairs = new ArrayList<>();
    List<Lone> appeared = new ArrayList<>();
    int same = 0;
    int sameName = 0;
    for (int i = 0; i < b.size(); i++) {
      boolean isNamesake = i < isSame.length && (isSame[i] || ofName[i] >= match);
      if (isNamesake) {
        pairs.add(new Pair(a.side(i), b.side(i), ofName[i]));
        same += isSame[i] ? 1 : 0;
        sameName += isSame[i] ? 0 : 1;
      } else if (!b.isConstant(i)) {
        if (forAfter.correlation(i) >= match) {
          pairs.add(new Pair(a.side(forAfter.of(i)), b.side(i), forAfter.correlation(i)));
        } else {
          appeared.add(lone(b, i, forAfter, a));
        }
      }
    }
    List<Lone> vanished = new ArrayList<>();
    for (int i : loneBefore) {
      if (!(forBefore.correlation(i) >= match)) {
        vanished.add(lone(a, i, forBefore, b));
      }
    }
    Comparator<Lone> least = Comparator.comparingDouble(Lone::correlation);
    Manifest of = before.manifest();
    return new AtlasComparison(
        of,
        after.manifest(),
        match,
        of.images(),
        isEstimate() ? (1 - match * match) / Math.sqrt(Sketches.WIDTH) : 0,
        same,
        sameName,
        pairs.size() - same - sameName,
        a.constants(),
        b.constants(),
        pairs,
        appeared.stream().sorted(least).toList(),
        vanished.stream().sorted(least).toList(),
        relabelled(),
        provenance());
  }

  private List<Relabelled> relabelled() {
    String readable = " FROM images WHERE unreadable IS NULL ORDER BY number";
    List<String> names = before.texts("SELECT image" + readable);
    List<String> was = before.texts("SELECT nearest[1]" + readable);
    List<String> is = after.texts("SELECT nearest[1]" + readable);
    return IntStream.range(0, names.size())
        .filter(i -> !was.get(i).equals(is.get(i)))
        .mapToObj(i -> new Relabelled(names.get(i), was.get(i), is.get(i)))
        .toList();
  }

  private static Lone lone(Half of, int i, NeuronPartners.Best best, Half others) {
    int nearest = best.of(i);
    return new Lone(
        of.side(i), nearest < 0 ? null : others.space().neuron(nearest), best.correlation(i));
  }

  private boolean isEstimate() {
    Manifest m = before.manifest();
    return Sketches.isEstimate(m.images() + m.unreadable());
  }

  /** The correlation of neurons with those of their own name; nothing where models differ. */
  private static double[] ofName(Half a, Half b) {
    return !a.space().equals(b.space())
        ? new double[0]
        : IntStream.range(0, a.size())
            .parallel()
            .mapToDouble(i -> Sketches.correlation(a.sketches.get(i), b.sketches.get(i)))
            .toArray();
  }

  /** The neurons that have no partner of their own name, and are not constant. */
  private int[] lone(Half of, double[] ofName, boolean[] isSame) {
    return IntStream.range(0, of.size())
        .filter(i -> i >= ofName.length || !(isSame[i] || ofName[i] >= match))
        .filter(i -> !of.isConstant(i))
        .toArray();
  }

  private Provenance provenance() {
    return before
        .provenance()
        .joined("model", after.provenance())
        .joined("atlas", after.provenance())
        .with("partners", String.format(Locale.ROOT, "r ≥ %s", match));
  }
}
