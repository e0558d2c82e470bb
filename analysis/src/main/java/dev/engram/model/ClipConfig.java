package dev.engram.model;

/**
 * The sizes and settings of a CLIP model, read from its configuration or, where it has none, from
 * the shapes of its tensors. Nothing here is a default that a model did not state: what was
 * inferred is listed in {@link #notes()}.
 *
 * @param vision the image tower
 * @param text the text tower
 * @param projectionWidth D, the width of the shared space
 * @param imageSize S, side of the input image in pixels
 * @param patchSize side of a patch in pixels
 * @param contextLength most tokens of a text, start and end included
 * @param vocabularySize number of tokens
 * @param endOfTextId id of the token at which the text is pooled, or -1 for the largest id (OpenAI)
 * @param notes what was inferred rather than read, one sentence each
 */
public record ClipConfig(
    Tower vision,
    Tower text,
    int projectionWidth,
    int imageSize,
    int patchSize,
    int contextLength,
    int vocabularySize,
    int endOfTextId,
    java.util.List<String> notes) {

  /**
   * One transformer.
   *
   * @param layers L
   * @param width d
   * @param heads H
   * @param ffnWidth d_f
   * @param activation of the FFN
   * @param layerNormEps ζ of Eq. 9
   */
  public record Tower(
      int layers, int width, int heads, int ffnWidth, Activation activation, double layerNormEps) {
    /**
     * @return d/H, channels per head
     */
    public int headWidth() {
      return width / heads;
    }

    /**
     * @return L·(d + d_f), the neurons of all MSA and FFN blocks
     */
    public long neurons() {
      return (long) layers * (width + ffnWidth);
    }
  }

  /** σ of Eq. 2. Confusing the two is the best-known silent bug of the field. */
  public enum Activation {
    /** x · sigmoid(1.702 x), as OpenAI trained. */
    QUICK_GELU,
    /** The exact, erf-based GELU, as most OpenCLIP models. */
    GELU;

    /**
     * @return the name in configurations: {@code quick_gelu} or {@code gelu}
     */
    public String configName() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** Keeps a copy of the notes. */
  public ClipConfig {
    notes = java.util.List.copyOf(notes);
  }

  /**
   * @return (S / patch)², the image tokens besides the class token
   */
  public int patches() {
    int side = imageSize / patchSize;
    return side * side;
  }
}
