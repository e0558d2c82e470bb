package dev.engram.model;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import dev.engram.Progress;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.imageio.stream.ImageInputStream;

/**
 * The first picture of a WebP file on its canvas, as libwebp and so Pillow give it, to the bit;
 * what lies beside the picture is black, alpha is dropped. TwelveMonkeys decodes; for lossy
 * pictures its upsampling and colours are replaced by libwebp's ("fancy upsampling",
 * dsp/upsampling.c and dsp/yuv.h), from which its own differ by up to 80 levels.
 */
final class WebpImage {
  private WebpImage() {}

  /**
   * @param file a WebP file, whose canvas is not too large
   * @return {@link BufferedImage#TYPE_INT_RGB}
   */
  static BufferedImage read(byte[] file, WebpFile webp) throws IOException {
    byte[] picture = Arrays.copyOfRange(file, webp.picture().from(), webp.picture().to());
    BufferedImage rgb = webp.lossless() ? lossless(picture) : lossy(picture, webp);
    if (rgb.getWidth() != webp.pictureWidth() || rgb.getHeight() != webp.pictureHeight()) {
      throw new IOException("its sizes disagree");
    }
    return Rgb.onCanvas(rgb, webp.width(), webp.height(), webp.left(), webp.top(), 0);
  }

  /** Reads the chunk as a file of its own, by the reader itself: none is looked up. */
  private static BufferedImage lossless(byte[] picture) throws IOException {
    ByteBuffer alone =
        ByteBuffer.allocate(20 + picture.length + picture.length % 2)
            .order(ByteOrder.LITTLE_ENDIAN);
    alone.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(alone.capacity() - 8);
    alone.put("WEBPVP8L".getBytes(StandardCharsets.US_ASCII)).putInt(picture.length).put(picture);
    javax.imageio.ImageReader reader = new WebPImageReaderSpi().createReaderInstance(null);
    try (ImageInputStream in = new InterruptibleInput(alone.array())) {
      reader.setInput(in, true, true);
      return Rgb.of(reader.read(0));
    } finally {
      reader.dispose();
    }
  }

  private static BufferedImage lossy(byte[] picture, WebpFile webp) throws IOException {
    int width = webp.pictureWidth();
    int height = webp.pictureHeight();
    Vp8Planes planes = Vp8Planes.decode(picture, width, height);
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int[] out = Rgb.pixels(image);
    int[] blue = new int[width];
    int[] red = new int[width];
    for (int y = 0, o = 0; y < height; y++) {
      Progress.checkInterrupt();
      upsample(planes::blue, y, height, blue);
      upsample(planes::red, y, height, red);
      for (int x = 0; x < width; x++) {
        out[o++] = rgb(planes.luma(x, y), blue[x], red[x]);
      }
    }
    return image;
  }

  /** A plane of half the width and height: the value at a column and a row. */
  private interface Plane {
    int at(int column, int row);
  }

  /** One row: 9 parts of the nearest value, 3 of each neighbour, 1 of the one across. */
  private static void upsample(Plane plane, int y, int height, int[] out) {
    int width = out.length;
    int near = y / 2;
    int far = Math.max(0, Math.min((height - 1) / 2, y % 2 == 0 ? near - 1 : near + 1));
    int nearLeft = plane.at(0, near);
    int farLeft = plane.at(0, far);
    out[0] = (3 * nearLeft + farLeft + 2) >> 2;
    for (int i = 1; i <= (width - 1) / 2; i++) {
      int nearRight = plane.at(i, near);
      int farRight = plane.at(i, far);
      int sum = nearLeft + nearRight + farLeft + farRight + 8;
      int across = (sum + 2 * (nearRight + farLeft)) >> 3;
      int along = (sum + 2 * (nearLeft + farRight)) >> 3;
      out[2 * i - 1] = (across + nearLeft) >> 1;
      out[2 * i] = (along + nearRight) >> 1;
      nearLeft = nearRight;
      farLeft = farRight;
    }
    if (width % 2 == 0) {
      out[width - 1] = (3 * nearLeft + farLeft + 2) >> 2;
    }
  }

  private static int rgb(int y, int u, int v) {
    int luma = y * 19077 >> 8;
    int red = luma + (v * 26149 >> 8) - 14234;
    int green = luma - (u * 6419 >> 8) - (v * 13320 >> 8) + 8708;
    int blue = luma + (u * 33050 >> 8) - 17685;
    return clip(red) << 16 | clip(green) << 8 | clip(blue);
  }

  private static int clip(int v) {
    return Math.max(0, Math.min(255, v >> 6));
  }
}
