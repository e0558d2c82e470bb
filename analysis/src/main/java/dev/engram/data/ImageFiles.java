package dev.engram.data;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Which files of a folder are images, told by the endings of their names. Images of a kind that is
 * not read are counted, so that none is left out in silence.
 */
public final class ImageFiles {
  /** What the reader decodes; its first bytes decide there, not the ending. */
  private static final Set<String> READ =
      Set.of(
          "png", "jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp", "gif", "bmp", "webp", "tif", "tiff");

  /** Images that are not read: newer formats, drawings, raw data of cameras, layers. */
  private static final Set<String> LEFT_OUT =
      Set.of(
          "avif", "heic", "heif", "hif", "jxl", "jp2", "j2k", "jpx", "jpf", "svg", "svgz", "ico",
          "psd", "tga", "dds", "exr", "hdr", "ppm", "pgm", "pbm", "pnm", "pcx", "xcf", "eps", "cr2",
          "cr3", "nef", "arw", "dng", "orf", "rw2", "raf");

  /** In sentences. */
  static final String KINDS = "png, jpg, jpeg, gif, bmp, webp, tif";

  private final Map<String, Integer> leftOut = new TreeMap<>();

  /** Whether a file of this name is read as an image. */
  public static boolean isImage(String name) {
    return READ.contains(ending(name));
  }

  static boolean isImage(Path file) {
    return isImage(String.valueOf(file.getFileName()));
  }

  /** Counts a file if it is an image of a kind that is not read. */
  void count(String name) {
    if (LEFT_OUT.contains(ending(name))) {
      leftOut.merge(ending(name), 1, Integer::sum);
    }
  }

  void count(Path file) {
    count(String.valueOf(file.getFileName()));
  }

  /** A sentence about the images that were counted; empty if there are none. */
  String note() {
    if (leftOut.isEmpty()) {
      return "";
    }
    int total = leftOut.values().stream().mapToInt(i -> i).sum();
    return "%d %s left out, since Engram does not read their kind: %s. Convert them to PNG or JPEG."
        .formatted(
            total,
            total == 1 ? "image was" : "images were",
            leftOut.entrySet().stream()
                .map(e -> e.getValue() + " ." + e.getKey())
                .collect(Collectors.joining(", ")));
  }

  private static String ending(String name) {
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }
}
