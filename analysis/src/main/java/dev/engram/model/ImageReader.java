package dev.engram.model;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.RegularFile;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageInputStream;

/**
 * Reads PNG, JPEG, GIF, BMP, WebP and TIFF, the first frame or page of each, as Pillow's {@code
 * Image.open(…).convert("RGB")} does, after {@code ImageOps.exif_transpose} (by EXIF, else by XMP).
 * Alpha is dropped without blending, gray is copied into three channels without gamma, CMYK in a
 * JPEG is taken as Adobe writes it, and an embedded colour profile is ignored.
 *
 * <p>In one point the result is another than Pillow's on purpose: 16-bit gray keeps its high byte,
 * as 16-bit colours do, where Pillow 13 makes every value from 255 on white and leaves nothing of
 * the picture. Where the two are compared ({@code ImageReaderTest}, {@code ImagesReferenceTest})
 * there is no other difference, but one level in TIFF files of uncompressed YCbCr.
 *
 * <p>The decoders are the JDK's and, for WebP, TwelveMonkeys'. Colours of JPEG and of lossy WebP
 * are our own conversion, by the rules of libjpeg and libwebp. An interrupt ends the reading within
 * a second, with a {@link java.util.concurrent.CancellationException}. Everything that cannot be
 * read raises an {@link EngramException} of one sentence.
 */
public final class ImageReader {
  /** The most pixels that are decoded: Pillow's limit against decompression bombs. */
  public static final long MAX_PIXELS = 178_956_970;

  /** The most bytes of a file that are read: those of as many pixels in a BMP of 24 bits. */
  public static final int MAX_BYTES = 540_000_000;

  private static final int SNIFFED = 64;

  private ImageReader() {}

