package dev.engram.dissect;

import dev.engram.Provenance;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.LabelledImage;
import dev.engram.trace.Neuron;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of one neuron: what drives it, what it says, what it does and which neurons
 * belong to it. Made by {@link NeuronReporter}.
 *
 * @param neuron which
 * @param sign −1 if query and value vector are turned around (A.2), else +1; see {@link
 *     Survey#sign}
 * @param reading of the improvements
 * @param effects one for each entity of the set, the most improved first; empty without entities
 * @param onEntities m at the class token on each image of an entity
 * @param onBackground m at the class token on each background image
 * @param highest images with the largest coefficients, descending
 * @param lowest images with the smallest coefficients, ascending; none that are among the highest
 * @param random images drawn from the others
 * @param words what the neuron, its query neurons and its nearest neurons say; empty without a
 *     dictionary
 * @param queries its query neurons on the {@link #strongest} image
 * @param topQueries those of them that help most
 * @param nearest neurons with similar value vectors, the nearest first
 * @param suppressed what becomes of the entities it improves most without it
 * @param provenance where the numbers come from
 */
public record NeuronReport(
    Neuron neuron,
    int sign,
    Reading reading,
    List<Survey.Effect> effects,
    float[] onEntities,
    float[] onBackground,
    List<Seen> highest,
    List<Seen> lowest,
    List<Seen> random,
    Map<Neuron, Interpretation> words,
    QueryEffects queries,
    List<QueryEffects.QueryNeuron> topQueries,
    List<ValueVectors.Near> nearest,
    List<Suppressed> suppressed,
    Provenance provenance) {

  /**
   * An image and what the neuron sees in it.
   *
   * @param image which
   * @param coefficient m at the class token, after the activation for an FFN neuron
   * @param heatmap where it looks
   */
  public record Seen(LabelledImage image, double coefficient, Heatmap heatmap) {}

  /**
   * What suppressing the neuron does to an entity (A.6); mean cosines of its images with its label.
   *
   * @param entity which
   * @param before in the model as it is
   * @param residual with the neuron's direct part taken out of the last residual stream
   * @param complete with its coefficient 0 at all tokens, so that later layers answer
   */
  public record Suppressed(Entity entity, double before, double residual, double complete) {}

  /** What a neuron of the report says; empty if there is no dictionary. */
  public Optional<Interpretation> words(Neuron of) {
    @Nullable Interpretation said = words.get(of);
    return Optional.ofNullable(said);
  }

  /** The image that drives it most: with a sign of −1 the one with the lowest coefficient. */
  public Seen strongest() {
    return sign < 0 && !lowest.isEmpty() ? lowest.get(0) : highest.get(0);
  }

  /**
   * The entity that decides the sign: the one that drives the neuron most, of those that it
   * improves; empty if it improves none.
   */
  public Optional<Survey.Effect> decisive() {
    return Survey.decisive(effects);
  }
}
