package dev.engram.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Changes good files into bad ones: the same seed makes the same ones. They are what Jazzer begins
 * with, since it changes a byte here and there: words thousands of times in a row, and a large
 * number where a small one was, it seldom comes to.
 */
final class Mutations {
  private static final int MOST = 4_000_000;

  /** What readers stumble over. */
  private static final List<String> WORDS =
      List.of(
          "0",
          "-1",
          "1e999",
          "2147483647",
          "4294967296",
          "9223372036854775807",
          "3.5",
          "null",
          "true",
          "{}",
          "[]",
          "\"\"",
          "NaN",
          "\\u0000",
          "\u0000",
          "\n",
          "\\n",
          "\r\n",
          "\u2028",
          "\ufeff",
          "../",
          "/etc/passwd",
          "\"",
          ",",
          ":",
          "{\"a\":",
          "[[[[[[[[[[",
          "\ud83d\ude00",
          "%s",
          "$1");

  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    127,
    255,
    256,
    32767,
    65535,
    65536,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0xffffffffL,
    1L << 32,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final Random random;

  Mutations(long seed) {
    this.random = new Random(seed);
  }

  /** What is put into files, as a dictionary of libFuzzer's. */
  static List<String> dictionary() {
    return Stream.concat(
            WORDS.stream().map(w -> w.getBytes(UTF_8)),
            Arrays.stream(NUMBERS).mapToObj(n -> ByteBuffer.allocate(8).putLong(n).array()))
        .map(Mutations::quoted)
        .toList();
  }

  private static String quoted(byte[] bytes) {
    StringBuilder quoted = new StringBuilder("\"");
    for (byte b : bytes) {
      quoted.append("\\x%02x".formatted(b));
    }
    return quoted.append('"').toString();
  }

  byte[] of(byte[] good) {
    byte[] bad = good;
    for (int n = 1 + random.nextInt(4); n > 0; n--) {
      bad = once(bad);
    }
    return bad;
  }

  private byte[] once(byte[] in) {
    int at = random.nextInt(in.length + 1);
    return switch (random.nextInt(8)) {
      case 0 -> overwrite(in, at, new byte[] {(byte) random.nextInt(256)});
      case 1 -> in.length == 0 ? in : flip(in);
      case 2 -> overwrite(in, at, number());
      case 3 -> insert(in, at, word());
      case 4 -> overwrite(in, at, word());
      case 5 -> Arrays.copyOf(in, at);
      case 6 -> delete(in, at, 1 + random.nextInt(16));
      default -> insert(in, random.nextInt(in.length + 1), piece(in, at));
    };
  }

  private byte[] flip(byte[] in) {
    byte[] out = in.clone();
    out[random.nextInt(in.length)] ^= (byte) (1 << random.nextInt(8));
    return out;
  }

  private byte[] number() {
    ByteBuffer b =
        ByteBuffer.allocate(8)
            .order(random.nextBoolean() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    long n = NUMBERS[random.nextInt(NUMBERS.length)];
    return switch (random.nextInt(3)) {
      case 0 -> Arrays.copyOf(b.putShort((short) n).array(), 2);
      case 1 -> Arrays.copyOf(b.putInt((int) n).array(), 4);
      default -> b.putLong(n).array();
    };
  }

  private byte[] word() {
    String word = WORDS.get(random.nextInt(WORDS.size()));
    boolean often = random.nextInt(20) == 0;
    return (often ? word.repeat(1 + random.nextInt(3000)) : word).getBytes(UTF_8);
  }

  private byte[] piece(byte[] in, int at) {
    return Arrays.copyOfRange(in, at, Math.min(in.length, at + 1 + random.nextInt(200)));
  }

  private static byte[] overwrite(byte[] in, int at, byte[] with) {
    byte[] out = in.clone();
    System.arraycopy(with, 0, out, at, Math.min(with.length, out.length - at));
    return out;
  }

  private static byte[] insert(byte[] in, int at, byte[] what) {
    if (in.length + what.length > MOST) {
      return in;
    }
    byte[] out = new byte[in.length + what.length];
    System.arraycopy(in, 0, out, 0, at);
    System.arraycopy(what, 0, out, at, what.length);
    System.arraycopy(in, at, out, at + what.length, in.length - at);
    return out;
  }

  private static byte[] delete(byte[] in, int at, int n) {
    int end = Math.min(in.length, at + n);
    byte[] out = new byte[in.length - (end - at)];
    System.arraycopy(in, 0, out, 0, at);
    System.arraycopy(in, end, out, at, in.length - end);
    return out;
  }
}
