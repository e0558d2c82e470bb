package dev.engram.magic.draw;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** A picture as a PNG. */
public final class Png {
  private Png() {}

  /** A picture as a PNG file. */
  public static byte[] of(BufferedImage picture) {
    try (ByteArrayOutputStream out = new ByteArrayOutputStream()) {
      if (!ImageIO.write(picture, "png", out)) {
        throw new IllegalArgumentException("cannot write an image of type " + picture.getType());
      }
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
