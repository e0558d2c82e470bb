package dev.engram.atlas;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.atlas.ImageRows.Ranked;
import dev.engram.atlas.SurveyedImages.Entry;
import dev.engram.data.Entity;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.WordDictionary;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * Writes what a survey found as Parquet files, those of neurons by layer. {@code docs/atlas.md}
 * documents every column.
 */
final class AtlasWriter {
  private static final String NEURONS =
      "neuron VARCHAR, position INTEGER, block VARCHAR, head INTEGER, channel INTEGER,"
          + " images BIGINT, mean DOUBLE, deviation DOUBLE, least FLOAT, greatest FLOAT,"
          + " density DOUBLE, histogram INTEGER[], improvement DOUBLE, best_class VARCHAR,"
          + " best_improvement DOUBLE, best_coefficient DOUBLE, sign INTEGER, words VARCHAR[],"
          + " near VARCHAR[], near_cosines DOUBLE[], patch_mean DOUBLE, patch_deviation DOUBLE,"
          + " patch_least FLOAT, patch_greatest FLOAT, patch_density DOUBLE,"
          + " patch_histogram INTEGER[]";
  private static final String SKETCHES = "neuron VARCHAR, position INTEGER, sketch BLOB";
  private static final String TOPS =
      "neuron VARCHAR, list VARCHAR, rank INTEGER, image VARCHAR, value DOUBLE";
  private static final String CLASSES =
      "neuron VARCHAR, rank INTEGER, class VARCHAR, improvement DOUBLE, coefficient DOUBLE";
  private static final String IMAGES =
      "image VARCHAR, number INTEGER, class VARCHAR, unreadable VARCHAR, sha256 VARCHAR,"
          + " embedding FLOAT[], nearest VARCHAR[], nearest_cosines FLOAT[], improved VARCHAR[],"
          + " improvements FLOAT[], strongest VARCHAR[], coefficients FLOAT[]";
  private static final String LABELS =
      "class VARCHAR, title VARCHAR, label VARCHAR, category VARCHAR, images INTEGER";

  /** Columns that the position of a coefficient has. */
  private static final int COEFFICIENTS = 6;

  /** Neurons that are put into words at once: their products with 20,000 words are 20 MB. */
  private static final int AT_ONCE = 256;

  private final Clip clip;
  private final SurveyedImages images;
  private final AtlasState state;
  private final @Nullable WordDictionary words;
  private final NeuronSpace space;
  private final List<Entry> byNumber;
  private final List<Entity> entities;

  /**
   * @param words a dictionary of the model; null for none
   */
  AtlasWriter(Clip clip, SurveyedImages images, AtlasState state, @Nullable WordDictionary words) {
    this.clip = clip;
    this.images = images;
    this.state = state;
    this.words = words;
    space = clip.config().vision().space();
    byNumber = images.byNumber();
    entities = images.set().entities();
  }

  /**
   * @param folder is there and empty
   */
  void write(Path folder, ImageRows rows, Progress progress) throws IOException {
    try (Connection connection = DuckDb.open()) {
      DuckDBConnection duck = connection.unwrap(DuckDBConnection.class);
      NearNeurons near = new NearNeurons(clip);
      int[] ones = state.sketches.ones(state.unreadable.keySet());
      for (int l = 0; l < space.layers(); l++) {
        progress.step("writing layers", l, space.layers());
        int layer = l;
        Path part = Path.of("layer=" + l);
        table(
            duck,
            folder.resolve("neurons").resolve(part).resolve("neurons.parquet"),
            NEURONS,
            out -> neurons(out, layer, near));
        table(
            duck,
            folder.resolve("tops").resolve(part).resolve("tops.parquet"),
            TOPS,
            out -> tops(out, layer));
        table(
            duck,
            folder.resolve("classes").resolve(part).resolve("classes.parquet"),
            CLASSES,
            out -> classes(out, layer));
        table(
            duck,
            folder.resolve("sketches").resolve(part).resolve("sketches.parquet"),
            SKETCHES,
            out -> sketches(out, layer, ones));
      }
      progress.step("writing layers", space.layers(), space.layers());
      table(duck, folder.resolve("images.parquet"), IMAGES, out -> images(out, rows));
      table(duck, folder.resolve("labels.parquet"), LABELS, this::labels);
    } catch (SQLException e) {
      throw new EngramException(
          "DuckDB cannot write the atlas " + folder + ": " + DuckDb.why(e) + ".", e);
    }
  }

