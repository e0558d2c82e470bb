package dev.engram.experiment;

import dev.engram.model.Clip;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What one run reads from a {@link ResultStore} and adds to it, part by part, and how much of
 * either there was.
 */
final class ResultReuse {
  private final ResultStore store;
  private final Set<Map<String, String>> written = new HashSet<>();
  private int computed;
  private int read;
  private Instant oldest = Instant.MAX;
  private Instant newest = Instant.MIN;

  ResultReuse(ResultStore store) {
    this.store = store;
  }

  /**
   * The beginning of a key: what every number of a model depends on.
   *
   * @param what is computed
   * @return to be completed; empty where nothing can be kept
   */
  Optional<Map<String, String>> key(String what, Clip clip) {
    Optional<String> code = Hashes.code();
    if (store.folder().isEmpty() || code.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> key = new TreeMap<>();
    key.put("experiment", what);
    key.put("code", code.get());
    key.put("model", clip.hash());
    key.put("configuration", clip.config().toString());
    key.put("preprocessing", clip.processor().toString());
    key.put("tokenizer", clip.tokenizer().hash());
    key.put("device", clip.device());
    return Optional.of(key);
  }

  /**
   * @param key everything that the part depends on
   * @return the part, if it was computed before
   */
  <T> Optional<T> read(Map<String, String> key, Class<T> type) {
    Optional<ResultStore.Kept<T>> known = store.read(key, type);
    if (known.isPresent() && !written.contains(key)) { // else it came twice, and was computed now
      read++;
      Instant when = known.get().computed();
      oldest = when.isBefore(oldest) ? when : oldest;
      newest = when.isAfter(newest) ? when : newest;
    }
    return known.map(ResultStore.Kept::value);
  }

  /**
   * A part that is computed only if it was not before.
   *
   * @param key everything that it depends on; empty if nothing is to be kept
   */
  <T> T once(Optional<Map<String, String>> key, Class<T> type, Supplier<T> work) {
    Optional<T> known = key.flatMap(k -> read(k, type));
    if (known.isPresent()) {
      return known.get();
    }
    T part = work.get();
    computed();
    key.ifPresent(k -> write(k, part));
    return part;
  }

  /** Counts a part that is computed now. */
  void computed() {
    computed++;
  }

  /**
   * @param key everything that the part depends on
   */
  void write(Map<String, String> key, Object part) {
    store.write(key, part);
    written.add(key);
  }

  /** What came from where so far. */
  KeptParts parts() {
    return new KeptParts(
        computed, read, day(oldest), day(newest), store.trouble().map(this::trouble));
  }

  private Optional<LocalDate> day(Instant when) {
    return read == 0
        ? Optional.empty()
        : Optional.of(LocalDate.ofInstant(when, ZoneId.systemDefault()));
  }

  private String trouble(String why) {
    return "The result could not be kept in %s (%s), so it is computed anew each time; ENGRAM_CACHE names another folder."
        .formatted(place(), why);
  }

  /** The folder as a user would write it. */
  private String place() {
    Path folder = store.folder().orElseThrow();
    Path home = Path.of(System.getProperty("user.home"));
    return (folder.startsWith(home) ? Path.of("~").resolve(home.relativize(folder)) : folder)
        .toString();
  }
}
