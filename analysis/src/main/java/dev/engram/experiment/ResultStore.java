package dev.engram.experiment;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.engram.AtomicFile;
import dev.engram.attribution.Score;
import dev.engram.trace.Neuron;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps results on disk, one JSON file for each, under a hash of everything that the result depends
 * on; another key is another file, so a result is never wrong, only absent. A damaged or foreign
 * file counts as absent, and so does everything where the folder cannot be used; what was not used
 * for ninety days is deleted.
 */
public final class ResultStore {
  /** Keeps nothing. */
  public static final ResultStore NONE = new ResultStore(null, false);

  private static final Duration UNUSED = Duration.ofDays(90);

  /** As {@link #file} names them: nothing else in the folder is ever deleted. */
  private static final Pattern OWN = Pattern.compile("[0-9a-f]{2}/[0-9a-f]{62}\\.json");

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .addModule(
              new SimpleModule()
                  .addSerializer(Neuron.class, ToStringSerializer.instance)
                  .addDeserializer(Neuron.class, new NeuronReader())
                  .addKeyDeserializer(Score.class, new ScoreReader()))
          .build();

  private final @Nullable Path folder;
  private final boolean reads;
  private @Nullable String trouble;
  private boolean swept;

  private ResultStore(@Nullable Path folder, boolean reads) {
    this.folder = folder;
    this.reads = reads;
  }

  /**
   * @param folder is made at the first result; may be deleted at any time
   */
  public static ResultStore in(Path folder) {
    return new ResultStore(folder.toAbsolutePath().normalize(), true);
  }

  /**
   * A store in the same folder that finds nothing, so that everything is computed again and takes
   * the place of what is there.
   */
  public ResultStore fresh() {
    return new ResultStore(folder, false);
  }

  /**
   * A result that was found.
   *
   * @param value equal to what was kept, doubles to the last bit
   * @param computed when, to the second
   */
  record Kept<T>(T value, Instant computed) {}

  /**
   * What a file holds.
   *
   * @param key everything that the result depends on, compared word for word
   * @param computed when
   * @param hash of the value as it is written here
   * @param value the result
   */
  private record Page(Map<String, String> key, String computed, String hash, JsonNode value) {}

  /** Where results are kept; empty if nowhere. */
  Optional<Path> folder() {
    return Optional.ofNullable(folder);
  }

  /** Why the last result could not be kept; empty if it could. */
  Optional<String> trouble() {
    return Optional.ofNullable(trouble);
  }

  /**
   * @param key everything that the result depends on
   * @param type a record, without float components
   */
  <T> Optional<Kept<T>> read(Map<String, String> key, Class<T> type) {
    if (folder == null || !reads) {
      return Optional.empty();
    }
    try {
      Path file = file(folder, key);
      if (!Files.isRegularFile(file)) {
        return Optional.empty();
      }
      @Nullable Page page = JSON.readValue(Files.readAllBytes(file), Page.class);
      if (page == null
          || page.value.isNull()
          || !key.equals(page.key)
          || !page.hash.equals(Hashes.of(page.value.toString()))) {
        return Optional.empty();
      }
      touch(file);
      return Optional.of(
          new Kept<>(JSON.treeToValue(page.value, type), Instant.parse(page.computed)));
    } catch (IOException | DateTimeException | SecurityException e) {
      return Optional.empty(); // computed again, and replaced
    }
  }

  /**
   * @param key everything that the result depends on
   * @param value a record, without float components
   */
  void write(Map<String, String> key, Object value) {
    if (folder == null) {
      return;
    }
    try {
      JsonNode tree = JSON.valueToTree(value);
      Page page =
          new Page(
              new TreeMap<>(key),
              Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
              Hashes.of(tree.toString()),
              tree);
      Path file = file(folder, key);
      Files.createDirectories(file.getParent());
      AtomicFile.write(file, JSON.writeValueAsBytes(page));
      trouble = null;
      sweep(folder);
    } catch (IOException | SecurityException e) {
      trouble = e.toString();
    }
  }

  /** Used today. Where that cannot be noted the result is as good. */
  private static void touch(Path file) {
    try {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    } catch (IOException e) {
      // a folder that can only be read
    }
  }

  /**
   * Once a store: any change of a model, an image or this library leaves files that nobody asks
   * for.
   */
  private void sweep(Path folder) throws IOException {
    if (swept) {
      return;
    }
    swept = true;
    Instant oldest = Instant.now().minus(UNUSED);
    try (Stream<Path> files =
        Files.find(
            folder,
            2,
            (file, a) -> a.isRegularFile() && a.lastModifiedTime().toInstant().isBefore(oldest))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = folder.relativize(file).toString().replace('\\', '/');
        if (OWN.matcher(name).matches()) {
          Files.deleteIfExists(file);
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static Path file(Path folder, Map<String, String> key) throws JsonProcessingException {
    String hash = Hashes.of(JSON.writeValueAsString(new TreeMap<>(key)));
    return folder.resolve(hash.substring(0, 2)).resolve(hash.substring(2) + ".json");
  }

  /** A score by its name, as the key of a map. */
  private static final class ScoreReader extends KeyDeserializer {
    @Override
    public Score deserializeKey(String key, DeserializationContext context) throws IOException {
      try {
        return Score.parse(key);
      } catch (dev.engram.EngramException e) {
        throw new IOException(e);
      }
    }
  }

  /** L5F412, as it is written. */
  private static final class NeuronReader extends JsonDeserializer<Neuron> {
    @Override
    public Neuron deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      try {
        return Neuron.parse(parser.getValueAsString(""));
      } catch (dev.engram.EngramException e) {
        throw new IOException(e);
      }
    }
  }
}
