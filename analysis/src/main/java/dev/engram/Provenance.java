package dev.engram;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where a number comes from: the model by its hash, the data, the reading of the equation and the
 * settings. Every result carries one, and whatever shows the result shows it too.
 *
 * @param entries name and value, in the order in which they are shown
 * @param caution one sentence that the model's maker wants under every number of it; empty for none
 */
public record Provenance(Map<String, String> entries, Optional<String> caution) {
  private static final String MODEL = "model";

  /** What numbers come from: a name for people, a hash for everybody else. */
  public interface Model {
    /** The name of the model. */
    String name();

    /** SHA-256 of all that its numbers depend on, in hexadecimal. */
    String hash();

    /** One sentence that belongs under every number of it; empty for none. */
    Optional<String> caution();
  }

  /** Keeps the order, forbids changes. */
  public Provenance {
    entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
  }

  /**
   * Provenance without a model.
   *
   * @param pairs name, value, name, value, …
   * @return provenance with these entries in this order
   */
  public static Provenance of(String... pairs) {
    return new Provenance(Map.of(), Optional.empty()).with(pairs);
  }

  /**
   * Provenance that begins with a model.
   *
   * @param pairs name, value, name, value, …
   * @return provenance of the model's numbers, with these entries after it
   */
  public static Provenance of(Model model, String... pairs) {
    return of().with(model).with(pairs);
  }

  /**
   * Names the model: by its name, the beginning of its hash, and its caution.
   *
   * @return a copy with the entry of a model, or with another model for one that is there
   */
  public Provenance with(Model model) {
    Provenance named = with(MODEL, model.name() + " " + Sha256.brief(model.hash()));
    return new Provenance(named.entries, model.caution());
  }

  /**
   * Adds entries.
   *
   * @param pairs name, value, name, value, …
   * @return a copy with more entries, or with other values for some that are there
   */
  public Provenance with(String... pairs) {
    if (pairs.length % 2 != 0) {
      throw new IllegalArgumentException("names and values must alternate, got " + pairs.length);
    }
    Map<String, String> more = new LinkedHashMap<>(entries);
    for (int i = 0; i < pairs.length; i += 2) {
      more.put(pairs[i], pairs[i + 1]);
    }
    return new Provenance(more, caution);
  }

  /**
   * Provenance of numbers that stand together, as those of two models.
   *
   * @param name the entry in which they differ; both have it
   * @return a copy with both values of that entry, and with the caution of either
   */
  public Provenance joined(String name, Provenance other) {
    String cautions =
        Stream.of(caution, other.caution)
            .flatMap(Optional::stream)
            .distinct()
            .collect(Collectors.joining(" "));
    return new Provenance(
        with(name, entries.get(name) + ", " + other.entries.get(name)).entries,
        Optional.of(cautions).filter(c -> !c.isEmpty()));
  }

  /** One line: {@code model iconclip 3f2a… · images visent-mini · reading literal}. */
  @Override
  public String toString() {
    return entries.entrySet().stream()
        .map(e -> e.getKey() + " " + e.getValue())
        .collect(Collectors.joining(" · "));
  }
}
