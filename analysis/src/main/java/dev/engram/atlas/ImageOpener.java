package dev.engram.atlas;

import dev.engram.EngramException;
import dev.engram.RegularFile;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How the bytes of an image come here: from the file system, or from what a cluster has. */
@FunctionalInterface
public interface ImageOpener {
  /** Files of this machine. */
  ImageOpener FILES = ImageOpener::openFile;

  /**
   * The bytes of the image, no more and, where the file is not truncated, no fewer.
   *
   * @throws IOException if the place cannot be reached, which says nothing of the image
   * @throws EngramException if this image alone cannot be had, in a sentence
   */
  InputStream open(SurveyImage image) throws IOException;

  private static InputStream openFile(SurveyImage image) throws IOException {
    Path file = Path.of(image.place());
    if (Files.isDirectory(file)) {
      throw new EngramException(file + " is a folder; an image file is needed.");
    }
    if (!Files.exists(file)) {
      if (image.isPart() || !isThere(file.getParent())) {
        throw new NoSuchFileException(image.place());
      }
      throw absent(image);
    }
    RegularFile.check(file);
    if (!image.isPart()) {
      try {
        return Files.newInputStream(file);
      } catch (AccessDeniedException e) {
        throw forbidden(image, e);
      }
    }
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      return part(Channels.newInputStream(channel.position(image.offset())), image.bytes());
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** A disk that is gone leaves no folder, or an empty one. */
  private static boolean isThere(@Nullable Path folder) {
    try (Stream<Path> inside = Files.list(folder == null ? Path.of("") : folder)) {
      return inside.findAny().isPresent();
    } catch (IOException e) {
      return false;
    }
  }

  /** What is said of an image whose file is not there. */
  static EngramException absent(SurveyImage image) {
    return new EngramException("There is no file " + image.place() + ".");
  }

  /** What is said of an image that only others may read. */
  static EngramException forbidden(SurveyImage image, IOException why) {
    return new EngramException("The file " + image.place() + " may not be read.", why);
  }

  /**
   * The beginning of a stream.
   *
   * @param bytes how many of it
   */
  static InputStream part(InputStream in, long bytes) {
    return new FilterInputStream(in) {
      private long left = bytes;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] into, int at, int count) throws IOException {
        int read = left == 0 ? -1 : in.read(into, at, (int) Math.min(count, left));
        left -= Math.max(0, read);
        return read;
      }

      @Override
      public boolean markSupported() {
        return false;
      }

      @Override
      public long skip(long n) throws IOException {
        long skipped = in.skip(Math.min(n, left));
        left -= skipped;
        return skipped;
      }
    };
  }
}
