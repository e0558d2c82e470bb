package dev.engram.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Function;

/** The bytes of a pickle, counted, and of no more than a limit, however they are compressed. */
final class PickleInput {
  /** Of all pickles of a file; those of large models with an optimizer have some millions. */
  private static final long MOST_BYTES = 32_000_000;

  /** Of the name of a class. */
  private static final int MOST_NAME = 1_000;

  private final InputStream in;
  private final Function<String, EngramException> bad;
  private long count;

  /**
   * @param in buffered
   * @param bad makes the sentence of a damaged file
   */
  PickleInput(InputStream in, Function<String, EngramException> bad) {
    this.in = in;
    this.bad = bad;
  }

  /** How many bytes were read. */
  long count() {
    return count;
  }

  EngramException bad(String why) {
    return bad.apply(why);
  }

  int u1() throws IOException {
    int b = in.read();
    if (b < 0) {
      throw bad("it ends in the middle of its pickle");
    }
    if (++count > MOST_BYTES) {
      throw tooLong();
    }
    return b;
  }

  private EngramException tooLong() {
    return bad(
        "its pickle has more than %,d bytes, the most that Engram reads".formatted(MOST_BYTES));
  }

  /** A number of some bytes without a sign, little endian. */
  long unsigned(int bytes) throws IOException {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (long) u1() << (8 * i);
    }
    return value;
  }

  /** Big endian, as pickles have it. */
  double f8() throws IOException {
    return ByteBuffer.wrap(bytes(Double.BYTES)).order(ByteOrder.BIG_ENDIAN).getDouble();
  }

  /** So many bytes; they are allocated as they come. */
  byte[] bytes(long n) throws IOException {
    if (n < 0 || n > MOST_BYTES - count) {
      throw tooLong();
    }
    byte[] read = in.readNBytes((int) n);
    count += read.length;
    if (read.length < n) {
      throw bad("it ends in the middle of its pickle");
    }
    return read;
  }

  String text(long bytes) throws IOException {
    return new String(bytes(bytes), UTF_8);
  }

  /** The name of a class or a module, up to the end of the line. */
  String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = u1(); b != '\n'; b = u1()) {
      line.write(b);
      if (line.size() > MOST_NAME) {
        throw bad("its pickle names something with more than %,d letters".formatted(MOST_NAME));
      }
    }
    return line.toString(UTF_8);
  }
}
