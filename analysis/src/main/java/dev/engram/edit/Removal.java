package dev.engram.edit;

import dev.engram.EngramException;
import dev.engram.Provenance;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Knowledge removal (Sec. 4.4, A.7) as an edit: the residual mode takes the direct part of
 * knowledge neurons out of the last residual stream and keeps how they hold down later neurons; the
 * complete mode sets their value vectors to 0, to which later neurons answer.
 */
public final class Removal {
  /** How neurons are removed. */
  public enum Mode {
    /** Their direct part, from the last residual stream. */
    RESIDUAL,
    /** Their value vectors. */
    COMPLETE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private Removal() {}

  /**
   * @param entity what is to be forgotten, for the edit's title
   * @param neurons its knowledge neurons
   * @param provenance how they were found
   */
  public static Edit of(
      Mode mode, Clip clip, String entity, Collection<Neuron> neurons, Provenance provenance) {
    return switch (mode) {
      case RESIDUAL -> residual(clip, entity, neurons, provenance);
      case COMPLETE -> complete(clip, entity, neurons, provenance);
    };
  }

  /**
   * Residual removal. No weights express it: the edited model does it in every pass, each image
   * with its own coefficients.
   *
   * @param entity what is to be forgotten, for the edit's title
   * @param neurons its knowledge neurons
   * @param provenance how they were found
   */
  public static Edit residual(
      Clip clip, String entity, Collection<Neuron> neurons, Provenance provenance) {
    check(clip, neurons);
    return new Edit(
        Edit.Method.RESIDUAL_REMOVAL,
        title(entity, neurons),
        clip.original().hash(),
        new TreeMap<>(),
        List.copyOf(neurons),
        provenance);
  }

  /**
   * Complete removal: the neurons' columns of W_fc2 and W_o become 0.
   *
   * @param entity what is to be forgotten, for the edit's title
   * @param neurons its knowledge neurons
   * @param provenance how they were found
   */
  public static Edit complete(
      Clip clip, String entity, Collection<Neuron> neurons, Provenance provenance) {
    check(clip, neurons);
    int headWidth = clip.config().vision().headWidth();
    Map<Weight, WeightChange> changes = new TreeMap<>();
    neurons.stream()
        .collect(Collectors.groupingBy(n -> Weight.values(n.block(), n.layer())))
        .forEach(
            (weight, ns) ->
                changes.put(
                    weight,
                    new WeightChange.ZeroColumns(
                        ns.stream().mapToInt(n -> n.column(headWidth)).sorted().toArray())));
    return Edit.of(Edit.Method.COMPLETE_REMOVAL, title(entity, neurons), clip, changes, provenance);
  }

  private static String title(String entity, Collection<Neuron> neurons) {
    return "removal of %s: %s"
        .formatted(
            entity,
            new TreeSet<>(neurons)
                .stream().map(Neuron::toString).collect(Collectors.joining(", ")));
  }

  private static void check(Clip clip, Collection<Neuron> neurons) {
    if (neurons.isEmpty()) {
      throw new EngramException("A removal needs at least one neuron, got none.");
    }
    neurons.forEach(clip.config().vision().space()::known);
  }
}
