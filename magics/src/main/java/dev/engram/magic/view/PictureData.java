package dev.engram.magic.view;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Pictures inside a page, together no larger than it can carry: as JPEG, or as PNG where that is
 * smaller, and shrunk until they fit.
 */
public final class PictureData {
  private static final int[] SIDES = {224, 176, 144, 112, 88, 64};
  private static final float QUALITY = 0.82f;

  /** Above this side a photograph as PNG is never smaller. */
  private static final int LARGEST_PNG = 128;

  private PictureData() {}

  /**
   * As addresses that hold the pictures themselves.
   *
   * @param budget characters of all addresses together; passed only where the smallest side takes
   *     more
   * @return {@code data:image/…;base64,…} of each
   */
  public static List<String> urls(List<BufferedImage> pictures, int budget) {
    List<String> urls = List.of();
    for (int side : SIDES) {
      urls = pictures.parallelStream().map(p -> url(Gallery.shrunk(p, side))).toList();
      if (urls.stream().mapToLong(String::length).sum() <= budget) {
        break;
      }
    }
    return urls;
  }

  /** A picture as the bytes of a JPEG file. */
  public static byte[] jpeg(BufferedImage picture) {
    return encoded(picture, "jpeg");
  }

  private static String url(BufferedImage picture) {
    byte[] jpeg = encoded(picture, "jpeg");
    boolean small = Math.max(picture.getWidth(), picture.getHeight()) <= LARGEST_PNG;
    byte[] png = small ? encoded(picture, "png") : jpeg;
    boolean lossless = small && png.length <= jpeg.length;
    return "data:image/"
        + (lossless ? "png" : "jpeg")
        + ";base64,"
        + Base64.getEncoder().encodeToString(lossless ? png : jpeg);
  }

  private static byte[] encoded(BufferedImage picture, String format) {
    ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (var out = new MemoryCacheImageOutputStream(bytes)) {
      ImageWriteParam how = writer.getDefaultWriteParam();
      if (format.equals("jpeg")) {
        how.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        how.setCompressionQuality(QUALITY);
      }
      writer.setOutput(out);
      writer.write(null, new IIOImage(picture, null, null), how);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }
}
