package dev.engram.experiment;

import dev.engram.Progress;
import dev.engram.model.Clip;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** The vectors of the classes of a data set, some classes at a time, each read if it was kept. */
final class ClassVectors {
  /** Prompts that are embedded, and kept, at a time: whole classes, so at least one. */
  private static final int PROMPTS = 2048;

  private final Clip clip;
  private final Prompts prompts;
  private final ResultReuse keeping;

  /**
   * What is kept of some classes.
   *
   * @param vectors of unit length (classes, D); float32 in double, which JSON keeps to the bit
   */
  private record Vectors(double[][] vectors) {}

  ClassVectors(Clip clip, Prompts prompts, ResultReuse keeping) {
    this.clip = clip;
    this.prompts = prompts;
    this.keeping = keeping;
  }

  /** The vectors of all classes, each part of them read if it is known. */
  float[][] read(Progress progress) {
    int sets = prompts.ofEach();
    int some = Math.max(1, PROMPTS / sets);
    float[][] out = new float[prompts.classes().size()][];
    for (int from = 0; from < out.length; from += some) {
      int first = from;
      double[][] vectors =
          vectors(
              prompts.part(from, Math.min(out.length, from + some)),
              (what, done, total) ->
                  progress.report(what, (long) first * sets + done, (long) out.length * sets));
      for (int c = 0; c < vectors.length; c++) {
        out[from + c] = floats(vectors[c]);
      }
    }
    return out;
  }

  private double[][] vectors(Prompts part, Progress progress) {
    // of the original: edits leave the text tower as it is
    Optional<Map<String, String>> key = keeping.key("zero-shot class vectors", clip.original());
    key.ifPresent(k -> k.put("prompts", part.hash()));
    return keeping.once(
            key,
            Vectors.class,
            () ->
                new Vectors(
                    Arrays.stream(part.vectors(clip, progress))
                        .map(ClassVectors::doubles)
                        .toArray(double[][]::new)))
        .vectors;
  }

  private static double[] doubles(float[] v) {
    return IntStream.range(0, v.length).mapToDouble(i -> v[i]).toArray();
  }

  private static float[] floats(double[] v) {
    float[] out = new float[v.length];
    for (int i = 0; i < v.length; i++) {
      out[i] = (float) v[i];
    }
    return out;
  }
}
