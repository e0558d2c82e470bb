package dev.engram.model;

import com.twelvemonkeys.imageio.plugins.webp.vp8.VP8Frame;
import dev.engram.Progress;
import java.awt.Point;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.util.Objects;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Luma and chroma of a lossy WebP picture, decoded by TwelveMonkeys. Its own output takes each
 * block of 16 × 16 before the loop filter has gone over the edges to the next ones, so the blocks
 * are read here, from private fields, when the row after them is done ({@code ImageReaderTest}
 * holds the result to libwebp's).
 */
final class Vp8Planes {
  private static final int BLOCK = 16;

  private final int columns;
  private final int rows;

  /** (16 rows, 16 columns), and (8 rows, 8 columns) twice. */
  private final byte[] luma;

  private final byte[] blue;
  private final byte[] red;

  private Vp8Planes(int width, int height) {
    columns = (width + BLOCK - 1) / BLOCK;
    rows = (height + BLOCK - 1) / BLOCK;
    luma = new byte[Math.multiplyExact(columns * BLOCK, rows * BLOCK)];
    blue = new byte[luma.length / 4];
    red = new byte[luma.length / 4];
  }

  /**
   * @param picture data of a chunk {@code VP8}
   * @throws IOException if it cannot be decoded
   */
  static Vp8Planes decode(byte[] picture, int width, int height) throws IOException {
    Vp8Planes planes = new Vp8Planes(width, height);
    try (ImageInputStream in = new InterruptibleInput(picture)) {
      VP8Frame frame = new VP8Frame(in, false);
      Rows finished = planes.new Rows(frame);
      frame.setProgressListener(finished);
      if (!frame.decode(new Nowhere(width, height), null)) {
        throw new IOException("its picture cannot be decoded");
      }
      finished.end();
    }
    return planes;
  }

  int luma(int x, int y) {
    return luma[y * columns * BLOCK + x] & 255;
  }

  /** Blue minus luma, at half the place. */
  int blue(int x, int y) {
    return blue[y * columns * (BLOCK / 2) + x] & 255;
  }

  /** Red minus luma, at half the place. */
  int red(int x, int y) {
    return red[y * columns * (BLOCK / 2) + x] & 255;
  }

  /** Is told after each row of blocks; takes the row before it, which nothing changes any more. */
  private final class Rows extends InterruptListener {
    private final VP8Frame frame;
    private final Field previousRow = field(VP8Frame.class, "previousMacroBlockRow");
    private final Class<?> blockType = previousRow.getType().getComponentType();
    private final Field lumaParts = field(blockType, "ySubBlocks");
    private final Field blueParts = field(blockType, "uSubBlocks");
    private final Field redParts = field(blockType, "vSubBlocks");
    private final Field samples =
        field(lumaParts.getType().getComponentType().getComponentType(), "dest");
    private @Nullable Object waiting;
    private int done;

    Rows(VP8Frame frame) {
      this.frame = frame;
    }

    @Override
    public void imageProgress(@Nullable ImageReader source, float percentageDone) {
      Progress.checkInterrupt();
      end();
      waiting = value(previousRow, frame);
    }

    /** Takes the row that waits. */
    void end() {
      Object row = waiting;
      if (row == null || done == rows) {
        return;
      }
      for (int c = 0; c < columns; c++) {
        Object block = Array.get(row, c + 1); // the first stands for what lies left of the picture
        take(block, lumaParts, 4, luma, c);
        take(block, blueParts, 2, blue, c);
        take(block, redParts, 2, red, c);
      }
      waiting = null;
      done++;
    }

    private void take(Object block, Field ofPlane, int side, byte[] plane, int column) {
      Object[][] parts = (Object[][]) Objects.requireNonNull(value(ofPlane, block));
      int stride = columns * 4 * side;
      for (int i = 0; i < side; i++) {
        for (int j = 0; j < side; j++) {
          @Nullable Object found = value(samples, parts[i][j]);
          if (found == null) {
            continue; // as the decoder itself takes it: zeros
          }
          int[][] dest = (int[][]) found;
          int at = (done * side + j) * 4 * stride + (column * side + i) * 4;
          for (int x = 0; x < 4; x++) {
            for (int y = 0; y < 4; y++) {
              plane[at + y * stride + x] = (byte) dest[x][y];
            }
          }
        }
      }
    }
  }

  private static Field field(Class<?> type, String name) {
    try {
      Field field = type.getDeclaredField(name);
      field.setAccessible(true);
      return field;
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException("this version of TwelveMonkeys has no " + name, e);
    }
  }

  private static @Nullable Object value(Field field, Object of) {
    try {
      return field.get(of);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Where the decoder writes what is not wanted. */
  private static final class Nowhere extends WritableRaster {
    Nowhere(int width, int height) {
      super(
          new PixelInterleavedSampleModel(
              DataBuffer.TYPE_BYTE, width, height, 3, 3 * width, new int[] {0, 1, 2}),
          new DataBufferByte(1),
          new Point());
    }

    @Override
    public void setDataElements(int x, int y, Object ignored) {}
  }
}
