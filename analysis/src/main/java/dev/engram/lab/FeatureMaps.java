package dev.engram.lab;

import dev.engram.Provenance;
import dev.engram.trace.Feature;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Where a feature of a sparse autoencoder is active in some images: its coefficient at every patch.
 * No attention is split, as it is for a neuron (Eq. 6): a feature is read at each token by itself.
 *
 * @param feature which
 * @param side patches in a row
 * @param images the most active first
 * @param provenance where the numbers come from
 */
public record FeatureMaps(Feature feature, int side, List<OfImage> images, Provenance provenance)
    implements HeatmapReadings {
  /** Sorts by the largest coefficient. */
  public FeatureMaps {
    images =
        images.stream().sorted(Comparator.comparingDouble((OfImage i) -> -i.largest())).toList();
  }

  /**
   * One image.
   *
   * @param picture as the model sees it, titled as a user would name it
   * @param classToken m at the class token
   * @param patches m at each patch, row by row (side²)
   */
  public record OfImage(Picture picture, double classToken, double[] patches) {
    /** The largest coefficient, of a patch or the class token. */
    public double largest() {
      return Math.max(classToken, largestPatch());
    }

    /** The largest coefficient of a patch. */
    public double largestPatch() {
      return Arrays.stream(patches).max().orElse(0);
    }

    /** How many patches it is active at. */
    public int active() {
      return (int) Arrays.stream(patches).filter(m -> m != 0).count();
    }
  }

  /**
   * The largest coefficient of a patch of any image: with it as their end, maps can be compared.
   */
  public double scale() {
    return images.stream().mapToDouble(OfImage::largestPatch).max().orElse(0);
  }

  /** The image in which it is most active. */
  public OfImage strongest() {
    return images.get(0);
  }

  @Override
  public String toString() {
    return "%s on %d images, most active on %s"
        .formatted(feature, images.size(), strongest().picture().title());
  }
}
