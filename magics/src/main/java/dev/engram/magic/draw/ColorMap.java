package dev.engram.magic.draw;

/**
 * The colours of heatmaps: Viridis, which is perceptually uniform and readable with any colour
 * vision. Interpolated between nine of its colours.
 */
public final class ColorMap {
  private static final int[] VIRIDIS = {
    0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725
  };

  private static final int[] SIGNED = {0x2166ac, 0x92c5de, 0xf7f7f7, 0xf4a582, 0xb2182b};

  private ColorMap() {}

  /**
   * Blue below the middle, red above.
   *
   * @param value in [0, 1]; what lies outside is drawn as the nearest end
   * @return 0xRRGGBB
   */
  public static int signed(double value) {
    return between(SIGNED, value);
  }

  /**
   * @param value in [0, 1]; what lies outside is drawn as the nearest end
   * @return 0xRRGGBB
   */
  public static int rgb(double value) {
    return between(VIRIDIS, value);
  }

  private static int between(int[] colours, double value) {
    double at = Math.min(1, Math.max(0, value)) * (colours.length - 1);
    int low = Math.min((int) at, colours.length - 2);
    double share = at - low;
    int rgb = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int a = colours[low] >> shift & 0xff;
      int b = colours[low + 1] >> shift & 0xff;
      rgb |= (int) Math.round(a + share * (b - a)) << shift;
    }
    return rgb;
  }
}
