package dev.engram.magic.site;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.Atlas.TopList;
import dev.engram.atlas.AtlasTable;
import dev.engram.atlas.LogBins;
import dev.engram.atlas.SurveySettings;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** What the pages of a layer's neurons show besides the columns that are searched. */
final class NeuronPages {
  /** Of a table that is read at once. */
  private static final int ROWS = 300_000;

  private final Atlas atlas;
  private final NeuronSpace space;
  private final Map<String, Integer> classes;
  private final int images;

  /**
   * Some of something, in order.
   *
   * @param who images, classes or neurons, by their numbers
   * @param values of each: one list, or two
   */
  record Ranked(int[] who, double[][] values) {}

  /**
   * A neuron.
   *
   * @param histogram of m, by {@link LogBins}
   * @param improvement mean over all images with a class; NaN without any
   * @param near neurons, by their positions, and cosines
   * @param tops images and values, by {@link TopList}
   * @param classes with their mean improvement and mean m
   */
  record Page(
      int[] histogram, double improvement, Ranked near, List<Ranked> tops, Ranked classes) {}

  /** What is gathered of a list while rows pass. */
  private static final class Rows {
    private final List<Integer> who = new ArrayList<>();
    private final List<double[]> values = new ArrayList<>();

    void add(int one, double... of) {
      who.add(one);
      values.add(of);
    }

    Ranked ranked(int lists) {
      double[][] by = new double[lists][values.size()];
      for (int r = 0; r < values.size(); r++) {
        for (int l = 0; l < lists; l++) {
          by[l][r] = values.get(r)[l];
        }
      }
      return new Ranked(who.stream().mapToInt(i -> i).toArray(), by);
    }
  }

  /**
   * @param classes their numbers, by their names
   * @param images how many there are
   */
  NeuronPages(Atlas atlas, Map<String, Integer> classes, int images) {
    this.atlas = atlas;
    this.space = atlas.manifest().space();
    this.classes = classes;
    this.images = images;
  }

  /** The neurons of a layer, by their positions. */
  List<Page> of(int layer) {
    int from = space.offset(Neuron.Block.MSA, layer);
    int count = space.width() + space.ffnWidth();
    Rows[] tops = rows(count * TopList.values().length);
    Rows[] ranked = rows(count);
    SurveySettings kept = atlas.manifest().settings();
    int most = Math.max(TopList.values().length * kept.top(), kept.classes());
    int atOnce = Math.max(1, ROWS / most);
    for (int first = from; first < from + count; first += atOnce) {
      String some =
          "WHERE t.layer = "
              + layer
              + " AND n.position BETWEEN "
              + first
              + " AND "
              + (first + atOnce - 1);
      each(
          "SELECT n.position, t.list, i.number, t.value FROM tops t JOIN neurons n ON n.neuron ="
              + " t.neuron AND n.layer = t.layer JOIN images i ON i.image = t.image "
              + some
              + " ORDER BY n.position, t.list, t.rank",
          row -> {
            TopList list = TopList.valueOf(text(row[1]).toUpperCase(Locale.ROOT));
            int at = within(row[0], from, count) * TopList.values().length + list.ordinal();
            tops[at].add(within(row[2], 0, images), real(row[3]));
          });
      each(
          "SELECT n.position, t.class, t.improvement, t.coefficient FROM classes t JOIN neurons n"
              + " ON n.neuron = t.neuron AND n.layer = t.layer "
              + some
              + " ORDER BY n.position, t.rank",
          row ->
              ranked[within(row[0], from, count)].add(
                  number(text(row[1])), real(row[2]), real(row[3])));
    }
    Page[] pages = new Page[count];
    each(
        "SELECT position, histogram, improvement, array_to_string(near, ' '),"
            + " array_to_string(near_cosines, ' ') FROM neurons WHERE layer = "
            + layer,
        row -> {
          int at = within(row[0], from, count);
          int first = at * TopList.values().length;
          pages[at] =
              new Page(
                  Arrays.stream(words(text(row[1]).replaceAll("[\\[\\],]", " ")))
                      .mapToInt(Integer::parseInt)
                      .toArray(),
                  real(row[2]),
                  new Ranked(
                      Arrays.stream(words(text(row[3])))
                          .mapToInt(name -> space.index(space.neuron(name)))
                          .toArray(),
                      new double[][] {
                        Arrays.stream(words(text(row[4])))
                            .mapToDouble(Double::parseDouble)
                            .toArray()
                      }),
                  Stream.of(TopList.values())
                      .map(list -> tops[first + list.ordinal()].ranked(1))
                      .toList(),
                  ranked[at].ranked(2));
        });
    if (Arrays.asList(pages).contains(null)) {
      throw damaged();
    }
    return List.of(pages);
  }

  private static Rows[] rows(int count) {
    Rows[] rows = new Rows[count];
    Arrays.setAll(rows, i -> new Rows());
    return rows;
  }

  /** Takes a row of a table. */
  private interface Sink {
    void take(Object[] row);
  }

  /** Whatever does not fit tells of a damaged atlas: a stranger may have written it. */
  private void each(String query, Sink sink) {
    AtlasTable table = atlas.sql(query);
    Object[] row = new Object[table.columns().size()];
    try {
      for (int r = 0; r < table.rows(); r++) {
        for (int c = 0; c < row.length; c++) {
          Object value = table.columns().get(c).values().get(r);
          row[c] = value == null ? "" : value;
        }
        sink.take(row);
      }
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw damaged();
    }
  }

  private EngramException damaged() {
    return new EngramException(
        "The atlas %s is damaged: its tables do not fit each other; survey the images again (%%survey)."
            .formatted(atlas.folder()));
  }

  private int number(String name) {
    Integer number = classes.get(name);
    if (number == null) {
      throw damaged();
    }
    return number;
  }

  private static String text(Object value) {
    return value.toString();
  }

  private static double real(Object value) {
    return value instanceof Number n ? n.doubleValue() : Double.NaN;
  }

  private static int within(Object value, int from, int count) {
    long at = value instanceof Number n ? n.longValue() - from : -1;
    if (at < 0 || at >= count) {
      throw new IndexOutOfBoundsException();
    }
    return (int) at;
  }

  private static String[] words(String text) {
    return text.isBlank() ? new String[0] : text.strip().split("\\s+");
  }

  /** The pages of a layer as a script. */
  static byte[] script(int layer, List<Page> pages) throws IOException {
    return SiteScript.json(
        "layer-" + layer,
        out -> {
          out.writeStartArray();
          for (Page page : pages) {
            Progress.checkInterrupt();
            out.writeStartObject();
            out.writeFieldName("h");
            SiteScript.numbers(out, page.histogram());
            out.writeFieldName("i");
            SiteScript.number(out, page.improvement());
            out.writeFieldName("n");
            ranked(out, page.near());
            out.writeFieldName("t");
            out.writeStartArray();
            for (Ranked top : page.tops()) {
              ranked(out, top);
            }
            out.writeEndArray();
            out.writeFieldName("c");
            ranked(out, page.classes());
            out.writeEndObject();
          }
          out.writeEndArray();
        });
  }

  /** Who, and the values of each list: {@code [[3, 5], [0.5, 0.25]]}. */
  private static void ranked(JsonGenerator out, Ranked ranked) throws IOException {
    out.writeStartArray();
    SiteScript.numbers(out, ranked.who());
    for (double[] list : ranked.values()) {
      out.writeStartArray();
      for (double value : list) {
        SiteScript.number(out, value);
      }
      out.writeEndArray();
    }
    out.writeEndArray();
  }
}
