package dev.engram.atlas;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Sha256;
import dev.engram.data.ImageSet;
import dev.engram.dissect.WordDictionary;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a whole data set tells of every neuron of a model: a folder of Parquet files with a
 * manifest, made by one pass of the images ({@link #survey}) and queried through DuckDB, which
 * takes memory until the atlas is closed.
 */
public final class Atlas implements AtlasAnswer, AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final List<String> BY_LAYER = List.of("neurons", "tops", "classes", "sketches");
  private static final List<String> WHOLE = List.of("images", "labels");

  private final Path folder;
  private final Manifest manifest;
  private final Connection connection;
  private final Cleaner.Cleanable closing;
  private @Nullable AtlasNeurons neurons;

  /**
   * An image of a list of a neuron.
   *
   * @param rank from 1
   * @param image its name within its set
   * @param value the coefficient, or the improvement of its own label
   */
  public record Top(int rank, String image, double value) {}

  /** Which of a neuron's lists of images. */
  public enum TopList {
    /** The largest coefficients. */
    HIGHEST,
    /** The smallest coefficients, the smallest first. */
    LOWEST,
    /** The largest improvements of the image's own label. */
    IMPROVEMENT,
    /** The largest maxima of the coefficient over the patches, of a survey that kept them. */
    PATCHES
  }

  private Atlas(Path folder, Manifest manifest, Connection connection) {
    this.folder = folder;
    this.manifest = manifest;
    this.connection = connection;
    closing = CLEANER.register(this, new Closing(connection));
  }

  /**
   * A database has memory of its own, which Java does not see: one that a notebook has lost sight
   * of goes with the atlas.
   */
  private record Closing(Connection connection) implements Runnable {
    @Override
    public void run() {
      Atlas.close(connection);
    }
  }

  /**
   * Opens an atlas.
   *
   * @throws EngramException if there is none, it is damaged or of another version, or DuckDB is not
   *     installed
   */
  public static Atlas open(Path folder) {
    Manifest manifest = Manifest.read(folder);
    Connection connection = DuckDb.open();
    try (Statement s = connection.createStatement()) {
      for (String table : BY_LAYER) {
        s.execute(
            "CREATE VIEW %s AS SELECT * FROM read_parquet(%s, hive_partitioning = true, hive_types = {'layer': INTEGER})"
                .formatted(table, files(folder, table + "/layer=*/" + table + ".parquet")));
      }
      for (String table : WHOLE) {
        s.execute(
            "CREATE VIEW %s AS SELECT * FROM read_parquet(%s, hive_partitioning = false)"
                .formatted(table, files(folder, table + ".parquet")));
      }
      return new Atlas(folder, manifest, connection);
    } catch (SQLException e) {
      close(connection);
      throw new EngramException(
          "The atlas %s is damaged: %s; survey the images again (%%survey)."
              .formatted(folder, DuckDb.why(e)),
          e);
    }
  }

  /** A pattern of files; what a folder's own name has of a pattern's signs is taken as it is. */
  private static String files(Path folder, String pattern) {
    String place = folder.toAbsolutePath().toString().replace('\\', '/');
    return DuckDb.quoted(place.replaceAll("([\\[*?])", "[$1]") + "/" + pattern);
  }

  /**
   * Surveys a set of images: passes each once and writes what they tell of every neuron. What is
   * interrupted goes on where it stopped when it is asked for again; what is there already is
   * opened.
   *
   * @param words a dictionary of the model for what neurons say; null for none
   * @param folder of the atlas; not there yet, empty, or an atlas of the same survey. A folder
   *     {@code NAME.unfinished} beside it holds what is not finished
   * @throws EngramException if the folder holds something else or cannot be written, the model has
   *     no class token, or no image can be read
   */
  public static Atlas survey(
      Clip clip,
      ImageSet set,
      SurveySettings settings,
      @Nullable WordDictionary words,
      Path folder,
      Progress progress) {
    return survey(clip, SurveySet.of(set), settings, words, folder, null, progress);
  }

  /**
   * Surveys images wherever they lie, as {@link #survey(Clip, ImageSet, SurveySettings,
   * WordDictionary, Path, Progress)} does those of a set.
   *
   * @param words a dictionary of the model for what neurons say; null for none
   * @param folder of the atlas
   * @param engine passes the images; null for this process
   */
  public static Atlas survey(
      Clip clip,
      SurveySet set,
      SurveySettings settings,
      @Nullable WordDictionary words,
      Path folder,
      @Nullable SurveyEngine engine,
      Progress progress) {
    new AtlasMaker(clip, set, settings, words).make(folder, engine, progress);
    return open(folder);
  }

  /**
   * Where the atlas of a survey lies among others, by a name for people with the survey's key.
   *
   * @param parent of many atlases
   */
  public static Path folderIn(Path parent, Clip clip, SurveySet set, SurveySettings settings) {
    return new AtlasMaker(clip, set, settings, null).folderIn(parent);
  }

  /** Where it lies. */
  public Path folder() {
    return folder;
  }

  /** Whether its files are still there; its numbers are read when they are asked for. */
  public boolean isThere() {
    return Files.isRegularFile(folder.resolve(Manifest.FILE));
  }

  /** Whether another one is of the same files, and this one is still open. */
  public boolean isSameAs(Atlas other) {
    try {
      return !connection.isClosed()
          && folder.toAbsolutePath().equals(other.folder.toAbsolutePath())
          && manifest.equals(other.manifest);
    } catch (SQLException e) {
      return false;
    }
  }

  /** What it is of. */
  public Manifest manifest() {
    return manifest;
  }

  /** Whether it is of this very model. */
  public boolean isOf(Clip clip) {
    return manifest.modelHash().equals(clip.hash());
  }

  /**
   * Refuses another model than its own.
   *
   * @throws EngramException with both models
   */
  public void requireOf(Clip clip) {
    if (!isOf(clip)) {
      throw new EngramException(
          "The atlas %s is of the model %s (%s…), and the open model is %s (%s…); open that model (%%model) or survey this one (%%survey)."
              .formatted(
                  folder,
                  manifest.model(),
                  Sha256.brief(manifest.modelHash()),
                  clip.name(),
                  Sha256.brief(clip.hash())));
    }
  }

  /** Where its numbers come from. */
  public Provenance provenance() {
    return new Provenance(
            Provenance.of("model", manifest.model() + " " + Sha256.brief(manifest.modelHash()))
                .entries(),
            Optional.of(manifest.caution()).filter(c -> !c.isEmpty()))
        .with(
            "atlas",
            String.format(
                Locale.ROOT,
                "%s, %,d images of %s (%s), %s",
                folder.getFileName(),
                manifest.images(),
                manifest.set(),
                Sha256.brief(manifest.setHash()),
                manifest.made()));
  }

  /** The numbers of all neurons; read at the first call and kept. */
  public synchronized AtlasNeurons neurons() {
    if (neurons == null) {
      neurons = AtlasNeurons.read(this);
    }
    return neurons;
  }

  /**
   * The images at one end of a neuron.
   *
   * @return at most as many as the survey kept, the strongest first
   */
  public List<Top> tops(Neuron neuron, TopList list) {
    List<Top> out = new ArrayList<>();
    try (PreparedStatement s =
        connection.prepareStatement(
            "SELECT rank, image, value FROM tops WHERE layer = ? AND neuron = ? AND list = ? ORDER"
                + " BY rank")) {
      s.setInt(1, neuron.layer());
      s.setString(2, neuron.toString());
      s.setString(3, list.name().toLowerCase(java.util.Locale.ROOT));
      try (ResultSet rows = s.executeQuery()) {
        while (rows.next()) {
          out.add(new Top(rows.getInt(1), rows.getString(2), rows.getDouble(3)));
        }
      }
      return out;
    } catch (SQLException e) {
      throw damaged(e);
    }
  }

  /**
   * Compares what two models do on the same images, or one model before and after an edit: which
   * neurons are new, which are gone, which have changed.
   *
   * @param after the atlas of the other model
   * @param match neurons are partners from this correlation on, above 0 and at most 1; {@link
   *     AtlasComparison#MATCH} is half of the variance
   * @throws EngramException if the images, their classes or labels, or the settings differ
   */
  public AtlasComparison compare(Atlas after, double match, Progress progress) {
    return new AtlasComparer(this, after, match).compare(progress);
  }

  /** The first column of a query as texts, "" for NULL; of any number of rows. */
  List<String> texts(String query) {
    List<String> out = new ArrayList<>();
    try (Statement s = connection.createStatement();
        ResultSet rows = s.executeQuery(query)) {
      while (rows.next()) {
        String text = rows.getString(1);
        out.add(text == null ? "" : text);
      }
    } catch (SQLException e) {
      throw damaged(e);
    }
    return out;
  }

  /** The sketches of all neurons, in their order. */
  List<short[]> sketches() {
    List<short[]> out = new ArrayList<>();
    try (Statement s = connection.createStatement();
        ResultSet rows = s.executeQuery("SELECT sketch FROM sketches ORDER BY position")) {
      while (rows.next()) {
        short[] sketch = new short[Sketches.WIDTH];
        byte[] bytes = rows.getBytes(1);
        if (bytes.length != Short.BYTES * sketch.length) {
          throw new EngramException("The atlas %s has a damaged sketch.".formatted(folder));
        }
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(sketch);
        out.add(sketch);
      }
    } catch (SQLException e) {
      throw damaged(e);
    }
    if (out.size() != manifest.space().count()) {
      throw new EngramException(
          "The atlas %s is damaged: it has %d sketches of %d neurons."
              .formatted(folder, out.size(), manifest.space().count()));
    }
    return out;
  }

  private EngramException damaged(SQLException e) {
    return new EngramException(
        "The atlas %s cannot be read: %s.".formatted(folder, DuckDb.why(e)), e);
  }

  /**
   * Asks in SQL, as DuckDB speaks it, over the tables {@code neurons}, {@code tops}, {@code
   * classes}, {@code sketches}, {@code images} and {@code labels}.
   *
   * @throws EngramException with DuckDB's words if it is not valid, or for more than a million rows
   * @throws java.util.concurrent.CancellationException if the caller is interrupted
   */
  public AtlasTable sql(String query) {
    try {
      return new AtlasQuery(connection).run(query);
    } catch (SQLException e) {
      throw new EngramException(
          "DuckDB does not take the query: %s; the tables are %s."
              .formatted(DuckDb.why(e), String.join(", ", tables())),
          e);
    }
  }

  /** The same for a query of ours, whose answer is as large as the atlas. */
  AtlasTable whole(String query) {
    try {
      return new AtlasQuery(connection).runWhole(query);
    } catch (SQLException e) {
      throw damaged(e);
    }
  }

  private static List<String> tables() {
    return Stream.concat(BY_LAYER.stream(), WHOLE.stream()).toList();
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      // nothing was written that could be lost
    }
  }

  @Override
  public void close() {
    closing.clean();
  }
}
