package dev.engram.experiment;

import dev.engram.Progress;
import dev.engram.attribution.Attributor;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * What an experiment runs on, and the one loop that all of them share: entity by entity, or image
 * by image, each read from the store if it was computed before and kept there as soon as it is
 * computed, so that a run that was interrupted goes on where it stopped.
 */
public final class Study {
  private final Clip clip;
  private final ImageSet set;
  private final ResultReuse keeping;
  private final Progress progress;
  private final Map<Path, String> imageHashes = new HashMap<>();

  /**
   * @param clip the model; must outlive this
   * @param store where the parts of a result are kept
   * @param progress is told of every part
   */
  public Study(Clip clip, ImageSet set, ResultStore store, Progress progress) {
    this(clip, set, new ResultReuse(store), progress);
  }

  private Study(Clip clip, ImageSet set, ResultReuse keeping, Progress progress) {
    this.clip = clip;
    this.set = set;
    this.keeping = keeping;
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
   * @param other a model, or this one; must outlive what is returned
   * @param images another set, or this one
   * @return a study of these, whose parts count as parts of the same result
   */
  public Study with(Clip other, ImageSet images) {
    return new Study(other, images, keeping, progress);
  }

  /** The model. */
  public Clip clip() {
    return clip;
  }

  /** The images. */
  public ImageSet set() {
    return set;
  }

  /** Is told of every part, and of what is long within one. */
  Progress progress() {
    return progress;
  }

  /** How many parts were computed so far, and how many read. */
  public KeptParts kept() {
    return keeping.parts();
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
    T of(TracedImages pass, int index);
  }

  /** The parts' values in their order, each read if it is known, else computed and kept. */
  <T> List<T> each(Task<T> task, List<Part> parts, Work<T> work) {
    try (Attributor attributor = new Attributor(clip)) {
      return each(
          task,
          parts,
          i -> {
            Part part = parts.get(i);
            try (TracedImages pass = new TracedImages(clip, attributor, part.images, part.label)) {
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
      int part = i;
      out.add(keeping.once(key(task, parts.get(i)), task.type, () -> work.apply(part)));
    }
    progress.step(task.doing, parts.size(), parts.size());
    return out;
  }

  /** Everything that a part depends on; empty if that is unknown, or nothing is kept anyway. */
  private Optional<Map<String, String>> key(Task<?> task, Part part) {
    Optional<Map<String, String>> key = keeping.key(task.experiment + " " + task.doing, clip);
    key.ifPresent(
        k -> {
          List<String> images = part.images.stream().map(image -> hash(image.file())).toList();
          k.put("images", Hashes.of(String.join(" ", images)));
          k.put("label", part.label);
          k.put("settings", task.settings.toString());
          k.put("more", part.more.toString());
        });
    return key;
  }

  /** Read anew by every study: a file may have changed since the set was opened. */
  private String hash(Path image) {
    return imageHashes.computeIfAbsent(image, Hashes::ofFile);
  }
}
