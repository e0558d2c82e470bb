package dev.engram.experiment;

import dev.engram.Progress;
import dev.engram.attribution.Attributor;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * What an experiment runs on, and the one loop that all of them share: entity by entity, or image
 * by image, each read from the store if it was computed before and kept there as soon as it is
 * computed, so that a run that was interrupted goes on where it stopped.
 */
public final class Study {
  private final Clip clip;
  private final ImageSet set;
  private final ResultStore store;
  private final Progress progress;
  private final Map<Path, String> imageHashes = new HashMap<>();
  private final Set<Map<String, String>> written = new HashSet<>();
  private int computed;
  private int read;
  private Instant oldest = Instant.MAX;
  private Instant newest = Instant.MIN;

  /**
   * @param clip the model; must outlive this
   * @param store where the parts of a result are kept
   * @param progress is told of every part
   */
  public Study(Clip clip, ImageSet set, ResultStore store, Progress progress) {
    this.clip = clip;
    this.set = set;
    this.store = store;
    this.progress = progress;
  }

  /**
   * A study that keeps nothing and tells nobody.
   *
   * @param clip the model; must outlive this
   */
  public Study(Clip clip, ImageSet set) {
    this(clip, set, ResultStore.NONE, Progress.NONE);
  }

  /**
   * @return the model
   */
  public Clip clip() {
    return clip;
  }

  /**
   * @return the images
   */
  public ImageSet set() {
    return set;
  }

  /** Is told of every part, and of what is long within one. */
  Progress progress() {
    return progress;
  }

  /**
   * @return parts that were computed so far, not read
   */
  public int computed() {
    return computed;
  }

  /**
   * @return one sentence if something was read, or could not be kept; "" otherwise
   */
  public String note() {
    StringBuilder s = new StringBuilder();
    if (read > 0) {
      s.append(computed == 0 ? "All" : read + " of " + (read + computed))
          .append(" parts of this result were computed ")
          .append(dates())
          .append(" and kept.");
    }
    store
        .trouble()
        .ifPresent(
            why ->
                s.append(s.isEmpty() ? "" : " ")
                    .append("The result could not be kept in ")
                    .append(place())
                    .append(" (")
                    .append(why)
                    .append("), so it is computed anew each time; ENGRAM_CACHE names another")
                    .append(" folder."));
    return s.toString();
  }

  private String dates() {
    LocalDate first = LocalDate.ofInstant(oldest, ZoneId.systemDefault());
    LocalDate last = LocalDate.ofInstant(newest, ZoneId.systemDefault());
    return first.equals(last) ? first.toString() : first + " to " + last;
  }

  /** The folder as a user would write it. */
  private String place() {
    Path folder = store.folder().orElseThrow();
    Path home = Path.of(System.getProperty("user.home"));
    return (folder.startsWith(home) ? Path.of("~").resolve(home.relativize(folder)) : folder)
        .toString();
  }

  /**
   * What is computed again and again.
   *
   * @param experiment its name
   * @param doing a few words for the progress
   * @param type what one part gives: a record, without float components
   * @param settings all that the value depends on, besides the model, the images and the label
   */
  record Task<T>(String experiment, String doing, Class<T> type, List<?> settings) {}

  /**
   * A part: images that are looked at under one label.
   *
   * @param more what else its value depends on
   */
  record Part(List<LabelledImage> images, String label, List<?> more) {
    static Part of(Entity entity, Object... more) {
      return new Part(entity.images(), entity.label(), List.of(more));
    }

    /** The entity's first images. */
    static Part few(Entity entity, int images) {
      return new Part(entity.images().stream().limit(images).toList(), entity.label(), List.of());
    }

    static Part of(LabelledImage image) {
      return new Part(List.of(image), image.label(), List.of());
    }
  }

  /** Computes one part of which the model has seen the images. */
  @FunctionalInterface
  interface Work<T> {
    /**
     * @param pass of the part's images
     * @param index of the part
     */
    T of(Pass pass, int index);
  }

  /** The parts' values in their order, each read if it is known, else computed and kept. */
  <T> List<T> each(Task<T> task, List<Part> parts, Work<T> work) {
    try (Attributor attributor = new Attributor(clip)) {
      return each(
          task,
          parts,
          i -> {
            Part part = parts.get(i);
            try (Pass pass = new Pass(clip, attributor, part.images, part.label)) {
              return work.of(pass, i);
            }
          });
    }
  }

  /** The same for work that passes the images in its own way, if at all. */
  <T> List<T> each(Task<T> task, List<Part> parts, IntFunction<T> work) {
    List<T> out = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      progress.step(task.doing, i, parts.size());
      Map<String, String> key = key(task, parts.get(i));
      Optional<ResultStore.Kept<T>> known =
          key.isEmpty() ? Optional.empty() : store.read(key, task.type);
      if (known.isPresent()) {
        // a part that comes twice was computed now, not before
        out.add(written.contains(key) ? known.get().value() : remember(known.get()));
        continue;
      }
      T value = work.apply(i);
      computed++;
      if (!key.isEmpty()) {
        store.write(key, value);
        written.add(key);
      }
      out.add(value);
    }
    progress.step(task.doing, parts.size(), parts.size());
    return out;
  }

  private <T> T remember(ResultStore.Kept<T> known) {
    read++;
    oldest = known.computed().isBefore(oldest) ? known.computed() : oldest;
    newest = known.computed().isAfter(newest) ? known.computed() : newest;
    return known.value();
  }

  /** Everything that a part depends on; empty if that is unknown, or nothing is kept anyway. */
  private Map<String, String> key(Task<?> task, Part part) {
    Optional<String> code = Hashes.code();
    if (store.folder().isEmpty() || code.isEmpty()) {
      return Map.of();
    }
    Map<String, String> key = new TreeMap<>();
    key.put("experiment", task.experiment + " " + task.doing);
    key.put("code", code.get());
    key.put("model", clip.hash());
    key.put("configuration", clip.config().toString());
    key.put("preprocessing", clip.processor().toString());
    key.put("tokenizer", clip.tokenizer().hash());
    key.put("device", clip.device());
    key.put(
        "images",
        Hashes.of(
            String.join(" ", part.images.stream().map(image -> hash(image.file())).toList())));
    key.put("label", part.label);
    key.put("settings", task.settings.toString());
    key.put("more", part.more.toString());
    return key;
  }

  /** Read anew by every study: a file may have changed since the set was opened. */
  private String hash(Path image) {
    return imageHashes.computeIfAbsent(image, Hashes::ofFile);
  }
}
