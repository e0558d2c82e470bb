package dev.engram.atlas;

import dev.engram.EngramException;
import dev.engram.atlas.AtlasTable.Column;
import dev.engram.trace.NeuronSpace;
import java.util.List;
import java.util.Locale;

/**
 * The numbers that an atlas has of each neuron, in the order of {@link NeuronSpace}: what a search
 * goes through.
 *
 * @param space the order
 * @param mean of m
 * @param deviation of m
 * @param least the smallest m
 * @param greatest the largest m
 * @param density the share of images with |m| beyond the threshold
 * @param bestClass the class with the largest mean improvement; "" for none
 * @param improvement of it; NaN for none
 * @param coefficient mean m on it; NaN for none
 */
public record AtlasNeurons(
    NeuronSpace space,
    double[] mean,
    double[] deviation,
    double[] least,
    double[] greatest,
    double[] density,
    List<String> bestClass,
    double[] improvement,
    double[] coefficient) {
  /** By what neurons can be sorted besides what a search without an atlas knows. */
  public enum Sort {
    /** The mean of m. */
    MEAN,
    /** Its deviation. */
    DEVIATION,
    /** The smallest m. */
    LEAST,
    /** The largest m. */
    GREATEST,
    /** The share of images beyond the threshold. */
    DENSITY;

    /** The name as it is typed. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static AtlasNeurons read(Atlas atlas) {
    NeuronSpace space = atlas.manifest().space();
    AtlasTable table =
        atlas.sql(
            "SELECT mean, deviation, least, greatest, density, best_improvement, best_coefficient,"
                + " best_class, position FROM neurons ORDER BY position");
    if (table.rows() != space.count()) {
      throw new EngramException(
          "The atlas %s is damaged: it has %d neurons, and its manifest tells of %d."
              .formatted(atlas.folder(), table.rows(), space.count()));
    }
    List<Column> c = table.columns();
    return new AtlasNeurons(
        space,
        numbers(c.get(0)),
        numbers(c.get(1)),
        numbers(c.get(2)),
        numbers(c.get(3)),
        numbers(c.get(4)),
        c.get(7).values().stream().map(v -> v == null ? "" : v.toString()).toList(),
        numbers(c.get(5)),
        numbers(c.get(6)));
  }

  private static double[] numbers(Column column) {
    return column.values().stream()
        .mapToDouble(v -> v instanceof Number n ? n.doubleValue() : Double.NaN)
        .toArray();
  }

  /** The values by which neurons are sorted, in the order of {@link #space}. */
  public double[] values(Sort by) {
    return switch (by) {
      case MEAN -> mean;
      case DEVIATION -> deviation;
      case LEAST -> least;
      case GREATEST -> greatest;
      case DENSITY -> density;
    };
  }
}
