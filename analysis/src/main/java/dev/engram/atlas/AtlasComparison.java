package dev.engram.atlas;

import dev.engram.Provenance;
import dev.engram.trace.Neuron;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Two models over the same images, or one model before and after an edit. Two neurons are partners
 * if their coefficients at the class token correlate over these images; of one name where that is
 * so, else the most correlated. Density, best class, words and whether a coefficient is the same
 * are exact; correlations are exact for up to 256 images, and estimated from {@code sketches} for
 * more.
 *
 * @param before the atlas of the one model
 * @param after the atlas of the other
 * @param match the correlation from which neurons are partners
 * @param images over which both were surveyed
 * @param standardError of a correlation of {@code match}; 0 where correlations are exact
 * @param same neurons whose coefficient is the same on every image, to the last bit, and their name
 * @param sameName further neurons with a partner of their own name
 * @param otherName neurons of the second with a partner of another name alone
 * @param constantBefore neurons of the first that no image moves, which have no correlation
 * @param constantAfter such neurons of the second
 * @param pairs the neurons of the second that have a partner, in their order
 * @param appeared neurons of the second without a partner, the least correlated first
 * @param vanished neurons of the first without a partner, the least correlated first
 * @param relabelled images that are nearest to another label, in their order
 * @param provenance where the numbers come from
 */
public record AtlasComparison(
    Manifest before,
    Manifest after,
    double match,
    long images,
    double standardError,
    int same,
    int sameName,
    int otherName,
    int constantBefore,
    int constantAfter,
    List<Pair> pairs,
    List<Lone> appeared,
    List<Lone> vanished,
    List<Relabelled> relabelled,
    Provenance provenance)
    implements AtlasAnswer {
  /** The correlation of neurons that share half of their variance. */
  public static final double MATCH = 0.7;

  /**
   * What an atlas has of a neuron.
   *
   * @param neuron which
   * @param mean of m
   * @param density the share of images with |m| beyond the threshold
   * @param bestClass the class that it improves most; "" for none
   * @param improvement of that class; NaN for none
   * @param words what it says; "" where no words were asked for
   */
  public record Side(
      Neuron neuron,
      double mean,
      double density,
      String bestClass,
      double improvement,
      String words) {}

  /**
   * A neuron and its partner.
   *
   * @param before the partner
   * @param after the neuron
   * @param correlation of their coefficients; NaN for two constant neurons of one name
   */
  public record Pair(Side before, Side after, double correlation) {
    /** How much more often it speaks, a share of the images. */
    public double densityChange() {
      return after.density - before.density;
    }

    /** Whether another class is the one that it improves most. */
    public boolean isOfAnotherClass() {
      return !before.bestClass.equals(after.bestClass);
    }

    /** Whether it says other words, or the same in another order. */
    public boolean saysOtherWords() {
      return !before.words.equals(after.words);
    }
  }

  /**
   * A neuron without a partner.
   *
   * @param side what its atlas has of it
   * @param nearest the most correlated neuron of the other model; null if no image moves any
   * @param correlation with that; NaN for none
   */
  public record Lone(Side side, @Nullable Neuron nearest, double correlation) {}

  /**
   * An image that is nearest to another label.
   *
   * @param image its name within its set
   * @param before the class of the nearest label
   * @param after the same in the other model
   */
  public record Relabelled(String image, String before, String after) {}

  /** Keeps copies. */
  public AtlasComparison {
    pairs = List.copyOf(pairs);
    appeared = List.copyOf(appeared);
    vanished = List.copyOf(vanished);
    relabelled = List.copyOf(relabelled);
  }

  /** Whether the second model is an edit of the first, or both are of one original. */
  public boolean isEdit() {
    return original(before).equals(original(after));
  }

  private static String original(Manifest of) {
    return of.original().isEmpty() ? of.modelHash() : of.original();
  }

  /** Pairs whose density has changed, the largest change first. */
  public List<Pair> byDensity() {
    return pairs.stream()
        .filter(p -> p.densityChange() != 0)
        .sorted(Comparator.comparingDouble(p -> -Math.abs(p.densityChange())))
        .toList();
  }

  /** Pairs that improve another class most, the largest improvement of either first. */
  public List<Pair> byClass() {
    return pairs.stream()
        .filter(Pair::isOfAnotherClass)
        .sorted(
            Comparator.comparingDouble(
                p -> -Math.max(orNone(p.before.improvement), orNone(p.after.improvement))))
        .toList();
  }

  /** Whether both models were put into words of one dictionary. */
  public boolean hasOneDictionary() {
    return before.dictionary().equals(after.dictionary());
  }

  /** Pairs that say other words of one dictionary, the least correlated first. */
  public List<Pair> byWords() {
    return pairs.stream()
        .filter(p -> hasOneDictionary() && p.saysOtherWords())
        .sorted(Comparator.comparingDouble(p -> Double.isNaN(p.correlation) ? 2 : p.correlation))
        .toList();
  }

  private static double orNone(double improvement) {
    return Double.isNaN(improvement) ? Double.NEGATIVE_INFINITY : improvement;
  }

  @Override
  public String toString() {
    return "%s and %s: %d pairs, %d appeared, %d vanished"
        .formatted(before.model(), after.model(), pairs.size(), appeared.size(), vanished.size());
  }
}
