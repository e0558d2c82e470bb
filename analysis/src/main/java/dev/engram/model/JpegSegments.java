package dev.engram.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * What the segments before the data of a JPEG file say about its colours and its orientation. The
 * colour space follows by libjpeg's rules (jdapimin.c), which differ from the JDK's.
 *
 * @param colors how the samples are to be read
 * @param exif the EXIF block (a TIFF header); empty without one
 * @param xmp the XMP block (XML); empty without one
 */
record JpegSegments(Colors colors, Span exif, Span xmp) {
  private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";

  /** The meaning of the samples. */
  enum Colors {
    GRAY,
    YCBCR,
    RGB,
    CMYK,
    YCCK
  }

  private static final int SOS = 0xda;
  private static final int APP0 = 0xe0;
  private static final int APP1 = 0xe1;
  private static final int APP14 = 0xee;

  /** Never fails: of a damaged file it reads what it can, and the decoder will complain. */
  static JpegSegments of(byte[] file) {
    boolean jfif = false;
    int adobe = -1;
    String components = "\1\2\3";
    Span exif = Span.NONE;
    Span xmp = Span.NONE;
    for (int i = 2; i + 4 <= file.length; ) {
      int marker = file[i + 1] & 0xff;
      if (file[i] != (byte) 0xff || marker == SOS) {
        break;
      }
      if (marker == 0xff) {
        i++; // a fill byte
        continue;
      }
      int body = i + 4;
      int end = i + 2 + ((file[i + 2] & 0xff) << 8 | file[i + 3] & 0xff);
      if (end < body || end > file.length) {
        break;
      }
      if (marker == APP0 && starts(file, body, end, "JFIF\0")) {
        jfif = true;
      } else if (marker == APP1 && exif.length() == 0 && starts(file, body, end, "Exif\0\0")) {
        exif = new Span(body + 6, end);
      } else if (marker == APP1 && starts(file, body, end, XMP)) {
        xmp = new Span(body + XMP.length(), end);
      } else if (marker == APP14 && end - body >= 12 && starts(file, body, end, "Adobe")) {
        adobe = file[body + 11] & 0xff;
      } else if (isFrame(marker) && end - body >= 6) {
        components = ids(file, body, end);
      }
      i = end;
    }
    return new JpegSegments(colors(components, jfif, adobe), exif, xmp);
  }

  private static Colors colors(String components, boolean jfif, int adobe) {
    switch (components.length()) {
      case 3:
        boolean rgb = adobe >= 0 ? adobe == 0 : components.equals("RGB");
        return !jfif && rgb ? Colors.RGB : Colors.YCBCR;
      case 4:
        return adobe > 0 ? Colors.YCCK : Colors.CMYK;
      default:
        return Colors.GRAY;
    }
  }

  /** SOF0 to SOF15 without DHT, JPG and DAC, which lie between them. */
  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  private static String ids(byte[] file, int body, int end) {
    StringBuilder ids = new StringBuilder();
    int count = file[body + 5] & 0xff;
    for (int c = 0; c < count && body + 6 + 3 * c < end; c++) {
      ids.append((char) (file[body + 6 + 3 * c] & 0xff));
    }
    return ids.toString();
  }

  private static boolean starts(byte[] file, int from, int end, String what) {
    return end - from >= what.length()
        && new String(file, from, what.length(), ISO_8859_1).equals(what);
  }
}
