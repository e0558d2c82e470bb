package dev.engram.model;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.webp.vp8.VP8Frame;
import dev.engram.Progress;
import java.awt.Point;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.imageio.stream.ImageInputStream;

/**
 * The first picture of a WebP file on its canvas, as libwebp and so Pillow give it, to the bit; what
 * lies beside the picture is black, alpha is dropped. TwelveMonkeys decodes; for lossy pictures its
 * upsampling and colours are replaced by libwebp's ("fancy upsampling", dsp/upsampling.c and
 * dsp/yuv.h), from which its own differ by up to 80 levels.
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
        ByteBuffer.allocate(20 + picture.length + picture.length % 2).order(ByteOrder.LITTLE_ENDIAN);
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
    try (ImageInputStream in = new InterruptibleInput(picture)) {
      VP8Frame frame = new VP8Frame(in, false);
      Planes planes = new Planes(webp.pictureWidth(), webp.pictureHeight(), frame);
      frame.setProgressListener(new InterruptListener());
      if (!frame.decode(planes, null)) {
        throw new IOException("its picture cannot be decoded");
      }
      return planes.toRgb();
    }
  }

  /**
   * Takes luma and chroma of each pixel, before they become red, green and blue. The decoder offers
   * them nowhere but in the array that it converts from.
   */
  private static final class Planes extends WritableRaster {
    private final byte[] yuv;
    private final byte[] all;

    Planes(int width, int height, VP8Frame frame) {
      super(
          new PixelInterleavedSampleModel(
              DataBuffer.TYPE_BYTE, width, height, 3, 3 * width, new int[] {0, 1, 2}),
          new DataBufferByte(Math.multiplyExact(3, width * height)),
          new Point());
      this.all = ((DataBufferByte) getDataBuffer()).getData();
      try {
        Field field = VP8Frame.class.getDeclaredField("yuv");
        field.setAccessible(true);
        this.yuv = (byte[]) field.get(frame);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("this version of TwelveMonkeys' VP8Frame has no yuv", e);
      }
    }

    @Override
    public void setDataElements(int x, int y, Object ignored) {
      System.arraycopy(yuv, 0, all, 3 * (y * getWidth() + x), 3);
    }

    /** Chroma at half the place, where the file has it. */
    private int chroma(int column, int row, int band) {
      return all[3 * (2 * row * getWidth() + 2 * column) + band] & 255;
    }

    BufferedImage toRgb() {
      BufferedImage image =
          new BufferedImage(getWidth(), getHeight(), BufferedImage.TYPE_INT_RGB);
      int[] out = Rgb.pixels(image);
      int[] u = new int[getWidth()];
      int[] v = new int[getWidth()];
      for (int y = 0, o = 0; y < getHeight(); y++) {
        Progress.checkInterrupt();
        upsample(y, 1, u);
        upsample(y, 2, v);
        for (int x = 0; x < getWidth(); x++, o++) {
          out[o] = rgb(all[3 * o] & 255, u[x], v[x]);
        }
      }
      return image;
    }

    /** One row: 9 parts of the nearest value, 3 of each neighbour, 1 of the one across. */
    private void upsample(int y, int band, int[] out) {
      int width = getWidth();
      int last = (getHeight() - 1) / 2;
      int near = y / 2;
      int far = Math.max(0, Math.min(last, y % 2 == 0 ? near - 1 : near + 1));
      int nearLeft = chroma(0, near, band);
      int farLeft = chroma(0, far, band);
      out[0] = (3 * nearLeft + farLeft + 2) >> 2;
      for (int i = 1; i <= (width - 1) / 2; i++) {
        int nearRight = chroma(i, near, band);
        int farRight = chroma(i, far, band);
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
}
