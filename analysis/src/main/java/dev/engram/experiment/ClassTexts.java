package dev.engram.experiment;

import dev.engram.Progress;
import dev.engram.model.Clip;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * Labels of classes and their embeddings, among which an image is taken for the nearest. An edit of
 * the image tower leaves them as they are.
 *
 * @param labels of each class, by its index; two classes may have one label
 * @param texts M_text of each (classes, D)
 */
record ClassTexts(List<String> labels, float[][] texts) {
  /** A class for each label, in their order. */
  static ClassTexts of(Clip clip, List<String> labels, Progress progress) {
    return new ClassTexts(List.copyOf(labels), embed(clip, labels, progress));
  }

  /** A class for each label that is another one than those before it. */
  static ClassTexts distinct(Clip clip, List<String> labels, Progress progress) {
    return of(clip, List.copyOf(new LinkedHashSet<>(labels)), progress);
  }

  /**
   * M_text of each text (n, D). The same text is embedded once, so that classes with one text tie
   * to the bit: in batches of other lengths the engine's sums differ in their last digits.
   */
  static float[][] embed(Clip clip, List<String> texts, Progress progress) {
    List<String> distinct = List.copyOf(new LinkedHashSet<>(texts));
    if (distinct.isEmpty()) {
      return new float[0][];
    }
    float[][] embedded = clip.embedTexts(distinct, progress);
    Map<String, Integer> at = new HashMap<>();
    distinct.forEach(text -> at.put(text, at.size()));
    return texts.stream().map(text -> embedded[at.getOrDefault(text, 0)]).toArray(float[][]::new);
  }

  /** Index of the class that each image is taken for. */
  int[] nearest(float[][] embeddings) {
    return new ZeroShotClassifier(texts).classify(embeddings);
  }

  /** The share of images that are taken for a class. */
  double share(float[][] embeddings, int right) {
    return new ZeroShotClassifier(texts).accuracy(embeddings, right);
  }

  /** The text of a label that is among them (D). */
  float[] text(String label) {
    return texts[labels.indexOf(label)];
  }
}
