package dev.engram.iconclip;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the files of the embedded model iconclip and of its images lie on this machine. On a class
 * path of folders they are used in place; in a jar they are unpacked once, at the first question,
 * into a cache folder: the system property {@code engram.cache}, else the environment variable
 * {@code ENGRAM_CACHE}, else the property {@code engram.cache.default}, which an installed kernel
 * brings along, else {@code ~/.cache/engram}.
 *
 * <p>The first call reads every file once to see that it is whole (about 50 ms); later calls cost
 * nothing. Every method throws {@link UncheckedIOException} with one readable sentence if the files
 * can be neither found nor unpacked.
 */
public final class Iconclip {
  /** A file that is always there: the way to the folder that holds all of them. */
  private static final String ANCHOR = "words.txt";

  /** Found once: class path and cache folder of a running JVM do not change. */
  private static volatile @Nullable Path found;

  private Iconclip() {}

  /** Folder of the model: {@code config.json}, {@code model.safetensors}, tokenizer. */
  public static Path model() {
    return root().resolve("model");
  }

  /** A sparse autoencoder of the model, in the layout of SAELens. */
  public static Path sae() {
    return root().resolve("sae");
  }

  /** VisEnt-mini: {@code category/entity/*.png} and {@code manifest.csv}. */
  public static Path entities() {
    return root().resolve("entities");
  }

  /** 500 other icons with {@code labels.csv}, the stand-in for "general objects". */
  public static Path background() {
    return root().resolve("background");
  }

  /** The words that the text tower was trained on, the most frequent first. */
  public static List<String> words() {
    try {
      return Files.readAllLines(root().resolve(ANCHOR)).stream().filter(w -> !w.isBlank()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("The word list of iconclip cannot be read: " + e, e);
    }
  }

  /**
   * The folder that holds everything, with {@code golden.json}, {@code expected-entities.json} and
   * {@code LICENSES.md}.
   */
  public static synchronized Path root() {
    Path root = found;
    if (root == null) {
      root = find();
      found = root;
    }
    return root;
  }

  private static Path find() {
    URL anchor = Iconclip.class.getResource(ANCHOR);
    if (anchor == null) {
      throw unavailable("its files are not on the class path", null);
    }
    try {
      if (anchor.getProtocol().equals("file")) {
        return Path.of(anchor.toURI()).toAbsolutePath().resolveSibling("").normalize();
      }
      if (anchor.openConnection() instanceof JarURLConnection jar) {
        Path file = Path.of(jar.getJarFileURL().toURI());
        String entry = jar.getEntryName();
        return Unpacking.unpack(
            file, entry.substring(0, entry.length() - ANCHOR.length()), cache(), "iconclip");
      }
      throw unavailable("it lies in neither a folder nor a jar but at " + anchor, null);
    } catch (IOException e) {
      throw unavailable(
          "it cannot be unpacked below %s (%s); name another folder in ENGRAM_CACHE"
              .formatted(cache(), e),
          e);
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw unavailable("its place is no path of this system: " + anchor, new IOException(e));
    }
  }

  private static UncheckedIOException unavailable(String why, @Nullable IOException cause) {
    String sentence = "The embedded model iconclip is not available: " + why + ".";
    return new UncheckedIOException(
        sentence, cause == null ? new IOException("no iconclip on the class path") : cause);
  }

  /** The folder below which Engram keeps what it can make again; perhaps not there yet. */
  public static Path cache() {
    return Stream.of(
            System.getProperty("engram.cache"),
            System.getenv("ENGRAM_CACHE"),
            System.getProperty("engram.cache.default"))
        .filter(place -> place != null && !place.isBlank())
        .findFirst()
        .map(place -> Path.of(place).normalize())
        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "engram"));
  }
}
