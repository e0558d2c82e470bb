package dev.engram.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.BitSet;

/**
 * SentencePiece's map of characters, as a {@code tokenizer.json} has it under Precompiled: the
 * length of a double-array trie in bytes, the trie (units of 32 bits), and the texts to which its
 * leaves point. The native library follows it without a look at its bounds.
 */
final class CharacterMap {
  /** SentencePiece's own have 0.3 MB. */
  private static final int MOST_BYTES = 16_000_000;

  private CharacterMap() {}

  /** Whether no text can lead out of it. */
  static boolean isSound(byte[] map) {
    if (map.length < 8 || map.length > MOST_BYTES) {
      return false;
    }
    ByteBuffer bytes = ByteBuffer.wrap(map).order(ByteOrder.LITTLE_ENDIAN);
    int size = bytes.getInt();
    if (size < 4 || size % 4 != 0 || size > bytes.remaining()) {
      return false;
    }
    int[] units = new int[size / 4];
    bytes.asIntBuffer().get(units);
    byte[] texts = java.util.Arrays.copyOfRange(map, 4 + size, map.length);
    return isUtf8(texts) && isClosed(units, texts);
  }

  private static boolean isUtf8(byte[] texts) {
    try {
      java.nio.charset.StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(texts));
      return true;
    } catch (java.nio.charset.CharacterCodingException e) {
      return false;
    }
  }

  /** From each node that a text can reach, every byte leads to a unit that is there. */
  private static boolean isClosed(int[] units, byte[] texts) {
    BitSet seen = new BitSet(units.length);
    ArrayDeque<Integer> nodes = new ArrayDeque<>();
    nodes.add(offset(units[0]));
    while (!nodes.isEmpty()) {
      int node = nodes.remove();
      // All 256 neighbours lie in one block: the node's number with other last eight bits.
      if ((node | 0xff) >= units.length) {
        return false;
      }
      if (seen.get(node)) {
        continue;
      }
      seen.set(node);
      for (int c = 1; c < 256; c++) {
        int unit = units[node ^ c];
        if ((unit & 0x800000ff) != c) { // of another character; a sign says that it is a leaf
          continue;
        }
        int next = (node ^ c) ^ offset(unit);
        if (next < 0 || next >= units.length) {
          return false;
        }
        if ((unit >>> 8 & 1) == 1 && !isText(units[next] & 0x7fffffff, texts)) {
          return false;
        }
        nodes.add(next);
      }
    }
    return true;
  }

  /** Where a text begins: not within a character. */
  private static boolean isText(int at, byte[] texts) {
    return at < texts.length && (texts[at] & 0xc0) != 0x80;
  }

  private static int offset(int unit) {
    return (unit >>> 10) << ((unit & 1 << 9) >>> 6);
  }
}