  /** Fills a table. */
  private interface Rows {
    void appendTo(DuckDBAppender out) throws SQLException, IOException;
  }

  private static void table(DuckDBConnection duck, Path file, String columns, Rows rows)
      throws SQLException, IOException {
    Files.createDirectories(file.getParent());
    try (Statement s = duck.createStatement()) {
      s.execute("CREATE TEMP TABLE part (" + columns + ")");
      try (DuckDBAppender out = duck.createAppender("temp", "main", "part")) {
        rows.appendTo(out);
      }
      s.execute(
          "COPY part TO %s (FORMAT parquet, COMPRESSION zstd)"
              .formatted(DuckDb.quoted(file.toString())));
      s.execute("DROP TABLE part");
    }
  }

  /** The neurons of a layer, by their position. */
  private IntStream layer(int layer) {
    int from = space.offset(Neuron.Block.MSA, layer);
    return IntStream.range(from, from + space.width() + space.ffnWidth());
  }

  private void neurons(DuckDBAppender out, int layer, NearNeurons near) throws SQLException {
    List<List<String>> said = words(layer);
    int from = space.offset(Neuron.Block.MSA, layer);
    for (Neuron.Block block : Neuron.Block.values()) {
      TopLists nearest = near.of(block, layer);
      for (int column = 0; column < space.size(block); column++) {
        int i = space.offset(block, layer) + column;
        Neuron neuron = space.neuron(i);
        boolean isMsa = block == Neuron.Block.MSA;
        out.beginRow().append(neuron.toString()).append(i).append(block.toString());
        orNull(out, isMsa ? (Integer) neuron.head() : null);
        out.append(neuron.channel()).append(state.images);
        coefficients(out, state.classToken, i);
        orNull(
            out, state.labelled == 0 ? null : (Double) state.improvements.mean(i, state.labelled));
        boolean hasBest = state.classes.size(i) > 0;
        out.append(hasBest ? entities.get(state.classes.owner(i, 0)).name() : null);
        orNull(out, hasBest ? (Double) state.classes.value(i, 0) : null);
        orNull(out, hasBest ? (Double) state.classes.beside(i, 0) : null);
        out.append(sign(i)).append(said.get(i - from));
        out.append(names(nearest, column)).append(values(nearest, column));
        if (state.patches == null) {
          for (int nulls = 0; nulls < COEFFICIENTS; nulls++) {
            out.appendNull();
          }
        } else {
          coefficients(out, state.patches, i);
        }
        out.endRow();
      }
    }
  }

  /** Mean, deviation, least, greatest, density, histogram. */
  private void coefficients(DuckDBAppender out, CoefficientStats of, int i) throws SQLException {
    out.append(of.mean(i, state.images))
        .append(of.deviation(i, state.images))
        .append(of.least[i])
        .append(of.greatest[i])
        .append(of.beyond[i] / (double) state.images)
        .append(of.histogram(i));
  }

