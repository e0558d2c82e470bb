package dev.engram.lab;

import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Survey;
import dev.engram.trace.Neuron;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What can be told of a neuron at once: its value vector, and what earlier questions have left at
 * hand. No image passes for it and no dictionary is embedded.
 *
 * @param neuron which
 * @param length of its value vector in the residual stream
 * @param shorter the share of the neurons of its block and layer whose value vectors are shorter,
 *     from 0 to 1
 * @param words what it says, in the dictionary that was used last; null where none was
 * @param effects what it does to the entities of the open images, the largest improvement first;
 *     empty where no survey was made
 */
public record Glance(
    Neuron neuron,
    double length,
    double shorter,
    @Nullable Interpretation words,
    List<Survey.Effect> effects) {
  /** Keeps a copy. */
  public Glance {
    effects = List.copyOf(effects);
  }
}
