package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.data.Dataset;
import dev.engram.experiment.Experiment;
import dev.engram.experiment.Experiment.Need;
import dev.engram.experiment.ExperimentSettings;
import dev.engram.experiment.Experiments;
import dev.engram.model.Clip;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Asks for an experiment of the registry on the loaded model, on the open images or on data sets.
 *
 * @param settings of the experiment
 * @param data data sets in the place of the open images; none for those
 * @param general general objects, such as ImageNet; null for the labelled background of the images
 * @param sample at most so many of them, evenly spread; null for {@value #SAMPLE}
 * @param shots at most so many images teach a class of the data sets; null for {@value #SHOTS}
 * @param images only the first so many open images of each entity; null for all
 * @param words the dictionary; null for the model's own, else English
 * @param models open other models, which are closed again
 * @param fresh whether everything is computed again, whatever is kept
 * @param <R> what the experiment returns
 */
public record Reproduce<R>(
    ExperimentSettings<R> settings,
    List<Dataset> data,
    @Nullable Dataset general,
    @Nullable Integer sample,
    @Nullable Integer shots,
    @Nullable Integer images,
    @Nullable Vocabulary words,
    List<Supplier<Clip>> models,
    boolean fresh) {
  /** General objects at most. */
  public static final int SAMPLE = 2000;

  /** Images that teach a class at most, as in the paper. */
  public static final int SHOTS = 20;

  /** Refuses what the experiment has no use for. */
  public Reproduce {
    data = List.copyOf(data);
    models = List.copyOf(models);
    Experiment<?> e = settings.experiment();
    if (!models.isEmpty()) {
      require(
          e,
          "--model",
          x -> x.needs(Need.MODELS),
          "compares models",
          "looks at the loaded one, which %model changes");
    }
    if (!data.isEmpty() || general != null) {
      require(
          e,
          "--data or --general",
          Experiment::takesDataSets,
          "take data sets",
          "looks at the open images, which %images changes");
    }
    if (words != null) {
      require(e, "--dictionary", x -> x.needs(Need.WORDS), "use words", "uses none");
    }
    if (shots != null) {
      require(e, "--shots", Experiment::teaches, "teach names", "teaches none");
    }
    if (data.size() > 1 && !e.needs(Need.SEVERAL_LESSONS)) {
      throw new EngramException(
          "%reproduce "
              + e
              + " takes one data set at a time; got "
              + data.stream().map(Dataset::name).collect(Collectors.joining(", "))
              + ".");
    }
    if ((sample != null && sample < 1) || (shots != null && shots < 1)) {
      throw new EngramException(
          "--sample and --shots take numbers from 1, got %s and %s."
              .formatted(sample == null ? SAMPLE : sample, shots == null ? SHOTS : shots));
    }
    requireBeside("--sample", sample, "--general", general != null);
    requireBeside("--shots", shots, "--data", !data.isEmpty());
    if (images != null && !data.isEmpty()) {
      throw new EngramException(
          "--images takes the first of the open images; with --data there are none, so leave it"
              + " out.");
    }
  }

  /**
   * @param option that was given
   * @param belongs to which experiments
   * @param which what these do
   * @param instead what the one does that was asked for
   */
  private static void require(
      Experiment<?> asked,
      String option,
      Predicate<Experiment<?>> belongs,
      String which,
      String instead) {
    if (!belongs.test(asked)) {
      throw new EngramException(
          "%s belongs to %s, which %s; %%reproduce %s %s."
              .formatted(option, Experiments.names(belongs), which, asked, instead));
    }
  }

  private static void requireBeside(
      String option, @Nullable Object given, String other, boolean otherGiven) {
    if (given != null && !otherGiven) {
      throw new EngramException(
          "%s says how many images of %s are taken; write both or neither."
              .formatted(option, other));
    }
  }

  /**
   * On the open images.
   *
   * @param settings of the experiment
   */
  public static <R> Reproduce<R> of(ExperimentSettings<R> settings) {
    return new Reproduce<>(settings, List.of(), null, null, null, null, null, List.of(), false);
  }

  /**
   * @param sets data sets in the place of the open images
   */
  public Reproduce<R> data(List<Dataset> sets) {
    return new Reproduce<>(settings, sets, general, sample, shots, images, words, models, fresh);
  }

  /**
   * @param objects general objects; null for the labelled background of the images
   * @param most at most so many, evenly spread; null for {@value #SAMPLE}
   */
  public Reproduce<R> general(@Nullable Dataset objects, @Nullable Integer most) {
    return new Reproduce<>(settings, data, objects, most, shots, images, words, models, fresh);
  }

  /**
   * @param most images that teach a class of the data sets; null for {@value #SHOTS}
   */
  public Reproduce<R> shots(@Nullable Integer most) {
    return new Reproduce<>(settings, data, general, sample, most, images, words, models, fresh);
  }

  /**
   * @param first open images of each entity; null for all
   */
  public Reproduce<R> images(@Nullable Integer first) {
    return new Reproduce<>(settings, data, general, sample, shots, first, words, models, fresh);
  }

  /**
   * @param dictionary null for the model's own words, else English
   */
  public Reproduce<R> words(@Nullable Vocabulary dictionary) {
    return new Reproduce<>(
        settings, data, general, sample, shots, images, dictionary, models, fresh);
  }

  /**
   * @param others open models that are looked at beside the loaded one, and closed again
   */
  public Reproduce<R> models(List<Supplier<Clip>> others) {
    return new Reproduce<>(settings, data, general, sample, shots, images, words, others, fresh);
  }

  /**
   * @param again whether everything is computed again, whatever is kept
   */
  public Reproduce<R> fresh(boolean again) {
    return new Reproduce<>(settings, data, general, sample, shots, images, words, models, again);
  }
}
