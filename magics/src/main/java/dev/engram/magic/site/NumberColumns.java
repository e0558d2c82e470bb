package dev.engram.magic.site;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Columns of numbers, one after another as the browser's typed arrays have them, little-endian: a
 * search of all neurons goes through them without making an object of each.
 */
final class NumberColumns {
  private static final int UNSIGNED_16 = 65_535;

  private record Column(String name, String type, int at, int count) {}

  private final List<Column> columns = new ArrayList<>();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** A column of float32; NaN stays. */
  void reals(String name, double[] values) {
    ByteBuffer out = begin(name, "f4", values.length, Float.BYTES);
    for (double value : values) {
      out.putFloat((float) value);
    }
    bytes.writeBytes(out.array());
  }

  /** A column of integers from 0, in 2 bytes each where all fit. */
  void counts(String name, int[] values) {
    boolean isShort = true;
    for (int value : values) {
      isShort &= value <= UNSIGNED_16;
    }
    ByteBuffer out =
        begin(name, isShort ? "u2" : "u4", values.length, isShort ? Short.BYTES : Integer.BYTES);
    for (int value : values) {
      if (isShort) {
        out.putShort((short) value);
      } else {
        out.putInt(value);
      }
    }
    bytes.writeBytes(out.array());
  }

  private ByteBuffer begin(String name, String type, int count, int size) {
    while (bytes.size() % Integer.BYTES != 0) {
      bytes.write(0);
    }
    columns.add(new Column(name, type, bytes.size(), count));
    return ByteBuffer.allocate(count * size).order(ByteOrder.LITTLE_ENDIAN);
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }

  /** Where each column is. */
  void describe(JsonGenerator out) throws IOException {
    out.writeStartArray();
    for (Column c : columns) {
      out.writeStartObject();
      out.writeStringField("name", c.name);
      out.writeStringField("type", c.type);
      out.writeNumberField("at", c.at);
      out.writeNumberField("count", c.count);
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
