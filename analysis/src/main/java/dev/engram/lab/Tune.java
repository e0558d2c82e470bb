package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.data.Templates;
import dev.engram.edit.FineTuning;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Teaches a name by gradient descent, the baselines of the paper (A.7, Eq. 24), and keeps the
 * checkpoint whose accuracy on the name is closest to the rank-one edit's.
 *
 * @param name what is taught
 * @param kind what is trained
 * @param images that teach it
 * @param shots teach with the first so many images, and measure on the others; null for all
 * @param template the prompt that the images are drawn to, with {@code {}} for the name
 * @param steps of AdamW at most, each on all images
 * @param every steps between checkpoints
 * @param learningRate of AdamW
 * @param match the accuracy on the name that the checkpoint should come close to, 0 to 1; null for
 *     that of the last time the name was taught by an edit, else 1
 * @param accuracy where zero-shot accuracy is measured, before, after, and at checkpoints
 */
public record Tune(
    String name,
    Kind kind,
    List<Target> images,
    @Nullable Integer shots,
    String template,
    int steps,
    int every,
    double learningRate,
    @Nullable Double match,
    Accuracy accuracy) {
  /** What is trained. */
  public enum Kind {
    /** All weights of the last layer. */
    LAST_LAYER,
    /** Low-rank factors of every attention projection. */
    LORA
  }

  /** Refuses what trains nothing. */
  public Tune {
    images = List.copyOf(images);
    if (name.isBlank()) {
      throw new EngramException("Teaching needs a name, got ''.");
    }
    if (shots != null && shots < 1) {
      throw new EngramException("Teaching takes 1 image of a name or more; got " + shots + ".");
    }
    if (steps < 1 || every < 1) {
      throw new EngramException(
          "Training takes 1 step or more, and 1 or more between checkpoints; got %d and %d."
              .formatted(steps, every));
    }
    if (!(learningRate > 0) || Double.isInfinite(learningRate)) {
      throw new EngramException(
          "The learning rate is a number above 0, such as 5e-6; got " + learningRate + ".");
    }
    if (match != null && !(match >= 0 && match <= 1)) {
      throw new EngramException(
          "An accuracy to be matched is from 0 to 100 %%; got %s %%.".formatted(100 * match));
    }
    Templates.fill(template, name);
  }

  /**
   * Fine-tuning of the last layer with the paper's settings.
   *
   * @param name what is taught
   */
  public static Tune lastLayer(String name) {
    return of(name, Kind.LAST_LAYER);
  }

  /**
   * LoRA with the paper's settings.
   *
   * @param name what is taught
   */
  public static Tune lora(String name) {
    return of(name, Kind.LORA);
  }

  private static Tune of(String name, Kind kind) {
    return new Tune(
        name,
        kind,
        List.of(),
        null,
        FineTuning.PROMPT,
        100,
        10,
        FineTuning.Settings.PAPER.learningRate(),
        null,
        Accuracy.onOpenImages());
  }

  /**
   * @param from images that teach it
   */
  public Tune images(List<Target> from) {
    return new Tune(name, kind, from, shots, template, steps, every, learningRate, match, accuracy);
  }

  /**
   * @param from images that teach it
   */
  public Tune images(Target... from) {
    return images(List.of(from));
  }

  /**
   * @param from images or folders of images
   */
  public Tune images(Path... from) {
    return images(Stream.of(from).map(f -> Target.of(f)).toList());
  }

  /**
   * @param first how many images teach it; null for all
   */
  public Tune shots(@Nullable Integer first) {
    return new Tune(
        name, kind, images, first, template, steps, every, learningRate, match, accuracy);
  }

  /**
   * @param prompt that the images are drawn to, with {@code {}} for the name
   */
  public Tune template(String prompt) {
    return new Tune(name, kind, images, shots, prompt, steps, every, learningRate, match, accuracy);
  }

  /**
   * @param most of AdamW
   * @param between checkpoints
   */
  public Tune steps(int most, int between) {
    return new Tune(
        name, kind, images, shots, template, most, between, learningRate, match, accuracy);
  }

  /**
   * @param rate of AdamW
   */
  public Tune learningRate(double rate) {
    return new Tune(name, kind, images, shots, template, steps, every, rate, match, accuracy);
  }

  /**
   * @param wanted accuracy on the name, 0 to 1; null for that of the last edit that taught it
   */
  public Tune match(@Nullable Double wanted) {
    return new Tune(
        name, kind, images, shots, template, steps, every, learningRate, wanted, accuracy);
  }

  /**
   * @param where zero-shot accuracy is measured
   */
  public Tune accuracy(Accuracy where) {
    return new Tune(name, kind, images, shots, template, steps, every, learningRate, match, where);
  }
}
