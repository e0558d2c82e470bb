package dev.engram.sae;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.Progress;
import dev.engram.Sha256;
import dev.engram.attribution.FeatureAttribution;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.dissect.SurveyStore;
import dev.engram.model.Clip;
import dev.engram.trace.Feature;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;

/**
 * Keeps surveys of features beside those of neurons, by the same rules: a file's name is the hash
 * of all that the numbers depend on, the autoencoder's files among them.
 */
public final class FeatureSurveyStore {
  /** Changes with what a file holds. */
  private static final String FORMAT = "features 1";

  /** How far a kept number may be from one made now, as a part of the largest one. */
  private static final double AGREEMENT = 1e-3;

  private final SurveyStore beside;

  /**
   * @param beside surveys of neurons
   */
  public FeatureSurveyStore(SurveyStore beside) {
    this.beside = beside;
  }

  /**
   * The survey of a set: read if it was kept, else made and kept.
   *
   * @param clip the model
   * @param sae of the model; must outlive the survey
   * @throws dev.engram.EngramException if an image cannot be read, or features have no such score
   */
  public FeatureSurvey survey(
      Clip clip, SparseAutoencoder sae, ImageSet set, Reading reading, Progress progress) {
    FeatureAttributor.requireDefined(sae.hook(), reading);
    progress.step("looking for what is kept of the images", 0, set.images().size());
    String parts = SurveyStore.key(clip, set, reading) + "\n" + sae.hash() + "\n" + FORMAT;
    Path file = beside.file(Sha256.of(parts.getBytes(UTF_8)));
    Optional<FeatureSurvey> kept = FeatureSurvey.read(file, clip, sae, set, reading);
    if (kept.isPresent() && agrees(kept.get(), clip, sae, set, reading)) {
      return kept.get();
    }
    FeatureSurvey fresh = FeatureSurvey.of(clip, sae, set, reading, progress);
    fresh.write(file);
    beside.sweep();
    return fresh;
  }

  /** So that no change of the library, which no key can name, leads to old numbers. */
  private static boolean agrees(
      FeatureSurvey kept, Clip clip, SparseAutoencoder sae, ImageSet set, Reading reading) {
    Optional<Entity> smallest =
        clip.config().hasText()
            ? set.entities().stream().min(Comparator.comparingInt(e -> e.images().size()))
            : Optional.empty();
    if (smallest.isEmpty()) {
      return false; // a set without labels passes in half the time
    }
    Entity entity = smallest.get();
    FeatureAttribution now;
    try (FeatureAttributor attributor = new FeatureAttributor(clip, sae)) {
      now = attributor.attribute(entity.images(), entity.label(), reading, Progress.NONE);
    }
    double[] largest = new double[2];
    double[] difference = new double[2];
    for (int f = 0; f < sae.count(); f++) {
      Feature feature = sae.feature(f);
      FeatureSurvey.Effect was = kept.effect(entity, feature);
      double[] fresh = {now.score(feature), now.coefficient(feature)};
      double[] old = {was.improvement(), was.coefficient()};
      for (int i = 0; i < fresh.length; i++) {
        largest[i] = Math.max(largest[i], Math.abs(fresh[i]));
        difference[i] = Math.max(difference[i], Math.abs(fresh[i] - old[i]));
      }
    }
    return difference[0] <= AGREEMENT * largest[0] && difference[1] <= AGREEMENT * largest[1];
  }
}
