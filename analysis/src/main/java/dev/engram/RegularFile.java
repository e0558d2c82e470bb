package dev.engram;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads files whose names come from somebody else. A pipe, a socket or a device may say nothing for
 * ever, or never end, and no interrupt reaches the thread that opens one: regular files only.
 */
public final class RegularFile {
  private static final int CHUNK = 1 << 16;

  private RegularFile() {}

  /**
   * @param file perhaps a link, perhaps not there, perhaps a folder: of these others speak
   * @return the same
   * @throws EngramException if it is a pipe, a socket or a device
   */
  public static Path check(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file)) {
      throw new EngramException(
          file + " is no regular file but a pipe, a socket or a device; give the path of a file.");
    }
    return file;
  }

  /**
   * Reads a whole file, however it grows meanwhile; an interrupt ends it.
   *
   * @param most bytes that it may have
   * @throws EngramException if it has more, or is no regular file
   * @throws IOException if it cannot be read
   */
  public static byte[] read(Path file, long most) throws IOException {
    check(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteArrayOutputStream all =
          new ByteArrayOutputStream((int) Math.max(CHUNK, Math.min(channel.size(), most)));
      ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
      while (channel.read(chunk) >= 0) {
        if (all.size() + chunk.position() > most) {
          throw new EngramException(
              "%s has more than %,d bytes, which is the most that Engram reads of such a file."
                  .formatted(file, most));
        }
        all.write(chunk.array(), 0, chunk.position());
        chunk.clear();
      }
      return all.toByteArray();
    } catch (ClosedByInterruptException e) {
      Progress.checkInterrupt();
      throw e;
    }
  }
}