  /**
   * @param file an image file
   * @return the picture, upright, {@link BufferedImage#TYPE_INT_RGB}
   * @throws EngramException if there is no such file or it is no whole image of a known format
   */
  public static BufferedImage read(Path file) {
    if (Files.isDirectory(file)) {
      throw new EngramException(file + " is a folder; an image file is needed.");
    }
    if (!Files.exists(file)) {
      throw new EngramException("There is no file " + file + ".");
    }
    RegularFile.check(file);
    try (InputStream in = Files.newInputStream(file)) {
      checkBytes(Files.size(file), file.toString());
      return read(in, file.toString());
    } catch (IOException e) {
      Progress.checkInterrupt(); // which closes the file
      throw new EngramException("The file " + file + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  /**
   * @param in the bytes of an image file; read to its end, not closed
   * @param name what to call it in an error
   * @return the picture, upright, {@link BufferedImage#TYPE_INT_RGB}
   * @throws IOException if the stream fails
   * @throws EngramException if it is no whole image of a known format
   */
  public static BufferedImage read(InputStream in, String name) throws IOException {
    byte[] head = in.readNBytes(SNIFFED);
    // Before the rest is read: a film or a checkpoint may be very long.
    ImageFormat.of(head, name);
    byte[] rest = in.readNBytes(MAX_BYTES - head.length + 1);
    checkBytes(head.length + rest.length, name);
    byte[] all = java.util.Arrays.copyOf(head, head.length + rest.length);
    System.arraycopy(rest, 0, all, head.length, rest.length);
    return read(all, name);
  }

  /**
   * @param file the bytes of an image file
   * @param name what to call it in an error
   * @return the picture, upright, {@link BufferedImage#TYPE_INT_RGB}
   * @throws EngramException if it is no whole image of a known format
   */
  public static BufferedImage read(byte[] file, String name) {
    ImageFormat format = ImageFormat.of(file, name);
    try {
      BufferedImage rgb =
          format == ImageFormat.WEBP ? readWebp(file, name) : readByJdk(file, format, name);
      return Rgb.upright(rgb, Orientation.of(file, format));
    } catch (IOException | RuntimeException e) {
      if (e instanceof EngramException || e instanceof CancellationException) {
        throw (RuntimeException) e;
      }
      Progress.checkInterrupt(); // a decoder may take an interrupt for damage
      // The decoders of the JDK answer damage with all kinds of exceptions.
      throw damaged(format, name, reason(e), e);
    } catch (OutOfMemoryError e) {
      throw new EngramException(
          "The image "
              + name
              + " does not fit into this JVM's memory; start it with more (-Xmx) or scale the image"
              + " down.",
          e);
    }
  }

  private static BufferedImage readWebp(byte[] file, String name) throws IOException {
    WebpFile webp = WebpFile.of(file);
    checkSize(webp.width(), webp.height(), name);
    return WebpImage.read(file, webp);
  }

  private static BufferedImage readByJdk(byte[] file, ImageFormat format, String name)
      throws IOException {
    javax.imageio.ImageReader decoder = decoder(format);
    Warnings warnings = new Warnings();
    decoder.addIIOReadWarningListener(warnings);
    decoder.addIIOReadProgressListener(new InterruptListener());
    try (ImageInputStream in = new InterruptibleInput(file)) {
      // Metadata is ignored: a text chunk can be a bomb as well.
      decoder.setInput(in, true, true);
      checkSize(decoder.getWidth(0), decoder.getHeight(0), name);
      BufferedImage rgb =
          switch (format) {
            case JPEG -> readJpeg(decoder, file);
            case GIF -> readGif(decoder, file, name);
            case TIFF -> TiffImage.read(decoder, file, name);
            default -> Rgb.of(decoder.read(0));
          };
      Progress.checkInterrupt(); // an aborted decoder returns what it has
      if (warnings.truncated) {
        throw new java.io.EOFException();
      }
      return rgb;
    } finally {
      decoder.dispose();
    }
  }

  private static BufferedImage readGif(javax.imageio.ImageReader decoder, byte[] file, String name)
      throws IOException {
    GifCanvas canvas = GifCanvas.of(file);
    checkSize(canvas.width(), canvas.height(), name);
    return canvas.place(decoder.read(0));
  }

  private static BufferedImage readJpeg(javax.imageio.ImageReader decoder, byte[] file)
      throws IOException {
    Raster raw = decoder.readRaster(0, null);
    Progress.checkInterrupt();
    return JpegColors.toRgb(raw, JpegSegments.of(file));
  }

  private static void checkBytes(long bytes, String name) {
    if (bytes > MAX_BYTES) {
      throw new EngramException(
          String.format(
              Locale.ROOT,
              "The image %s has more than the limit of %,d bytes; scale it down first.",
              name,
              MAX_BYTES));
    }
  }

  private static void checkSize(int width, int height, String name) {
    if ((long) width * height > MAX_PIXELS) {
      throw new EngramException(
          String.format(
              Locale.ROOT,
              "The image %s says that it has %,d × %,d pixels, more than the limit of %,d in all;"
                  + " scale it down first.",
              name,
              width,
              height,
              MAX_PIXELS));
    }
  }

  /** Always the JDK's: another plug-in on the class path would change pixels without a word. */
  private static javax.imageio.ImageReader decoder(ImageFormat format) {
    Iterator<javax.imageio.ImageReader> all =
        ImageIO.getImageReadersByFormatName(format.name().toLowerCase(Locale.ROOT));
    while (all.hasNext()) {
      javax.imageio.ImageReader reader = all.next();
      if (reader.getClass().getName().startsWith("com.sun.imageio.plugins.")) {
        return reader;
      }
    }
    throw new IllegalStateException("this JDK has no image decoder for " + format);
  }

  private static String reason(Exception e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof java.io.EOFException) {
        return "it ends too early";
      }
    }
    String message = e.getMessage();
    return message == null || message.isBlank()
        ? "its content makes no sense"
        : message.lines().findFirst().orElse("").strip();
  }

  private static EngramException damaged(
      ImageFormat format, String name, String why, Exception cause) {
    return new EngramException(
        "The %s file %s is truncated or damaged: %s.".formatted(format, name, why), cause);
  }

  /** The JPEG decoder fills what is missing with gray and only warns. */
  private static final class Warnings implements javax.imageio.event.IIOReadWarningListener {
    private boolean truncated;

    @Override
    public void warningOccurred(javax.imageio.ImageReader source, String warning) {
      String w = warning.toLowerCase(Locale.ROOT);
      truncated |= w.contains("premature end") || w.contains("truncated");
    }
  }
}
