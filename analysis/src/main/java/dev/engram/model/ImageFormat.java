package dev.engram.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The image formats that are read, told by the first bytes and never by the file's name. For
 * anything else the error says what the bytes look like, because a wrong download is the usual
 * cause.
 */
enum ImageFormat {
  PNG("\u0089PNG\r\n\u001a\n"),
  JPEG("\u00ff\u00d8\u00ff"),
  GIF("GIF8"),
  BMP("BM"),
  WEBP("RIFF"),
  TIFF("II*\0");

  /** What else often lies in folders of images, by its first characters. */
  private static final Map<String, String> OTHERS = new LinkedHashMap<>();

  static {
    OTHERS.put("II+\0", "a BigTIFF image; convert it to TIFF or PNG");
    OTHERS.put("MM\0+", "a BigTIFF image; convert it to TIFF or PNG");
    OTHERS.put("%PDF", "a PDF");
    OTHERS.put("PK\u0003\u0004", "a zip archive");
    OTHERS.put("\u001f\u008b", "a gzip archive");
    OTHERS.put("version https://git-lfs", "a Git LFS pointer, so the file itself was not fetched");
    OTHERS.put("<!doctype", "a web page, so the download went wrong");
    OTHERS.put("<html", "a web page, so the download went wrong");
    OTHERS.put("<svg", "an SVG drawing");
    OTHERS.put("<?xml", "XML, perhaps an SVG drawing");
  }

  private final String magic;

  ImageFormat(String magic) {
    this.magic = magic;
  }

  /**
   * @param file the file's bytes, or its first 64
   * @param name what to call it in an error
   * @throws EngramException if it is none of these formats
   */
  static ImageFormat of(byte[] file, String name) {
    String head = new String(file, 0, Math.min(file.length, 64), ISO_8859_1);
    for (ImageFormat format : values()) {
      boolean other =
          format == WEBP && !head.startsWith("WEBP", 8); // RIFF holds sound and films as well
      if (head.startsWith(format.magic) && !other) {
        return format;
      }
    }
    if (head.startsWith("MM\0*")) {
      return TIFF;
    }
    throw new EngramException(
        "The file %s is no image that Engram reads (PNG, JPEG, GIF, BMP, WebP or TIFF): %s."
            .formatted(name, looksLike(file, head)));
  }

  private static String looksLike(byte[] file, String head) {
    if (file.length == 0) {
      return "it is empty";
    }
    if (head.startsWith("ftyp", 4)) {
      String kind =
          head.startsWith("avi", 8)
              ? "an AVIF image"
              : head.startsWith("hei", 8) || head.startsWith("hev", 8) || head.startsWith("mif1", 8)
                  ? "a HEIC image"
                  : "a film, or a HEIC or AVIF image";
      return "it looks like " + kind + "; convert it to PNG";
    }
    String lower = head.toLowerCase(Locale.ROOT);
    for (Map.Entry<String, String> other : OTHERS.entrySet()) {
      if (lower.startsWith(other.getKey().toLowerCase(Locale.ROOT))) {
        return "it looks like " + other.getValue();
      }
    }
    if (head.chars().allMatch(c -> c >= ' ' || c == '\n' || c == '\r' || c == '\t')) {
      String text = new String(file, 0, Math.min(file.length, 24), UTF_8).strip();
      return "it looks like text, beginning with '" + text.lines().findFirst().orElse("") + "'";
    }
    StringBuilder hex = new StringBuilder("it begins with the bytes");
    for (int i = 0; i < Math.min(file.length, 8); i++) {
      hex.append(" %02x".formatted(file[i]));
    }
    return hex.toString();
  }
}