  private void sketches(DuckDBAppender out, int layer, int[] ones) throws SQLException {
    for (int i : layer(layer).toArray()) {
      CoefficientStats of = state.classToken;
      short[] sketch =
          state.sketches.centred(i, of.mean(i, state.images), of.deviation(i, state.images), ones);
      ByteBuffer bytes =
          ByteBuffer.allocate(Short.BYTES * sketch.length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asShortBuffer().put(sketch);
      out.beginRow().append(name(i)).append(i).append(bytes.array()).endRow();
    }
  }

  private static void orNull(DuckDBAppender out, @Nullable Integer value) throws SQLException {
    if (value == null) {
      out.appendNull();
    } else {
      out.append(value.intValue());
    }
  }

  private static void orNull(DuckDBAppender out, @Nullable Double value) throws SQLException {
    if (value == null) {
      out.appendNull();
    } else {
      out.append(value.doubleValue());
    }
  }

  private List<String> names(TopLists lists, int i) {
    return IntStream.range(0, lists.size(i))
        .mapToObj(r -> space.neuron(lists.owner(i, r)).toString())
        .toList();
  }

  private static double[] values(TopLists lists, int i) {
    return IntStream.range(0, lists.size(i)).mapToDouble(r -> lists.value(i, r)).toArray();
  }

  /** The sign of A.2, taken on the class that the neuron improves most. */
  private int sign(int i) {
    return state.classes.size(i) > 0
            && state.classes.value(i, 0) > 0
            && state.classes.beside(i, 0) < 0
        ? -1
        : 1;
  }

  /** What the neurons of a layer say, turned by their sign; nothing without a dictionary. */
  private List<List<String>> words(int layer) {
    List<Neuron> all = layer(layer).mapToObj(space::neuron).toList();
    if (words == null) {
      return all.stream().map(n -> List.<String>of()).toList();
    }
    int[] signs = layer(layer).map(this::sign).toArray();
    Interpreter interpreter = new Interpreter(clip, words);
    List<List<String>> out = new ArrayList<>();
    for (int from = 0; from < signs.length; from += AT_ONCE) {
      Progress.checkInterrupt();
      int to = Math.min(signs.length, from + AT_ONCE);
      out.addAll(said(interpreter, all.subList(from, to), Arrays.copyOfRange(signs, from, to)));
    }
    return out;
  }

  private static List<List<String>> said(
      Interpreter interpreter, List<Neuron> neurons, int[] signs) {
    try {
      return interpreter.interpret(neurons, signs, ValueReading.LINEAR, Progress.NONE).stream()
          .map(i -> i.words().stream().map(Interpretation.Weighted::word).toList())
          .toList();
    } catch (EngramException oneSaysNothing) { // a value vector of length 0
      return neurons.size() == 1
          ? List.of(List.of())
          : IntStream.range(0, signs.length)
              .mapToObj(
                  i -> said(interpreter, List.of(neurons.get(i)), new int[] {signs[i]}).get(0))
              .toList();
    }
  }

  private void tops(DuckDBAppender out, int layer) throws SQLException {
    for (int i : layer(layer).toArray()) {
      top(out, i, "highest", state.classToken.highest, 1);
      top(out, i, "lowest", state.classToken.lowest, -1);
      top(out, i, "improvement", state.improved, 1);
      top(out, i, "patches", state.patches == null ? null : state.patches.highest, 1);
    }
  }

  private void top(DuckDBAppender out, int i, String name, @Nullable TopLists list, int sign)
      throws SQLException {
    String neuron = space.neuron(i).toString();
    for (int r = 0; list != null && r < list.size(i); r++) {
      out.beginRow()
          .append(neuron)
          .append(name)
          .append(r + 1)
          .append(byNumber.get(list.owner(i, r)).image().name())
          .append(sign * list.value(i, r))
          .endRow();
    }
  }

  private void classes(DuckDBAppender out, int layer) throws SQLException {
    for (int i : layer(layer).toArray()) {
      String neuron = space.neuron(i).toString();
      for (int r = 0; r < state.classes.size(i); r++) {
        out.beginRow()
            .append(neuron)
            .append(r + 1)
            .append(entities.get(state.classes.owner(i, r)).name())
            .append(state.classes.value(i, r))
            .append(state.classes.beside(i, r))
            .endRow();
      }
    }
  }

  private void images(DuckDBAppender out, ImageRows rows) throws SQLException, IOException {
    for (Entry e : byNumber) {
      out.beginRow().append(e.image().name()).append(e.number());
      out.append(e.classIndex() < 0 ? null : entities.get(e.classIndex()).name());
      String why = state.unreadable.get(e.number());
      out.append(why);
      if (why != null) {
        for (int nulls = 0; nulls < 8; nulls++) {
          out.appendNull();
        }
        out.endRow();
        continue;
      }
      ImageRows.Row row = rows.read(e.number());
      out.append(row.hash()).append(row.embedding());
      out.append(owners(row.nearest(), c -> entities.get(c).name())).append(values(row.nearest()));
      out.append(owners(row.improved(), this::name)).append(values(row.improved()));
      out.append(owners(row.strongest(), this::name)).append(values(row.strongest()));
      out.endRow();
    }
  }

  private String name(int neuron) {
    return space.neuron(neuron).toString();
  }

  private static List<String> owners(Ranked ranked, java.util.function.IntFunction<String> name) {
    return IntStream.range(0, ranked.size()).mapToObj(r -> name.apply(ranked.owners()[r])).toList();
  }

  private static float[] values(Ranked ranked) {
    return Arrays.copyOf(ranked.values(), ranked.size());
  }

  private void labels(DuckDBAppender out) throws SQLException {
    int[] sizes = images.classSizes();
    for (int c = 0; c < sizes.length; c++) {
      Entity e = entities.get(c);
      out.beginRow()
          .append(e.name())
          .append(e.title())
          .append(e.label())
          .append(e.category())
          .append(sizes[c])
          .endRow();
    }
  }
}
