package dev.engram.experiment;

import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.model.Clip;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Labels and their embeddings, among which an image is taken for the nearest (zero-shot). An edit
 * of the image tower leaves them as they are.
 *
 * @param labels each once
 * @param texts M_text of each (labels, D)
 */
record ClassTexts(List<String> labels, float[][] texts) {
  /** Embeds them, each once, in their order. */
  static ClassTexts of(Clip clip, Collection<String> labels, Progress progress) {
    List<String> distinct = List.copyOf(new LinkedHashSet<>(labels));
    return new ClassTexts(
        distinct,
        distinct.isEmpty() ? new float[0][] : clip.embedTexts(new ArrayList<>(distinct), progress));
  }

  /** The same without some labels. */
  ClassTexts without(Collection<String> out) {
    List<String> left = new ArrayList<>();
    List<float[]> rows = new ArrayList<>();
    for (int i = 0; i < texts.length; i++) {
      if (!out.contains(labels.get(i))) {
        left.add(labels.get(i));
        rows.add(texts[i]);
      }
    }
    return new ClassTexts(List.copyOf(left), rows.toArray(float[][]::new));
  }

  /** Index of the label nearest to an image; the first of equals. */
  int nearest(float[] embedding) {
    int best = 0;
    double highest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < texts.length; i++) {
      double cosine = Cosine.of(embedding, texts[i]);
      if (cosine > highest) {
        highest = cosine;
        best = i;
      }
    }
    return best;
  }

  int[] nearest(float[][] embeddings) {
    return Arrays.stream(embeddings).mapToInt(this::nearest).toArray();
  }

  /** The share of images that are nearest to a label. */
  double share(float[][] embeddings, String label) {
    int right = labels.indexOf(label);
    return Arrays.stream(nearest(embeddings)).filter(n -> n == right).count()
        / (double) embeddings.length;
  }
}
