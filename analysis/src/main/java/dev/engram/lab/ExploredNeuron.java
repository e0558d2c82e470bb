package dev.engram.lab;

import dev.engram.attribution.Score;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Fall;
import dev.engram.dissect.Heatmap;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.QueryEffects.QueryNeuron;
import dev.engram.dissect.Survey.Effect;
import dev.engram.trace.Neuron;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The page of one neuron in an {@link Exploration}.
 *
 * @param neuron which
 * @param subject what it was scored on, by its position
 * @param scores mean over the subject's images, and the rank among all neurons
 * @param coefficient m at the class token, mean over the subject's images
 * @param sign −1 if query and value vector are turned around for the subject (A.2), else +1
 * @param onSubject the images of the subject that are shown, in their order
 * @param driving the open images that drive it most, the strongest first
 * @param words what it says, turned by the sign
 * @param effects one for each entity of the open images, the most improved first
 * @param queries what drives it
 * @param fall of the shown images' mean cosine with the label, without the neuron
 * @param undefined why there are no heatmaps or no query neurons; "" where there are both
 */
public record ExploredNeuron(
    Neuron neuron,
    int subject,
    Map<Score, Scored> scores,
    double coefficient,
    int sign,
    List<Look> onSubject,
    List<Look> driving,
    Interpretation words,
    List<Effect> effects,
    Optional<Drive> queries,
    Fall fall,
    String undefined) {
  /**
   * A score and its place among all neurons.
   *
   * @param value mean over the subject's images
   * @param rank from 1
   */
  public record Scored(double value, int rank) {}

  /**
   * An image and what the neuron sees in it.
   *
   * @param image which
   * @param coefficient m at the class token, after the activation for an FFN neuron
   * @param heatmap where it looks; empty where none is defined
   */
  public record Look(LabelledImage image, double coefficient, Optional<Heatmap> heatmap) {}

  /**
   * What drives a neuron on one image (A.3).
   *
   * @param image of the subject: the one that drives it most
   * @param coefficient what the effects sum to with what no neuron brings: before σ for an FFN
   *     neuron
   * @param neurons those that help most, descending
   */
  public record Drive(LabelledImage image, double coefficient, List<QueryNeuron> neurons) {}

  /** Keeps copies. */
  public ExploredNeuron {
    scores = Map.copyOf(scores);
    onSubject = List.copyOf(onSubject);
    driving = List.copyOf(driving);
    effects = List.copyOf(effects);
  }

  /** What the numbers of its heatmaps are. */
  public String unit() {
    return unit(neuron);
  }

  /** What the numbers of a neuron's heatmaps are. */
  public static String unit(Neuron neuron) {
    return neuron.block() == Neuron.Block.FFN
        ? "share of the coefficient, before the activation"
        : "share of the coefficient";
  }

  /**
   * The largest share that a patch of any of its images has, positive or negative: with it as the
   * end of their scale, its heatmaps can be compared.
   *
   * @return from 0; 0 where there are no heatmaps
   */
  public double scale() {
    return Stream.concat(onSubject.stream(), driving.stream())
        .flatMap(look -> look.heatmap().stream())
        .flatMapToDouble(map -> Arrays.stream(map.map()))
        .map(Math::abs)
        .max()
        .orElse(0);
  }
}
