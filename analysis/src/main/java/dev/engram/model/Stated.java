package dev.engram.model;

import dev.engram.model.ClipConfig.Activation;

/**
 * What a configuration states of a model; 0 where it does not.
 *
 * @param endOfTextId -1 where texts are pooled at their largest id
 * @param endIsStated whether the file states it
 * @param textPath where the file states it
 */
record Stated(
    Family family,
    Tower vision,
    Tower text,
    int projectionWidth,
    int imageSize,
    int patchSize,
    int contextLength,
    int vocabularySize,
    int endOfTextId,
    boolean endIsStated,
    String textPath) {
  /** Texts end at their largest id. */
  Stated(
      Family family,
      Tower vision,
      Tower text,
      int projectionWidth,
      int imageSize,
      int patchSize,
      int contextLength,
      int vocabularySize) {
    this(
        family,
        vision,
        text,
        projectionWidth,
        imageSize,
        patchSize,
        contextLength,
        vocabularySize,
        -1,
        true,
        "text_config");
  }

  /** What a file states of one tower; 0 where it does not. See {@link ClipConfig.Tower}. */
  record Tower(
      int layers,
      int width,
      int heads,
      int ffnWidth,
      Activation activation,
      double eps,
      boolean gated,
      boolean innerNorms,
      int rotaryGrid) {
    Tower(int layers, int width, int heads, int ffnWidth, Activation activation, double eps) {
      this(layers, width, heads, ffnWidth, activation, eps, false, false, 0);
    }
  }
}
