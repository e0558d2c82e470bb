package dev.engram.magic.site;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Base64;
import java.util.zip.GZIPOutputStream;

/**
 * Data as a script that hands it to the page: gzip in base64. So nothing that came from outside is
 * text of a script, whatever it holds, and the browser unpacks it by itself.
 */
final class SiteScript {
  private static final JsonFactory JSON = new JsonFactory();

  /** As many as a page shows, and one more for what is computed of them. */
  private static final MathContext DIGITS = new MathContext(4);

  private SiteScript() {}

  /** Writes JSON. */
  interface Filling {
    void fill(JsonGenerator out) throws IOException;
  }

  static byte[] json(String name, Filling filling) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream packed = new GZIPOutputStream(bytes);
        JsonGenerator out = JSON.createGenerator(packed)) {
      filling.fill(out);
    }
    return script(name, bytes.toByteArray());
  }

  static byte[] binary(String name, byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream packed = new GZIPOutputStream(bytes)) {
      packed.write(content);
    }
    return script(name, bytes.toByteArray());
  }

  private static byte[] script(String name, byte[] packed) {
    return ("EngramAtlas.take(\""
            + name
            + "\",\""
            + Base64.getEncoder().encodeToString(packed)
            + "\");\n")
        .getBytes(US_ASCII);
  }

  /** A number with four digits; null for what is none. */
  static void number(JsonGenerator out, double value) throws IOException {
    if (Double.isFinite(value)) {
      double rounded = new BigDecimal(value).round(DIGITS).doubleValue();
      if (rounded == Math.rint(rounded) && Math.abs(rounded) < 1e9) {
        out.writeNumber((long) rounded);
      } else {
        out.writeNumber(rounded);
      }
    } else {
      out.writeNull();
    }
  }

  static void numbers(JsonGenerator out, int[] values) throws IOException {
    out.writeStartArray();
    for (int value : values) {
      out.writeNumber(value);
    }
    out.writeEndArray();
  }
}
