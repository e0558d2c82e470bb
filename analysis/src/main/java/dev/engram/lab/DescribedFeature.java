package dev.engram.lab;

import dev.engram.Provenance;
import dev.engram.attribution.Reading;
import dev.engram.dissect.Fall;
import dev.engram.dissect.ResidualByChance;
import dev.engram.dissect.ValueVectors;
import dev.engram.trace.Feature;
import java.util.List;

/**
 * All that the open images tell about one feature of a sparse autoencoder.
 *
 * @param feature which
 * @param hook whose activations it is a part of
 * @param words what it says
 * @param chance what words leave unsaid of random vectors
 * @param maps the open images in which it is most active, with where
 * @param images how many open images there are
 * @param active in how many of them it is active, at any token
 * @param reading by which entities are improved
 * @param entities one for each entity of the open images, the most improved first
 * @param nearest the neurons whose value vectors point most nearly its way
 * @param fall of the mean cosine of the first entity's images with their label, without the feature
 * @param provenance where the numbers come from
 */
public record DescribedFeature(
    Feature feature,
    String hook,
    FeatureInterpretations.OfFeature words,
    ResidualByChance chance,
    FeatureMaps maps,
    int images,
    int active,
    Reading reading,
    List<OfEntity> entities,
    List<ValueVectors.Near> nearest,
    Fall fall,
    Provenance provenance)
    implements DescribedUnit {
  /** Keeps copies. */
  public DescribedFeature {
    entities = List.copyOf(entities);
    nearest = List.copyOf(nearest);
  }

  /**
   * What the feature does for an entity, means over its images.
   *
   * @param title as people write it
   * @param label the text
   * @param improvement of the cosine with the label
   * @param coefficient m at the class token
   */
  public record OfEntity(String title, String label, double improvement, double coefficient) {}

  @Override
  public String toString() {
    return words.toString();
  }
}
