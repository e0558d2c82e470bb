package dev.engram.dissect;

import dev.engram.AtomicFile;
import dev.engram.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Optional;

/**
 * Numbers kept on disk behind the SHA-256 of themselves, little-endian. What is damaged, or cannot
 * be read or written, counts as absent: whoever keeps something here can compute it again.
 */
public final class HashedFile {
  private static final int HASH_BYTES = 32;

  private HashedFile() {}

  /**
   * A buffer for the numbers of a file.
   *
   * @param bytes of the numbers, less than 2 GiB
   */
  public static ByteBuffer allocate(long bytes) {
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(HASH_BYTES + bytes));
    return all.position(HASH_BYTES).slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * @param bytes of the numbers
   * @return the numbers; empty if there is no such file of this size, or it is damaged
   */
  static Optional<ByteBuffer> read(Path file, long bytes) {
    try {
      return Files.isRegularFile(file) && Files.size(file) == HASH_BYTES + bytes
          ? read(file)
          : Optional.empty();
    } catch (IOException | SecurityException e) {
      return Optional.empty(); // computed again, and replaced
    }
  }

  /** The numbers of a file of any size; empty if there is none, or it is damaged. */
  public static Optional<ByteBuffer> read(Path file) {
    try {
      if (!Files.isRegularFile(file) || Files.size(file) < HASH_BYTES) {
        return Optional.empty();
      }
      ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file));
      byte[] hash = new byte[HASH_BYTES];
      all.get(hash);
      MessageDigest sha = Sha256.digest();
      sha.update(all.duplicate());
      if (!MessageDigest.isEqual(hash, sha.digest())) {
        return Optional.empty();
      }
      touch(file);
      return Optional.of(all.slice().order(ByteOrder.LITTLE_ENDIAN));
    } catch (IOException | SecurityException e) {
      return Optional.empty(); // computed again, and replaced
    }
  }

  /** Used today. Where that cannot be noted the numbers are as good. */
  private static void touch(Path file) {
    try {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    } catch (IOException e) {
      // a folder that can only be read
    }
  }

  /**
   * Writes a file; one that cannot be written counts as absent when it is read.
   *
   * @param numbers of {@link #allocate}, whole
   */
  public static void write(Path file, ByteBuffer numbers) {
    byte[] all = numbers.array();
    MessageDigest sha = Sha256.digest();
    sha.update(all, HASH_BYTES, all.length - HASH_BYTES);
    System.arraycopy(sha.digest(), 0, all, 0, HASH_BYTES);
    try {
      Files.createDirectories(file.getParent());
      AtomicFile.write(file, all);
    } catch (IOException | SecurityException e) {
      // kept for the session only: the next one computes it again
    }
  }
}
