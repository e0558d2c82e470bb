package dev.engram.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Sha256;
import dev.engram.trace.Neuron;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * By which a model is known: hashes of its files, of single weights, and of what edits changed. All
 * are SHA-256 in hexadecimal, computed at the first call, since values of a model never change.
 */
public final class Fingerprint {
  private final List<Path> files;
  private final Precision precision;

  /** Side of an image in pixels, or 0 for that with which the model learned. */
  private final int resolution;

  private final Function<Weight, float[]> values;
  private final @Nullable Fingerprint origin;

  /** What distinguishes it from its origin: the digest of each weight that differs. */
  private final SortedMap<Weight, String> changed;

  /** What the last residual stream lacks. */
  private final List<Neuron> suppressed;

  private final Map<Weight, String> digests = new ConcurrentHashMap<>();
  private @Nullable String weightsHash;
  private @Nullable String hash;

  private Fingerprint(
      List<Path> files,
      Precision precision,
      int resolution,
      Function<Weight, float[]> values,
      @Nullable Fingerprint origin,
      SortedMap<Weight, String> changed,
      List<Neuron> suppressed) {
    this.files = files;
    this.precision = precision;
    this.resolution = resolution;
    this.values = values;
    this.origin = origin;
    this.changed = changed;
    this.suppressed = suppressed;
    digests.putAll(changed);
  }

  /**
   * @param parts of a model as it was read
   * @param values of a weight
   */
  static Fingerprint of(ClipParts parts, Function<Weight, float[]> values) {
    return new Fingerprint(
        parts.checkpoint().files,
        parts.precision(),
        parts.resized() ? parts.config().imageSize() : 0,
        values,
        null,
        new TreeMap<>(),
        List.of());
  }

  /**
   * @param changed digests of the weights that differ, of {@link #changes}
   * @param suppressed neurons whose part the last residual stream lacks
   * @param other values of a weight of the edited model
   */
  Fingerprint edited(
      SortedMap<Weight, String> changed, List<Neuron> suppressed, Function<Weight, float[]> other) {
    return new Fingerprint(files, precision, resolution, other, this, changed, suppressed);
  }

  /**
   * @param others values of some weights
   * @return the digests of those that differ from the model's
   */
  SortedMap<Weight, String> changes(Map<Weight, float[]> others) {
    SortedMap<Weight, String> differing = new TreeMap<>();
    others.forEach(
        (weight, floats) -> {
          String digest = digest(floats);
          if (!digest.equals(digest(weight))) {
            differing.put(weight, digest);
          }
        });
    return differing;
  }

  /** The weights that differ from those of the original. */
  Iterable<Weight> changed() {
    return changed.keySet();
  }

  /** See {@link Clip#hash}. */
  synchronized String hash() {
    if (hash == null) {
      hash = origin == null ? asLoaded(weightsHash()) : editedHash(origin.hash());
    }
    return hash;
  }

  private String asLoaded(String weights) {
    String how =
        (precision == Precision.F32 ? "" : "\nprecision " + precision)
            + (resolution == 0 ? "" : "\nresolution " + resolution);
    return how.isEmpty() ? weights : Sha256.of((weights + how).getBytes(UTF_8));
  }

  private String editedHash(String original) {
    if (changed.isEmpty() && suppressed.isEmpty()) {
      return original;
    }
    MessageDigest digest = Sha256.digest();
    digest.update(original.getBytes(UTF_8));
    changed.forEach((w, d) -> digest.update(("\n" + w.tensor() + " " + d).getBytes(UTF_8)));
    suppressed.forEach(n -> digest.update(("\nsuppressed " + n).getBytes(UTF_8)));
    return Sha256.hex(digest);
  }

  /** See {@link Clip#weightsHash}. */
  synchronized String weightsHash() {
    if (weightsHash == null) {
      weightsHash = origin == null ? sha256(files) : origin.weightsHash();
    }
    return weightsHash;
  }

  private static String sha256(List<Path> files) {
    MessageDigest digest = Sha256.digest();
    byte[] buffer = new byte[1 << 16];
    for (Path file : files) {
      try (InputStream in = Files.newInputStream(file)) {
        for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
          Progress.checkInterrupt();
          digest.update(buffer, 0, n);
        }
      } catch (IOException e) {
        throw new EngramException("Cannot read the model's weights: " + e.getMessage() + ".", e);
      }
    }
    return Sha256.hex(digest);
  }

  /** See {@link Clip#digest}. */
  String digest(Weight weight) {
    return digests.computeIfAbsent(weight, w -> digest(values.apply(w)));
  }

  /**
   * Hashes the values of a weight.
   *
   * @return SHA-256 of values as float32, little endian, in hexadecimal
   */
  public static String digest(float[] values) {
    MessageDigest digest = Sha256.digest();
    ByteBuffer bytes = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < values.length; i += bytes.capacity() / 4) {
      int n = Math.min(bytes.capacity() / 4, values.length - i);
      bytes.asFloatBuffer().put(values, i, n);
      digest.update(bytes.array(), 0, 4 * n);
    }
    return Sha256.hex(digest);
  }
}
