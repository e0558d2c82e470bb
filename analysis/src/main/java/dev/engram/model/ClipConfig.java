package dev.engram.model;

import dev.engram.EngramException;
import dev.engram.trace.NeuronSpace;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sizes and settings of a CLIP model, read from its configuration or, where it has none, from
 * the shapes of its tensors. Nothing here is a default that a model did not state: what was
 * inferred is listed in {@link #notes()}.
 *
 * @param family which kind of CLIP: how images and texts are read at the end
 * @param vision the image tower
 * @param text the text tower; null for an image tower alone, which has 0 for the sizes of texts
 * @param projectionWidth D, the width of the shared space
 * @param imageSize S, side of the input image in pixels
 * @param patchSize side of a patch in pixels
 * @param contextLength most tokens of a text, start and end included
 * @param vocabularySize number of tokens
 * @param endOfTextId id of the token at which the text is pooled, or -1 for the largest id
 *     (OpenAI); without meaning where texts are pooled at their last place (SigLIP)
 * @param notes what was inferred rather than read, one sentence each
 */
public record ClipConfig(
    Family family,
    Tower vision,
    @Nullable Tower text,
    int projectionWidth,
    int imageSize,
    int patchSize,
    int contextLength,
    int vocabularySize,
    int endOfTextId,
    List<String> notes) {
  /** Along a side; their attention has a few million numbers a head then. */
  private static final int MOST_PATCHES = 64;

  /**
   * One transformer.
   *
   * @param layers L
   * @param width d
   * @param heads H
   * @param ffnWidth d_f
   * @param activation of the FFN; of its gate, where it is gated
   * @param layerNormEps ζ of Eq. 9
   * @param gated whether the FFN multiplies σ(W_gate x) with W_fc1 x (SwiGLU)
   * @param innerNorms whether layer norms stand before W_o and W_fc2
   * @param rotaryGrid patches along a side of the grid by which queries and keys are rotated; 0 for
   *     no rotation. A tower with another grid scales its positions to this one
   */
  public record Tower(
      int layers,
      int width,
      int heads,
      int ffnWidth,
      Activation activation,
      double layerNormEps,
      boolean gated,
      boolean innerNorms,
      int rotaryGrid) {
    /** A tower of the paper's kind: no gates, inner norms or rotations. */
    public Tower(
        int layers,
        int width,
        int heads,
        int ffnWidth,
        Activation activation,
        double layerNormEps) {
      this(layers, width, heads, ffnWidth, activation, layerNormEps, false, false, 0);
    }

    /** d/H, channels per head. */
    public int headWidth() {
      return width / heads;
    }

    /** How many neurons all MSA and FFN blocks have: L·(d + d_f). */
    public long neurons() {
      return (long) layers * (width + ffnWidth);
    }

    /**
     * Puts the tower's neurons in one row.
     *
     * @return where each stands in arrays of scores
     */
    public NeuronSpace space() {
      return new NeuronSpace(layers, width, ffnWidth, headWidth());
    }

    /**
     * An estimate of what one image or text takes on its way through: the intermediates of one
     * layer, and what a trace of the class token keeps of all.
     *
     * @return bytes
     */
    long bytesOfPass(long tokens) {
      long layer = tokens * (2L * ffnWidth + 8L * width) + 2 * heads * tokens * tokens;
      return Float.BYTES * (layer + 2L * neurons());
    }
  }

  /** σ of Eq. 2. Confusing the two is the best-known silent bug of the field. */
  public enum Activation {
    /** x · sigmoid(1.702 x), as OpenAI trained. */
    QUICK_GELU,
    /** The exact, erf-based GELU, as most OpenCLIP models. */
    GELU,
    /** The tanh approximation of the GELU, as SigLIP. */
    GELU_PYTORCH_TANH,
    /** x · sigmoid(x), as the gates of EVA-CLIP. */
    SILU;

    /** The name in configurations: {@code quick_gelu}, {@code gelu}, …. */
    public String configName() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** Keeps a copy of the notes. */
  public ClipConfig {
    notes = List.copyOf(notes);
  }

  /** Whether there is a text tower. */
  public boolean hasText() {
    return text != null;
  }

  /**
   * The text tower.
   *
   * @throws EngramException if there is none: whatever needs words or labels is refused here
   */
  @Override
  public Tower text() {
    if (!family.learnsTexts()) {
      throw new EngramException(
          "A %s learned of images alone: it has no labels, words or cosines with texts; load a CLIP for them, or ask for what needs images alone, as heatmaps and query neurons."
              .formatted(family.title()));
    }
    if (text == null) {
      throw new EngramException(
          "This model is an image tower alone: without a text tower it has no labels, words or"
              + " cosines with texts; load the whole CLIP that it was taken from, or ask for what"
              + " needs images alone, as heatmaps and query neurons.");
    }
    return text;
  }

  /**
   * The same for images of another size than the tower learned with, see {@link Positions}.
   *
   * @param side of an image in pixels
   * @throws EngramException if that is no whole number of patches, too many of them, or nothing
   *     that is defined for the family
   */
  ClipConfig at(int side) {
    if (side == imageSize) {
      return this;
    }
    if (vision.rotaryGrid() > 0) {
      throw new EngramException(
          "The positions of this %s rotate, and no reference says how they are resized: load it with images of its own %d px."
              .formatted(family.title(), imageSize));
    }
    if (side < patchSize || side % patchSize != 0 || side / patchSize > MOST_PATCHES) {
      throw new EngramException(
          "Images of %d px were asked for, and the model cuts them into patches of %d px: expected a multiple of it from %d to %d, as %d."
              .formatted(
                  side,
                  patchSize,
                  patchSize,
                  patchSize * MOST_PATCHES,
                  patchSize
                      * Math.max(1, Math.min(MOST_PATCHES, Math.round((float) side / patchSize)))));
    }
    int before = patchesAlongSide();
    int now = side / patchSize;
    return with(
        side,
        "Images have %d × %d px where the model learned with %d × %d: its %d × %d positions are interpolated to %d × %d (bicubic, as interpolate_pos_encoding of transformers)."
            .formatted(side, side, imageSize, imageSize, before, before, now, now));
  }

  /** The same with one note more. */
  ClipConfig noting(String note) {
    return with(imageSize, note);
  }

  private ClipConfig with(int imageSize, String note) {
    List<String> more = new ArrayList<>(notes);
    more.add(note);
    return new ClipConfig(
        family,
        vision,
        text,
        projectionWidth,
        imageSize,
        patchSize,
        contextLength,
        vocabularySize,
        endOfTextId,
        more);
  }

  /** (S / patch)², the image tokens besides the class token. */
  public int patches() {
    return patchesAlongSide() * patchesAlongSide();
  }

  /**
   * Patches in a row, S / patch; what is left of the image at its right and lower edge is not seen.
   */
  public int patchesAlongSide() {
    return imageSize / patchSize;
  }

  /** T, the tokens of an image: its patches, and the class token where there is one. */
  public int imageTokens() {
    return patches() + (family.hasClassToken() ? 1 : 0);
  }
}
