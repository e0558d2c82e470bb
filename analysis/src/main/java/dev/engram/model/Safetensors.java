package dev.engram.model;

import dev.engram.EngramException;
import dev.engram.RegularFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;

/**
 * A reader of one safetensors file: the header is checked against the file before anything is
 * allocated, tensors are mapped into memory on demand. Our own, because DJL's {@code NDList.decode}
 * copies everything and aborts the JVM on bf16.
 */
public final class Safetensors implements TensorFile {
  /** Largest header that is read; the format's own limit. */
  private static final long MAX_HEADER = 100_000_000L;

  private final Path file;
  private final Map<String, MappedTensor> entries;
  private final Map<String, String> metadata;

  private Safetensors(Path file, Map<String, MappedTensor> entries, Map<String, String> metadata) {
    this.file = file;
    this.entries = entries;
    this.metadata = metadata;
  }

  /**
   * Reads and checks the header.
   *
   * @throws EngramException if the file is missing, truncated or not what its header says
   */
  public static Safetensors open(Path file) {
    if (Files.isDirectory(file)) {
      throw new EngramException(file + " is a folder; a safetensors file is needed.");
    }
    RegularFile.check(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < 8) {
        throw SafetensorsHeader.bad(
            file, "it has " + size + " bytes, fewer than the 8 of a header's length");
      }
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      channel.read(length, 0);
      long n = length.getLong(0);
      if (n <= 1 || n > MAX_HEADER || n > size - 8) {
        throw SafetensorsHeader.bad(
            file, "its header claims " + Long.toUnsignedString(n) + " bytes in a file of " + size);
      }
      byte[] header = new byte[(int) n];
      ByteBuffer target = ByteBuffer.wrap(header);
      while (target.hasRemaining() && channel.read(target, 8 + target.position()) > 0) {}
      SafetensorsHeader read = SafetensorsHeader.parse(file, header, 8 + n, size);
      return new Safetensors(file, read.entries(), read.metadata());
    } catch (java.nio.file.NoSuchFileException e) {
      throw new EngramException("There is no file " + file + ".", e);
    } catch (IOException e) {
      throw MappedTensor.unreadable(file, e);
    }
  }

  @Override
  public Set<String> names() {
    return java.util.Collections.unmodifiableSet(entries.keySet());
  }

  /** The texts that the file's writer put beside the tensors; often none. */
  public Map<String, String> metadata() {
    return java.util.Collections.unmodifiableMap(metadata);
  }

  @Override
  public MappedTensor tensor(String name) {
    MappedTensor tensor = entries.get(name);
    if (tensor == null) {
      throw new EngramException(
          "There is no tensor "
              + SafetensorsHeader.shown(name)
              + " in "
              + file.getFileName()
              + ".");
    }
    return tensor;
  }
}
