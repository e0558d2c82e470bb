package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.data.Dataset;
import org.jspecify.annotations.Nullable;

/**
 * Where an edit's effect on zero-shot accuracy is measured before and after: on the entities of the
 * open images, on a data set, or nowhere.
 *
 * @param place which of these
 * @param dataset the data set of {@link Place#DATASET}, else null
 * @param split which of the data set's splits; null for that which is held out, else all
 * @param sample at most so many images, evenly spread; null for all
 */
public record Accuracy(
    Place place, @Nullable Dataset dataset, @Nullable String split, @Nullable Integer sample) {
  /** Where accuracy is measured. */
  public enum Place {
    /** The entities of the open images are the classes; nowhere if none are open. */
    OPEN_IMAGES,
    /** A data set. */
    DATASET,
    /** Nowhere. */
    NONE
  }

  /** Refuses a data set that is missing, and a sample of nothing. */
  public Accuracy {
    if ((place == Place.DATASET) != (dataset != null)) {
      throw new IllegalArgumentException("a data set belongs to " + Place.DATASET + " alone");
    }
    if (sample != null && sample < 1) {
      throw new EngramException("A sample takes a number of images from 1; got " + sample + ".");
    }
  }

  /** On the entities of the open images; nowhere if none are open. */
  public static Accuracy onOpenImages() {
    return new Accuracy(Place.OPEN_IMAGES, null, null, null);
  }

  /**
   * @param dataset of which the held-out split is taken, where it has one
   */
  public static Accuracy on(Dataset dataset) {
    return new Accuracy(Place.DATASET, dataset, null, null);
  }

  /** Measures accuracy nowhere. */
  public static Accuracy none() {
    return new Accuracy(Place.NONE, null, null, null);
  }

  /**
   * @param wanted a split, or {@value Dataset#ALL}; null for that which is held out, else all
   */
  public Accuracy split(@Nullable String wanted) {
    return new Accuracy(place, dataset, wanted, sample);
  }

  /**
   * @param most images, evenly spread; null for all
   */
  public Accuracy sample(@Nullable Integer most) {
    return new Accuracy(place, dataset, split, most);
  }

  /** What is measured; null if nothing is. */
  @Nullable Dataset resolve(OpenImages open) {
    Dataset whole =
        switch (place) {
          case NONE -> null;
          case DATASET -> dataset;
          case OPEN_IMAGES ->
              open.isOpen() && !open.set().entities().isEmpty() ? Dataset.of(open.set()) : null;
        };
    if (whole == null) {
      return null;
    }
    Dataset part = split == null ? whole.heldOut() : whole.split(split);
    return sample == null ? part : part.spread(sample);
  }
}
