package dev.engram.lab;

import dev.engram.Provenance;
import dev.engram.attribution.Score;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Fall;
import dev.engram.dissect.ResidualByChance;
import dev.engram.lab.Exploration.Subject;
import dev.engram.lab.ExploredNeuron.Scored;
import dev.engram.trace.Feature;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Linked pages of several features of a sparse autoencoder: what {@link Exploration} is for
 * neurons.
 *
 * @param title what was explored
 * @param hook whose activations the features are parts of
 * @param subject what the features were scored on
 * @param scores what every feature was scored by; features are ranked by the first
 * @param features the pages
 * @param pictures every image of a page once, as the model sees it
 * @param chance what words leave unsaid of random vectors
 * @param provenance where the numbers come from
 */
public record FeatureExploration(
    String title,
    String hook,
    Subject subject,
    List<Score> scores,
    List<OfFeature> features,
    Map<LabelledImage, Picture> pictures,
    ResidualByChance chance,
    Provenance provenance)
    implements Explored {
  /**
   * The page of one feature.
   *
   * @param feature which
   * @param scores mean over the subject's images, and the rank among all features
   * @param coefficient m at the class token, mean over the subject's images
   * @param onSubject the images of the subject that are shown
   * @param driving the open images in which it is most active, at any token
   * @param words what it says
   * @param entities one for each entity of the open images, the most improved first
   * @param fall of the shown images' mean cosine with the label, without the feature
   */
  public record OfFeature(
      Feature feature,
      Map<Score, Scored> scores,
      double coefficient,
      List<Look> onSubject,
      List<Look> driving,
      FeatureInterpretations.OfFeature words,
      List<DescribedFeature.OfEntity> entities,
      Fall fall) {
    /** Keeps copies. */
    public OfFeature {
      scores = Map.copyOf(scores);
      onSubject = List.copyOf(onSubject);
      driving = List.copyOf(driving);
      entities = List.copyOf(entities);
    }

    /** The largest coefficient of a patch of any of its images. */
    public double scale() {
      return Stream.concat(onSubject.stream(), driving.stream())
          .flatMapToDouble(look -> DoubleStream.of(look.patches()))
          .max()
          .orElse(0);
    }
  }

  /**
   * An image and where the feature is active in it.
   *
   * @param image which
   * @param coefficient m at the class token
   * @param patches m at each patch, row by row
   */
  public record Look(LabelledImage image, double coefficient, double[] patches) {}

  /** Keeps copies. */
  public FeatureExploration {
    scores = List.copyOf(scores);
    features = List.copyOf(features);
    pictures = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(pictures));
  }

  @Override
  public String toString() {
    return title + ": " + features.stream().map(f -> f.feature().toString()).toList();
  }
}
