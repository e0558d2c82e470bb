package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.trace.Neuron;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;

/** Makes models that share everything with an original but some weights of the vision tower. */
final class Variants {
  private Variants() {}

  /**
   * @param original the model as it was read
   * @param values for each weight that may differ all its values
   * @param suppressed neurons whose direct part the last residual stream lacks
   * @throws EngramException if a value is not finite
   */
  static Clip of(
      Clip original, String name, Map<Weight, float[]> values, Collection<Neuron> suppressed) {
    values.forEach((weight, floats) -> check(original, weight, floats));
    Fingerprint fingerprint = original.fingerprint();
    SortedMap<Weight, String> changed = fingerprint.changes(values);
    NDManager manager = original.manager().newSubManager();
    try {
      Map<Weight, NDArray> arrays = new HashMap<>();
      values.forEach(
          (weight, floats) -> {
            if (changed.containsKey(weight)) {
              arrays.put(weight, manager.create(floats, shape(original, weight)));
            }
          });
      VisionTower vision = original.vision().with(manager, arrays).suppressing(suppressed);
      return new Clip(original, name, manager, vision, changed);
    } catch (Throwable t) {
      manager.close();
      throw t;
    }
  }

  private static Shape shape(Clip original, Weight weight) {
    return new Shape(weight.kind().shape(original.config().vision()));
  }

  private static void check(Clip original, Weight weight, float[] floats) {
    int layers = original.config().vision().layers();
    Shape shape = shape(original, weight);
    if (weight.layer() >= layers || floats.length != shape.size()) {
      throw new IllegalArgumentException(
          "%s has the shape %s in a model of %d layers, got %d values"
              .formatted(weight, shape, layers, floats.length));
    }
    for (float x : floats) {
      if (!Float.isFinite(x)) {
        throw new EngramException(
            "The edit would put %s into %s of %s; nothing was changed."
                .formatted(x, weight, original.name()));
      }
    }
  }
}
