package dev.engram.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Finds the orientation tag of EXIF in a JPEG or PNG file. What is missing or damaged counts as
 * upright: cameras write much that no one should stumble over.
 */
final class ExifOrientation {
  private static final int TAG = 0x112;
  private static final int SHORT = 3;

  private ExifOrientation() {}

  /**
   * @return 1 (upright) to 8
   */
  static int of(byte[] file, ImageFormat format) {
    try {
      return switch (format) {
        case JPEG -> {
          JpegSegments s = JpegSegments.of(file);
          yield s.exifStart() < 0 ? 1 : inTiff(file, s.exifStart(), s.exifEnd());
        }
        case PNG -> inPng(file);
        case GIF, BMP -> 1;
      };
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      return 1;
    }
  }

  /** The chunk eXIf; a PNG file is a signature of 8 bytes and chunks of length, type, data, CRC. */
  private static int inPng(byte[] file) {
    ByteBuffer b = ByteBuffer.wrap(file);
    for (int i = 8; i + 12 <= file.length; ) {
      int length = b.getInt(i);
      if (length < 0 || length > file.length - i - 12) {
        return 1;
      }
      if (new String(file, i + 4, 4, ISO_8859_1).equals("eXIf")) {
        return inTiff(file, i + 8, i + 8 + length);
      }
      i += 12 + length;
    }
    return 1;
  }

  /** The first directory of a TIFF block: a count, then entries of tag, type, count, value. */
  private static int inTiff(byte[] file, int from, int to) {
    ByteBuffer b = ByteBuffer.wrap(file, from, to - from).slice();
    b.order(b.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int directory = b.getInt(4);
    int entries = b.getShort(directory) & 0xffff;
    for (int e = 0; e < entries; e++) {
      int entry = directory + 2 + 12 * e;
      if ((b.getShort(entry) & 0xffff) == TAG && b.getShort(entry + 2) == SHORT) {
        int value = b.getShort(entry + 8) & 0xffff;
        return value >= 1 && value <= 8 ? value : 1;
      }
    }
    return 1;
  }
}
