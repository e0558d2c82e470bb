package dev.engram.attribution;

import dev.engram.EngramException;
import dev.engram.Suggest;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What neurons are scored and ranked by: the paper's alignment improvement in one of its readings,
 * or a baseline of Table 1. Nothing else is a score, and only the improvement has readings.
 */
public sealed interface Score permits Reading, Baseline {
  /** The name of the paper's method, whatever its reading. */
  String IMPROVEMENT = "improvement";

  /**
   * Takes a score for what it is. Both functions are asked for, so a third kind of score does not
   * compile before everybody has answered it.
   *
   * @param improvement for a reading of the improvement
   * @param baseline for a baseline of Table 1
   */
  <T> T match(Function<Reading, T> improvement, Function<Baseline, T> baseline);

  /** Whether only a class token has it: a model with an attention pool does not. */
  boolean isOfClassToken();

  /** Whether it needs gradients, which the engine passes through float32 alone. */
  default boolean needsGradients() {
    return match(
        reading -> false,
        baseline ->
            switch (baseline) {
              case ACTIVATION -> false;
              case GRADIENT, COMBINED -> true;
            });
  }

  /** The method that it belongs to: {@code improvement}, or the baseline's own name. */
  default String method() {
    return match(reading -> IMPROVEMENT, Baseline::toString);
  }

  /** Every score: the readings of the improvement, then the baselines. */
  static List<Score> all() {
    return Stream.<Score>concat(Stream.of(Reading.values()), Stream.of(Baseline.values())).toList();
  }

  /** The names of the methods: the improvement, then the baselines. */
  static List<String> methods() {
    return all().stream().map(Score::method).distinct().toList();
  }

  /**
   * The score that has a name of its own.
   *
   * @param name {@code literal}, {@code lens}, …, {@code activation}, …
   * @throws EngramException for an unknown name
   */
  static Score parse(String name) {
    String asTyped = name.toLowerCase(Locale.ROOT).replace('-', '_');
    return all().stream()
        .filter(s -> s.toString().equals(asTyped))
        .findFirst()
        .orElseThrow(() -> unknown("score", name, all().stream().map(Score::toString).toList()));
  }

  /**
   * The score of a method.
   *
   * @param method {@code improvement} or the name of a baseline
   * @param reading of the improvement; null for the one as printed
   * @throws EngramException for an unknown method, and for a reading of a baseline, which has none
   */
  static Score of(String method, @Nullable Reading reading) {
    String asTyped = method.toLowerCase(Locale.ROOT);
    if (asTyped.equals(IMPROVEMENT)) {
      return reading == null ? Reading.LITERAL : reading;
    }
    if (!methods().contains(asTyped)) {
      throw unknown("method", method, methods());
    }
    if (reading != null) {
      throw new EngramException(
          "A reading is one of the improvement's layer norms, and the method %s has none; leave out the reading %s, or ask for the method %s."
              .formatted(asTyped, reading, IMPROVEMENT));
    }
    return parse(asTyped);
  }

  private static EngramException unknown(String what, String got, List<String> known) {
    return new EngramException(
        "A %s is one of %s; got '%s'%s"
            .formatted(what, String.join(", ", known), got, Suggest.didYouMean(got, known)));
  }
}
