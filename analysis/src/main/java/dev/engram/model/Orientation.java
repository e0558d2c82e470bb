package dev.engram.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * How a picture is to be turned: by EXIF or, where that says nothing, by XMP, as Pillow's {@code
 * exif_transpose} finds it in JPEG, PNG, WebP and TIFF files. What is missing or damaged counts as
 * upright: cameras write much that no one should stumble over.
 */
final class Orientation {
  private static final int TAG = 0x112;
  private static final int SHORT = 3;
  private static final int ABSENT = -1;

  /** Pillow's limit for a text in a PNG file. */
  private static final int MOST_TEXT = 1 << 20;

  /** Stands before the TIFF block in some files. */
  private static final String EXIF = "Exif\0\0";

  /** Pillow's. */
  private static final Pattern IN_XMP = Pattern.compile("tiff:Orientation(?:=\"|>)([0-9])");

  private Orientation() {}

  /** How the picture lies, as EXIF counts: 1 (upright) to 8. */
  static int of(byte[] file, ImageFormat format) {
    try {
      int found =
          switch (format) {
            case JPEG -> inJpeg(JpegSegments.of(file), file);
            case PNG -> inPng(file);
            case WEBP -> inWebp(WebpFile.of(file), file);
            case TIFF -> inTiff(file, new Span(0, file.length));
            case GIF, BMP -> ABSENT;
          };
      return found >= 1 && found <= 8 ? found : 1;
    } catch (IndexOutOfBoundsException | IllegalArgumentException | java.io.IOException e) {
      return 1;
    }
  }

  private static int inJpeg(JpegSegments s, byte[] file) {
    return either(inTiff(file, s.exif()), file, s.xmp());
  }

  private static int inWebp(WebpFile webp, byte[] file) {
    Span exif = webp.exif();
    int mark = EXIF.length();
    boolean marked =
        exif.length() > mark && new String(file, exif.from(), mark, ISO_8859_1).equals(EXIF);
    return either(
        inTiff(file, marked ? new Span(exif.from() + mark, exif.to()) : exif), file, webp.xmp());
  }

  /** What EXIF says; what XMP says if it is absent there. */
  private static int either(int exif, byte[] file, Span xmp) {
    return exif != ABSENT || xmp.length() == 0
        ? exif
        : inXmp(new String(file, xmp.from(), xmp.length(), ISO_8859_1));
  }

  private static int inXmp(String text) {
    Matcher found = IN_XMP.matcher(text);
    return found.find() ? Integer.parseInt(found.group(1)) : ABSENT;
  }

  /** A PNG file is a signature of 8 bytes and chunks of length, type, data, CRC. */
  private static int inPng(byte[] file) {
    ByteBuffer b = ByteBuffer.wrap(file);
    int exif = ABSENT;
    int profile = ABSENT;
    int xmp = ABSENT;
    for (int i = 8; i + 12 <= file.length; ) {
      int length = b.getInt(i);
      if (length < 0 || length > file.length - i - 12) {
        break;
      }
      Span data = new Span(i + 8, i + 8 + length);
      switch (new String(file, i + 4, 4, ISO_8859_1)) {
        case "eXIf" -> exif = exif == ABSENT ? inTiff(file, data) : exif;
        case "iTXt" -> xmp = xmp == ABSENT ? inText(file, data) : xmp;
        case "tEXt", "zTXt" -> profile = profile == ABSENT ? inProfile(file, data) : profile;
        default -> {}
      }
      i += 12 + length;
    }
    int block = exif == ABSENT ? profile : exif;
    return block == ABSENT ? xmp : block;
  }

  /**
   * EXIF as ImageMagick wrote it into a PNG file before there was a chunk for it: keyword, 0, (in a
   * zTXt the method, 0) and a text of two lines, name and length, and hexadecimal digits.
   */
  private static int inProfile(byte[] file, Span data) {
    String key = "Raw profile type exif\0";
    if (data.length() < key.length() + 1
        || !new String(file, data.from(), key.length(), ISO_8859_1).equals(key)) {
      return ABSENT;
    }
    int at = data.from() + key.length();
    boolean compressed = file[data.from() - 4] == 'z';
    Span text = new Span(compressed ? at + 1 : at, data.to());
    String[] lines =
        (compressed ? inflated(file, text) : new String(file, text.from(), text.length(), UTF_8))
            .split("\n", 4);
    if (lines.length < 4) {
      return ABSENT;
    }
    byte[] exif = HexFormat.of().parseHex(lines[3].replace("\n", ""));
    int mark = new String(exif, ISO_8859_1).startsWith(EXIF) ? EXIF.length() : 0;
    return inTiff(exif, new Span(mark, exif.length));
  }

  /** Keyword, 0, flag of compression, method, language, 0, translated keyword, 0, text. */
  private static int inText(byte[] file, Span data) {
    String key = "XML:com.adobe.xmp\0";
    if (data.length() < key.length() + 4
        || !new String(file, data.from(), key.length(), ISO_8859_1).equals(key)) {
      return ABSENT;
    }
    int at = data.from() + key.length();
    boolean compressed = file[at] == 1;
    at += 2;
    for (int zeros = 0; zeros < 2 && at < data.to(); at++) {
      zeros += file[at] == 0 ? 1 : 0;
    }
    Span text = new Span(at, data.to());
    return inXmp(
        compressed ? inflated(file, text) : new String(file, text.from(), text.length(), UTF_8));
  }

  private static String inflated(byte[] file, Span data) {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(file, data.from(), data.length());
      byte[] text = new byte[MOST_TEXT];
      return new String(text, 0, inflater.inflate(text), UTF_8);
    } catch (DataFormatException e) {
      return "";
    } finally {
      inflater.end();
    }
  }

  /** The first directory of a TIFF block: a count, then entries of tag, type, count, value. */
  private static int inTiff(byte[] file, Span block) {
    if (block.length() == 0) {
      return ABSENT;
    }
    ByteBuffer b = ByteBuffer.wrap(file, block.from(), block.length()).slice();
    b.order(b.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int directory = b.getInt(4);
    int entries = b.getShort(directory) & 0xffff;
    int xmp = ABSENT;
    for (int e = 0; e < entries; e++) {
      int entry = directory + 2 + 12 * e;
      int tag = b.getShort(entry) & 0xffff;
      if (tag == TAG && b.getShort(entry + 2) == SHORT) {
        return b.getShort(entry + 8) & 0xffff;
      }
      if (tag == 700) { // XMP, which is used only if the loop finds nothing better
        int length = b.getInt(entry + 4);
        int from = b.getInt(entry + 8);
        if (from > 0 && length > 4 && from <= block.length() - length) {
          xmp = inXmp(new String(file, block.from() + from, length, ISO_8859_1));
        }
      }
    }
    return xmp;
  }
}
