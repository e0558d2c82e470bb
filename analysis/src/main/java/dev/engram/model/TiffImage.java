package dev.engram.model;

import dev.engram.EngramException;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The first page of a TIFF file, decoded by the JDK, with Pillow's colours. Grey, RGB, palettes and
 * CMYK of up to 16 bits a sample are read; what means colours that this cannot tell is refused.
 */
final class TiffImage {
  private static final int BITS = 258;
  private static final int COMPRESSION = 259;
  private static final int PHOTOMETRIC = 262;
  private static final int SAMPLES = 277;
  private static final int COLOR_MAP = 320;
  private static final int SAMPLE_FORMAT = 339;

  private static final int PALETTE = 3;
  private static final int CMYK = 5;

  /** Above this many pixels a thread of its own decodes, which an interrupt leaves to itself. */
  private static final int LARGE = 4_000_000;

  private static final Map<Integer, String> REFUSED =
      Map.of(4, "a transparency mask", 8, "CIE Lab", 9, "ICC Lab", 10, "ITU Lab");

  private final byte[] file;
  private final ByteBuffer bytes;
  private final String name;

  private TiffImage(byte[] file, String name) {
    this.file = file;
    this.bytes =
        ByteBuffer.wrap(file)
            .order(file[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    this.name = name;
  }

  /**
   * @param decoder with the file as its input, its size checked
   * @return {@link BufferedImage#TYPE_INT_RGB}
   * @throws EngramException if its kind of colours is not read
   */
  static BufferedImage read(javax.imageio.ImageReader decoder, byte[] file, String name)
      throws IOException {
    TiffImage tiff = new TiffImage(file, name);
    tiff.requireReadable();
    BufferedImage image = decoded(decoder);
    if (tiff.tag(PHOTOMETRIC, 1) == PALETTE && image.getColorModel() instanceof IndexColorModel) {
      return tiff.ofPalette(image.getRaster());
    }
    return tiff.tag(PHOTOMETRIC, 1) == CMYK ? JpegColors.ofCmyk(image.getRaster()) : Rgb.of(image);
  }

  private void requireReadable() {
    int photometric = tag(PHOTOMETRIC, 1);
    int bits = tag(BITS, 1);
    int compression = tag(COMPRESSION, 1);
    boolean jpeg = compression == 6 || compression == 7;
    String what =
        bits > 16 || tag(SAMPLE_FORMAT, 1) != 1
            ? "samples of %d bits, signed or with a fraction".formatted(bits)
            : REFUSED.containsKey(photometric)
                ? "colours in " + REFUSED.get(photometric)
                : photometric == CMYK && (jpeg || bits != 8 || tag(SAMPLES, 4) != 4)
                    ? "CMYK in another form than four times 8 bits without JPEG"
                    : "";
    if (!what.isEmpty()) {
      throw new EngramException(
          "The TIFF file %s has %s, which Engram does not read; convert it to PNG."
              .formatted(name, what));
    }
  }

  /**
   * The first value of a tag in the first directory.
   *
   * @param missing what it is without the tag
   */
  private int tag(int tag, int missing) {
    int entry = entry(tag);
    if (entry < 0) {
      return missing;
    }
    boolean isShort = bytes.getShort(entry + 2) == 3;
    int count = bytes.getInt(entry + 4);
    int at = count > (isShort ? 2 : 1) ? bytes.getInt(entry + 8) : entry + 8;
    return isShort ? bytes.getShort(at) & 0xffff : bytes.getInt(at);
  }

  /** Index of an entry of the first directory, or -1. */
  private int entry(int tag) {
    int directory = bytes.getInt(4);
    int entries = bytes.getShort(directory) & 0xffff;
    for (int e = 0; e < entries; e++) {
      int at = directory + 2 + 12 * e;
      if ((bytes.getShort(at) & 0xffff) == tag) {
        return at;
      }
    }
    return -1;
  }

  /** All reds, all greens, all blues, 16 bits each, of which Pillow takes the upper eight. */
  private BufferedImage ofPalette(Raster indices) throws IOException {
    int entry = entry(COLOR_MAP);
    int colours = entry < 0 ? 0 : bytes.getInt(entry + 4) / 3;
    int at = entry < 0 ? 0 : bytes.getInt(entry + 8);
    if (colours < 1 || colours > 65_536 || at < 8 || at > file.length - 6 * colours) {
      throw new IOException("its palette is missing");
    }
    int[] rgb = new int[Math.max(256, colours)];
    for (int i = 0; i < colours; i++) {
      int red = bytes.getShort(at + 2 * i) >> 8 & 255;
      int green = bytes.getShort(at + 2 * (colours + i)) >> 8 & 255;
      int blue = bytes.getShort(at + 2 * (2 * colours + i)) >> 8 & 255;
      rgb[i] = red << 16 | green << 8 | blue;
    }
    return Rgb.ofPalette(indices, rgb);
  }

  /** The JDK decodes a whole strip, perhaps the picture, before it asks for an interrupt. */
  private static BufferedImage decoded(javax.imageio.ImageReader decoder) throws IOException {
    if ((long) decoder.getWidth(0) * decoder.getHeight(0) < LARGE) {
      return decoder.read(0);
    }
    FutureTask<BufferedImage> task = new FutureTask<>(() -> decoder.read(0));
    Thread thread = new Thread(task, "engram TIFF decoder");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get();
    } catch (InterruptedException e) {
      thread.interrupt();
      throw (CancellationException)
          new CancellationException("Interrupted: nothing was changed.").initCause(e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof Error error) {
        throw error;
      }
      if (cause instanceof RuntimeException failure) {
        throw failure;
      }
      throw cause instanceof IOException io ? io : new IOException(cause);
    }
  }
}
