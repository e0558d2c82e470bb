package dev.engram.dissect;

import dev.engram.attribution.Attribution;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Searches the neurons of a model by where they are, by what they do for an entity and by what they
 * say. A word counts by the cosine of the value vector with its embedding, not by the words of a
 * matching pursuit: the cosine ranks every neuron, for any text, at the cost of one product.
 */
public final class NeuronSearch {
  private final NeuronSpace space;
  private final @Nullable EntityEffects effects;
  private final double @Nullable [] cosines;

  /** What the found neurons are ranked by, descending. */
  public enum By {
    /** The improvement of the entity. */
    IMPROVEMENT,
    /** The coefficient m on the entity. */
    COEFFICIENT,
    /** The cosine with the word. */
    COSINE,
    /** Improvement × cosine, of neurons for which both are positive. */
    PRODUCT;

    /** The name as it is typed. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Which neurons are looked at.
   *
   * @param layers from 0
   * @param blocks FFN, MSA or both
   */
  public record Place(Set<Integer> layers, Set<Neuron.Block> blocks) {
    /** Keeps copies. */
    public Place {
      layers = Set.copyOf(layers);
      blocks = Set.copyOf(blocks);
    }

    boolean holds(Neuron n) {
      return layers.contains(n.layer()) && blocks.contains(n.block());
    }
  }

  /**
   * What the neurons do for an entity: the same one for all, or for each the one that it improves
   * most.
   */
  public static final class EntityEffects {
    private final double[] improvements;
    private final double[] coefficients;
    private final IntFunction<String> entity;

    private EntityEffects(
        double[] improvements, double[] coefficients, IntFunction<String> entity) {
      this.improvements = improvements;
      this.coefficients = coefficients;
      this.entity = entity;
    }

    /**
     * @param attribution by improvement
     * @param entity the name of what was attributed
     */
    public static EntityEffects of(Attribution attribution, String entity) {
      NeuronSpace space = attribution.space();
      double[] coefficients = new double[space.count()];
      Arrays.setAll(coefficients, i -> attribution.coefficient(space.neuron(i)));
      return new EntityEffects(attribution.means(), coefficients, i -> entity);
    }

    /**
     * @param survey of at least one entity
     * @return for each neuron its effect on the entity that it improves most
     */
    public static EntityEffects ofBest(Survey survey) {
      int n = survey.space().count();
      int entities = survey.set().entities().size();
      int[] best = new int[n];
      double[] improvements = new double[n];
      double[] coefficients = new double[n];
      Arrays.setAll(best, survey::best);
      for (int e = 0; e < entities; e++) {
        double[] improvement = survey.improvements(e);
        double[] m = survey.coefficients(e);
        for (int i = 0; i < n; i++) {
          if (best[i] == e) {
            improvements[i] = improvement[i];
            coefficients[i] = m[i];
          }
        }
      }
      return new EntityEffects(
          improvements, coefficients, i -> survey.set().entities().get(best[i]).name());
    }

    /**
     * Effects that are known already.
     *
     * @param improvements of the entity that each neuron improves most, in the order of the neurons
     * @param coefficients mean m on that entity
     * @param entity its name
     */
    public static EntityEffects of(
        double[] improvements, double[] coefficients, IntFunction<String> entity) {
      return new EntityEffects(improvements, coefficients, entity);
    }

    /**
     * @param i the position of a neuron
     * @return the sign of A.2
     */
    public int sign(int i) {
      return coefficients[i] < 0 && improvements[i] > 0 ? -1 : 1;
    }
  }

  /**
   * A neuron that was found.
   *
   * @param rank from 1
   * @param neuron its name
   * @param sign −1 if it was turned around (A.2), else +1
   * @param entity whose improvement is given; "" if no entity was looked at
   * @param improvement mean over the entity's images; NaN if no entity was looked at
   * @param coefficient m, mean over the entity's images; NaN if no entity was looked at
   * @param cosine of the value vector, turned by the sign, with the word; NaN without a word
   */
  public record FoundNeuron(
      int rank,
      Neuron neuron,
      int sign,
      String entity,
      double improvement,
      double coefficient,
      double cosine) {}

  /**
   * @param space the order of the neurons in the arrays
   * @param effects what they do for an entity; null if none is looked at
   * @param cosines with a word, as {@link ValueVectors#cosines(float[])}; null without a word
   */
  public NeuronSearch(
      NeuronSpace space, @Nullable EntityEffects effects, double @Nullable [] cosines) {
    this.space = space;
    this.effects = effects;
    this.cosines = cosines;
  }

  /**
   * @param place where to look
   * @param by what must have been given to the constructor
   * @return the best neurons, descending; equal ones in the order of the forward pass
   */
  public List<FoundNeuron> find(Place place, By by, int count) {
    return find(place, i -> score(i, by), count);
  }

  /**
   * @param place where to look
   * @param score of a neuron by its position; NaN for one that does not count
   * @return the neurons with the largest scores, descending; equal ones in the order of the forward
   *     pass
   */
  public List<FoundNeuron> find(Place place, IntToDoubleFunction score, int count) {
    double[] scores = new double[space.count()];
    Arrays.setAll(scores, i -> place.holds(space.neuron(i)) ? score.applyAsDouble(i) : Double.NaN);
    List<Integer> order =
        IntStream.range(0, scores.length)
            .filter(i -> !Double.isNaN(scores[i]))
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -scores[i]))
            .limit(count)
            .toList();
    return IntStream.range(0, order.size()).mapToObj(r -> found(r + 1, order.get(r))).toList();
  }

  /**
   * @param i the position of a neuron
   * @param by what must have been given to the constructor
   * @return its score; NaN for a neuron that does not count
   */
  public double score(int i, By by) {
    return switch (by) {
      case IMPROVEMENT -> effects().improvements[i];
      case COEFFICIENT -> effects().coefficients[i];
      case COSINE -> cosine(i);
      case PRODUCT ->
          effects().improvements[i] > 0 && cosine(i) > 0
              ? effects().improvements[i] * cosine(i)
              : Double.NaN;
    };
  }

  private EntityEffects effects() {
    if (effects == null) {
      throw new IllegalArgumentException("a search without an entity knows no improvement");
    }
    return effects;
  }

  private double cosine(int i) {
    if (cosines == null) {
      throw new IllegalArgumentException("a search without a word knows no cosine");
    }
    return sign(i) * cosines[i];
  }

  private int sign(int i) {
    return effects == null ? 1 : effects.sign(i);
  }

  private FoundNeuron found(int rank, int i) {
    return new FoundNeuron(
        rank,
        space.neuron(i),
        sign(i),
        effects == null ? "" : effects.entity.apply(i),
        effects == null ? Double.NaN : effects.improvements[i],
        effects == null ? Double.NaN : effects.coefficients[i],
        cosines == null ? Double.NaN : cosine(i));
  }
}
