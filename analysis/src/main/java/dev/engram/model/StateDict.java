package dev.engram.model;

import dev.engram.EngramException;
import dev.engram.model.Pickled.Module;
import dev.engram.model.Pickled.View;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The weights within what a checkpoint holds: a map of tensors, a map that has such a map under a
 * name that trainers use, or the modules of a TorchScript archive.
 *
 * @param tensors by name, in the order of the file
 * @param besides names of what lies beside them and is not read
 */
record StateDict(Map<String, View> tensors, List<String> besides) {
  /** Where trainers keep the weights among other things: OpenCLIP's, Lightning's, DeepSpeed's. */
  private static final List<String> KEYS =
      List.of("state_dict", "model_state_dict", "model", "module");

  /** The largest models have 2,000 tensors in modules 8 deep. */
  private static final int MOST_VALUES = 200_000;

  private static final int DEEPEST = 64;

  /**
   * @param root what a pickle holds
   * @param bad makes the sentence of a file that is no checkpoint
   * @throws EngramException if it holds no weights
   */
  static StateDict of(Object root, Function<String, EngramException> bad) {
    if (root instanceof Module module) {
      Map<String, View> tensors = new LinkedHashMap<>();
      new Walk(tensors, bad).into(module, "", 0);
      return new StateDict(tensors, List.of());
    }
    if (!(root instanceof Map<?, ?> map)) {
      throw bad.apply("it holds no map of tensors, a state_dict");
    }
    if (!hasTensors(map)) {
      for (String key : KEYS) {
        if (map.get(key) instanceof Map<?, ?> inner && hasTensors(inner)) {
          StateDict weights = of(inner, bad);
          List<String> besides = new ArrayList<>(weights.besides);
          map.keySet().stream()
              .map(String::valueOf)
              .filter(k -> !k.equals(key))
              .forEach(besides::add);
          return new StateDict(weights.tensors, besides);
        }
      }
      throw bad.apply(
          "it holds no tensors, neither by name nor under %s, but %s"
              .formatted(
                  String.join(", ", KEYS),
                  map.isEmpty()
                      ? "nothing"
                      : map.keySet().stream().map(k -> shown(k)).limit(5).toList()));
    }
    Map<String, View> tensors = new LinkedHashMap<>();
    List<String> besides = new ArrayList<>();
    map.forEach(
        (key, value) -> {
          if (value instanceof View view) {
            tensors.put(String.valueOf(key), view);
          } else {
            besides.add(String.valueOf(key));
          }
        });
    return new StateDict(tensors, besides);
  }

  private static boolean hasTensors(Map<?, ?> map) {
    return map.values().stream().anyMatch(View.class::isInstance);
  }

  private static String shown(Object key) {
    return SafetensorsHeader.shown(String.valueOf(key));
  }

  /** Through modules, as PyTorch's state_dict() goes; they may hold each other. */
  private static final class Walk {
    private final Map<String, View> tensors;
    private final Function<String, EngramException> bad;
    private int values;

    Walk(Map<String, View> tensors, Function<String, EngramException> bad) {
      this.tensors = tensors;
      this.bad = bad;
    }

    void into(Module module, String prefix, int depth) {
      if (depth > DEEPEST) {
        throw bad.apply("its modules lie more than %d deep".formatted(DEEPEST));
      }
      module
          .attributes()
          .forEach(
              (name, value) -> {
                if (++values > MOST_VALUES) {
                  throw bad.apply("its modules have more than %,d values".formatted(MOST_VALUES));
                }
                if (value instanceof View view) {
                  tensors.put(prefix + name, view);
                } else if (value instanceof Module inner) {
                  into(inner, prefix + name + ".", depth + 1);
                }
              });
    }
  }
}
