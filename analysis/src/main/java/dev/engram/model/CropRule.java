package dev.engram.model;

/**
 * Where the square begins that is cut from the centre of a picture. The two rules differ by a pixel
 * where a side is longer than the square by 3, 7, 11, … pixels.
 */
public enum CropRule {
  /** ⌊(length − crop) / 2⌋, as transformers' image processors. */
  TRANSFORMERS("transformers") {
    @Override
    long start(long length, int crop) {
      return (length - crop) / 2;
    }
  },
  /** The even neighbour of (length − crop) / 2 where that is no whole number: OpenAI, OpenCLIP. */
  TORCHVISION("torchvision") {
    @Override
    long start(long length, int crop) {
      return (long) Math.rint((length - crop) / 2.0); // as Python rounds
    }
  };

  private final String title;

  CropRule(String title) {
    this.title = title;
  }

  /** Who cuts so. */
  public String title() {
    return title;
  }

  /**
   * @param length of a side of the picture, at least {@code crop}, in pixels
   * @param crop side of the square, in pixels
   * @return the first pixel of the side that lies in the square
   */
  abstract long start(long length, int crop);
}
