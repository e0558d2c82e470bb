package dev.engram.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * What a zip archive holds, and where in the file: Java's own reader does not say where, and
 * tensors are mapped and not unpacked. Names are names here and never paths.
 */
final class ZipDirectory {
  /** The largest checkpoints have some thousand entries. */
  private static final int MOST_ENTRIES = 200_000;

  private static final long MOST_BYTES = 64_000_000;
  private static final int END = 22;
  private static final int MOST_COMMENT = 0xffff;
  private static final long IN_ZIP64 = 0xffffffffL;

  /**
   * One entry.
   *
   * @param method 0 for bytes as they are, 8 for deflated ones
   * @param packed its bytes in the file
   * @param size its bytes
   * @param header offset of its own header
   */
  record Entry(String name, int flags, int method, long packed, long size, long header) {
    boolean isStored() {
      return method == 0 && packed == size;
    }
  }

  private final FileChannel channel;
  private final Function<String, EngramException> bad;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private long start; // where the directory begins, behind all entries

  private ZipDirectory(FileChannel channel, Function<String, EngramException> bad) {
    this.channel = channel;
    this.bad = bad;
  }

  /**
   * @param channel open as long as the directory is used
   * @param bad makes the sentence of a damaged file
   * @throws EngramException if it is damaged, or has what no checkpoint has
   */
  static ZipDirectory read(FileChannel channel, Function<String, EngramException> bad)
      throws IOException {
    ZipDirectory directory = new ZipDirectory(channel, bad);
    directory.read();
    return directory;
  }

  Set<String> names() {
    return entries.keySet();
  }

  /** An entry that is there. */
  Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw bad.apply("its archive has no entry " + SafetensorsHeader.shown(name));
    }
    return entry;
  }

  /** The offset of an entry's first byte, behind its own header. */
  long begin(Entry entry) throws IOException {
    ByteBuffer header = bytes(entry.header, 30);
    if (header.getInt(0) != 0x04034b50) {
      throw lies(entry);
    }
    int name = header.getShort(26) & 0xffff;
    long begin = entry.header + 30 + name + (header.getShort(28) & 0xffff);
    byte[] expected = entry.name.getBytes(UTF_8);
    if (name != expected.length
        || begin > start - entry.packed
        || !bytes(entry.header + 30, name).equals(ByteBuffer.wrap(expected))) {
      throw lies(entry);
    }
    return begin;
  }

  private EngramException lies(Entry entry) {
    return bad.apply(
        "the entry %s does not lie where the archive's directory says"
            .formatted(SafetensorsHeader.shown(entry.name)));
  }

  private void read() throws IOException {
    long size = channel.size();
    int tail = (int) Math.min(size, END + MOST_COMMENT);
    ByteBuffer last = bytes(size - tail, tail);
    int at = tail - END;
    while (at >= 0
        && (last.getInt(at) != 0x06054b50
            || at + END + (last.getShort(at + 20) & 0xffff) != tail)) {
      at--;
    }
    if (at < 0) {
      throw bad.apply(
          "it begins as a zip archive and has no directory at its end: it is truncated");
    }
    long end = size - tail + at;
    long count = last.getShort(at + 10) & 0xffff;
    long length = last.getInt(at + 12) & IN_ZIP64;
    start = last.getInt(at + 16) & IN_ZIP64;
    if (count == 0xffff || length == IN_ZIP64 || start == IN_ZIP64) {
      ByteBuffer wide = bytes(bytes(end - 20, 20).getLong(8), 56);
      if (wide.getInt(0) != 0x06064b50) {
        throw damaged();
      }
      count = wide.getLong(32);
      length = wide.getLong(40);
      start = wide.getLong(48);
    }
    if (count < 0 || count > MOST_ENTRIES || length < 0 || length > MOST_BYTES) {
      throw bad.apply(
          "its archive claims %s entries in a directory of %s bytes; Engram reads at most %,d in %,d"
              .formatted(
                  Long.toUnsignedString(count),
                  Long.toUnsignedString(length),
                  MOST_ENTRIES,
                  MOST_BYTES));
    }
    ByteBuffer directory = bytes(start, length);
    for (int i = 0; i < count; i++) {
      Entry entry = next(directory);
      if (entries.put(entry.name, entry) != null) {
        throw bad.apply(
            "its archive has the entry %s twice".formatted(SafetensorsHeader.shown(entry.name)));
      }
    }
  }

  private Entry next(ByteBuffer directory) {
    int at = directory.position();
    if (directory.remaining() < 46 || directory.getInt(at) != 0x02014b50) {
      throw damaged();
    }
    int nameLength = directory.getShort(at + 28) & 0xffff;
    int extraLength = directory.getShort(at + 30) & 0xffff;
    int commentLength = directory.getShort(at + 32) & 0xffff;
    if (directory.remaining() < 46 + nameLength + extraLength + commentLength) {
      throw damaged();
    }
    byte[] letters = new byte[nameLength];
    directory.get(at + 46, letters);
    String name = new String(letters, UTF_8);
    if (name.startsWith("/")
        || name.contains("\\")
        || name.contains("\u0000")
        || name.matches("(.*/)?\\.\\.(/.*)?|[A-Za-z]:.*")) {
      throw bad.apply(
          "its archive has the entry %s, a path that leads out of it"
              .formatted(SafetensorsHeader.shown(name)));
    }
    long size = directory.getInt(at + 24) & IN_ZIP64;
    long packed = directory.getInt(at + 20) & IN_ZIP64;
    long header = directory.getInt(at + 42) & IN_ZIP64;
    Wide wide = new Wide(directory, at + 46 + nameLength, extraLength);
    size = size == IN_ZIP64 ? wide.next() : size;
    packed = packed == IN_ZIP64 ? wide.next() : packed;
    header = header == IN_ZIP64 ? wide.next() : header;
    if (size < 0 || packed < 0 || header < 0 || packed > start || header > start - packed) {
      throw bad.apply(
          "its entry %s claims more bytes than the file has"
              .formatted(SafetensorsHeader.shown(name)));
    }
    directory.position(at + 46 + nameLength + extraLength + commentLength);
    return new Entry(
        name,
        directory.getShort(at + 8) & 0xffff,
        directory.getShort(at + 10) & 0xffff,
        packed,
        size,
        header);
  }

  /** The sizes of 64 bits of an entry, in the order in which they are needed. */
  private final class Wide {
    private final ByteBuffer directory;
    private int at;
    private int end;

    Wide(ByteBuffer directory, int from, int length) {
      this.directory = directory;
      for (int i = from; i + 4 <= from + length; ) {
        int n = directory.getShort(i + 2) & 0xffff;
        if (directory.getShort(i) == 1 && i + 4 + n <= from + length) {
          at = i + 4;
          end = at + n;
          return;
        }
        i += 4 + n;
      }
    }

    long next() {
      if (at + Long.BYTES > end) {
        throw damaged();
      }
      at += Long.BYTES;
      return directory.getLong(at - Long.BYTES);
    }
  }

  private EngramException damaged() {
    return bad.apply("the directory of its archive is damaged");
  }

  /** Held against the file before they are allocated. */
  private ByteBuffer bytes(long from, long length) throws IOException {
    if (from < 0 || length < 0 || from > channel.size() - length) {
      throw damaged();
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) > 0) {
      // until it is full
    }
    return bytes.flip();
  }
}
