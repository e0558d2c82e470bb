package dev.engram.sae;

import ai.djl.ndarray.NDArray;
import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.model.Clip;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.List;

/** Measures how faithfully the features of an autoencoder stand for what it reads. */
public final class FidelityMeter {
  private final Clip clip;
  private final SparseAutoencoder sae;
  private final FeatureReader reader;
  private final int tokens;
  private final int width;

  /**
   * @param clip the model; must outlive this
   * @param sae of the model; must outlive this
   */
  public FidelityMeter(Clip clip, SparseAutoencoder sae) {
    this.clip = clip;
    this.sae = sae;
    this.reader = new FeatureReader(clip, sae);
    this.tokens = clip.config().imageTokens();
    this.width = sae.hook().width(clip.config().vision());
  }

  /**
   * Measures the autoencoder on images: the second pass of each has x̂ in the place of x, at the
   * tokens that the autoencoder was trained on.
   *
   * @param pixels images as the processor makes them, each (3, S, S); at least one
   * @param texts M_text of the label of each (D); empty to measure no cosines with labels
   */
  public Fidelity measure(List<float[]> pixels, List<float[]> texts, Progress progress) {
    Sums sums = new Sums();
    List<float[]> before = new ArrayList<>();
    reader
        .traces(pixels, "measuring the autoencoder", progress)
        .each(
            batch -> {
              Sums part = new Sums();
              reader.each(batch, (x, from) -> part.add(x, from));
              return new Measured(part, List.of(batch.trace().embeddings()));
            },
            (from, part) -> {
              sums.add(part.sums());
              before.addAll(part.embeddings());
            });
    List<float[]> after = new ArrayList<>();
    clip.traces(pixels, TraceRequest.none())
        .intervening(List.of(reader.reconstructing()))
        .atOnce(reader.atOnce())
        .telling("putting the reconstruction in place", progress)
        .each(batch -> List.of(batch.trace().embeddings()), (from, part) -> after.addAll(part));
    double cosine = 0;
    double reconstructed = 0;
    double same = 0;
    for (int i = 0; i < pixels.size(); i++) {
      cosine +=
          texts.isEmpty() ? Double.NaN : Cosine.of(before.get(i), texts.get(i)) / pixels.size();
      reconstructed +=
          texts.isEmpty() ? Double.NaN : Cosine.of(after.get(i), texts.get(i)) / pixels.size();
      same += Cosine.of(before.get(i), after.get(i)) / pixels.size();
    }
    return new Fidelity(
        pixels.size(),
        sums.all.count,
        sums.l0 / sums.all.count,
        sums.all.explained(),
        sums.classTokens.explained(),
        sums.active(),
        cosine,
        reconstructed,
        same);
  }

  private record Measured(Sums sums, List<float[]> embeddings) {}

  /** What is left unexplained of some tokens. */
  private static final class Variance {
    private static final double ROUNDING = 1e-9;

    private int count;
    private double error;
    private double squares;
    private final double[] x;

    Variance(int width) {
      x = new double[width];
    }

    void add(float[] read, float[] said, int row) {
      count++;
      for (int j = 0; j < x.length; j++) {
        double value = read[row * x.length + j];
        x[j] += value;
        squares += value * value;
        error += Math.pow(value - said[row * x.length + j], 2);
      }
    }

    void add(Variance part) {
      count += part.count;
      error += part.error;
      squares += part.squares;
      for (int j = 0; j < x.length; j++) {
        x[j] += part.x[j];
      }
    }

    /** NaN without tokens, or where they do not vary: a single one has no variance. */
    double explained() {
      double means = 0;
      for (double sum : x) {
        means += sum * sum / count;
      }
      double variance = squares - means;
      return variance > ROUNDING * squares ? 1 - error / variance : Double.NaN;
    }
  }

  /** Sums over tokens. */
  private final class Sums {
    private final Variance all;
    private final Variance classTokens;
    private double l0;
    private final boolean[] seen;

    Sums() {
      all = new Variance(width);
      classTokens = new Variance(width);
      seen = new boolean[sae.count()];
    }

    void add(NDArray rows, int from) {
      SparseAutoencoder.Encoded encoded = sae.encode(rows);
      float[] said = sae.decode(encoded).toFloatArray();
      float[] read = rows.toFloatArray();
      float[] features = encoded.features().toFloatArray();
      for (int i = 0; i < read.length / width; i++) {
        int token = (from + i) % tokens;
        if (!reader.isTrained(token)) {
          continue;
        }
        all.add(read, said, i);
        if (token == 0) {
          classTokens.add(read, said, i);
        }
        for (int j = 0; j < seen.length; j++) {
          if (features[i * seen.length + j] != 0) {
            l0++;
            seen[j] = true;
          }
        }
      }
    }

    void add(Sums part) {
      all.add(part.all);
      classTokens.add(part.classTokens);
      l0 += part.l0;
      for (int j = 0; j < seen.length; j++) {
        seen[j] |= part.seen[j];
      }
    }

    int active() {
      int n = 0;
      for (boolean one : seen) {
        n += one ? 1 : 0;
      }
      return n;
    }
  }
}
