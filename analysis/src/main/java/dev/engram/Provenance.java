package dev.engram;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where a number comes from: the model by its hash, the data, the reading of the equation and the
 * settings. Every result carries one, and whatever shows the result shows it too.
 *
 * @param entries name and value, in the order in which they are shown
 */
public record Provenance(Map<String, String> entries) {
  /** Keeps the order, forbids changes. */
  public Provenance {
    entries = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(entries));
  }

  /**
   * @param pairs name, value, name, value, …
   * @return provenance with these entries in this order
   */
  public static Provenance of(String... pairs) {
    if (pairs.length % 2 != 0) {
      throw new IllegalArgumentException("names and values must alternate, got " + pairs.length);
    }
    Map<String, String> entries = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      entries.put(pairs[i], pairs[i + 1]);
    }
    return new Provenance(entries);
  }

  /**
   * @return a copy with one more entry, or another value for one that is there
   */
  public Provenance with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(entries);
    more.put(name, value);
    return new Provenance(more);
  }

  /**
   * @param all of the parts of one result, at least one
   * @param name of the entry in which they differ
   * @return the first one, with the values that all of them have in that entry, each once
   */
  public static Provenance together(List<Provenance> all, String name) {
    String values =
        all.stream()
            .flatMap(p -> Optional.ofNullable(p.entries.get(name)).stream())
            .distinct()
            .collect(Collectors.joining(", "));
    return all.get(0).with(name, values);
  }

  /** One line: {@code model iconclip 3f2a… · images visent-mini · reading literal}. */
  @Override
  public String toString() {
    return entries.entrySet().stream()
        .map(e -> e.getKey() + " " + e.getValue())
        .collect(Collectors.joining(" · "));
  }
}
