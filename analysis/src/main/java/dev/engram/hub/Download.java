package dev.engram.hub;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.engram.AtomicFile;
import dev.engram.EngramException;
import dev.engram.Progress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Brings files of one snapshot into the cache. Goes on where an earlier attempt was cut off or
 * interrupted, and takes nothing whose hash is not the one that the hub promised.
 */
final class Download {
  /** Attempts in a row that bring nothing. */
  private static final int ATTEMPTS = 5;

  private static final int BUFFER = 1 << 20;

  private final HubClient client;
  private final HubCache cache;
  private final HubName model;
  private final String commit;
  private final Duration pause;

  /**
   * @param pause before another attempt, and between looks at a file that another program loads
   */
  Download(HubClient client, HubCache cache, HubName model, String commit, Duration pause) {
    this.client = client;
    this.cache = cache;
    this.model = model;
    this.commit = commit;
    this.pause = pause;
  }

  /** Bytes that are still to come for a file. */
  long remaining(RemoteFile file) throws IOException {
    if (isThere(file)) {
      return 0;
    }
    Path part = part(file);
    long have = Files.exists(part) ? Files.size(part) : 0;
    return have > file.size() ? file.size() : file.size() - have;
  }

  private boolean isThere(RemoteFile file) throws IOException {
    Path blob = cache.blob(model, file.hash());
    return Files.exists(blob) && Files.size(blob) == file.size();
  }

  /** Not the name that Python gives to its own parts: the two must not write into one file. */
  private Path part(RemoteFile file) {
    return cache.blob(model, file.hash() + ".engram.incomplete");
  }

  /**
   * @throws EngramException if it does not come, or comes with another hash
   * @throws IOException if the cache cannot be written
   */
  void fetch(RemoteFile file, Meter meter) throws IOException {
    if (isThere(file)) {
      meter.advance(file.size());
      return;
    }
    Path part = part(file);
    Files.createDirectories(part.getParent());
    while (true) {
      try (FileChannel out = FileChannel.open(part, CREATE, READ, WRITE);
          FileLock lock = tryLock(out)) {
        if (lock != null) {
          if (isThere(file)) { // another program was faster
            Files.deleteIfExists(part);
            meter.advance(file.size());
          } else {
            complete(file, out, meter);
            out.force(true);
            AtomicFile.rename(part, cache.blob(model, file.hash()));
          }
          return;
        }
      }
      meter.waiting();
      sleep();
    }
  }

  private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
    try {
      return file.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // another thread of this program
    }
  }

  private void complete(RemoteFile file, FileChannel out, Meter meter) throws IOException {
    boolean resumed = out.size() > 0;
    String got = received(file, out, meter);
    if (!got.equals(file.hash()) && resumed) {
      restart(out, meter); // what lay there may have been damaged
      got = received(file, out, meter);
    }
    if (!got.equals(file.hash())) {
      out.truncate(0);
      throw new EngramException(
          "%s of %s came with the wrong %s (expected %s…, got %s…) and was thrown away; try again, and if it happens again, check HF_ENDPOINT and proxies."
              .formatted(
                  file.name(),
                  model,
                  new BlobHash(file).title(),
                  file.hash().substring(0, 12),
                  got.substring(0, 12)));
    }
  }

  private static void restart(FileChannel out, Meter meter) throws IOException {
    meter.advance(-out.size());
    out.truncate(0);
  }

  /**
   * Receives what is missing.
   *
   * @return the hash of the whole file
   */
  private String received(RemoteFile file, FileChannel out, Meter meter) throws IOException {
    if (out.size() > file.size()) {
      out.truncate(0);
    }
    BlobHash hash = new BlobHash(file);
    rehash(out, hash, meter);
    int failures = 0;
    while (out.size() < file.size()) {
      long before = out.size();
      try {
        receive(file, out, hash, meter);
      } catch (HubClient.Unreachable e) {
        failures = out.size() > before ? 1 : failures + 1;
        if (failures >= ATTEMPTS || e instanceof HubClient.Busy) {
          throw new EngramException(
              "The download of %s stopped after %,d of %,d MB: %s; the same line goes on from there."
                  .formatted(
                      model, out.size() / 1_000_000, file.size() / 1_000_000, e.getMessage()),
              e);
        }
        sleep();
      }
    }
    return hash.hex();
  }

  /** What an earlier attempt left is part of the hash. */
  private static void rehash(FileChannel out, BlobHash hash, Meter meter) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    out.position(0);
    while (out.read(buffer) >= 0) {
      buffer.flip();
      meter.advance(buffer.remaining());
      hash.update(buffer);
      buffer.clear();
    }
  }

  private void receive(RemoteFile file, FileChannel out, BlobHash hash, Meter meter)
      throws IOException {
    try (HubClient.Answer answer = client.open(model, commit, file.name(), out.size())) {
      if (answer.from() != out.size()) {
        if (answer.from() != 0) {
          throw new HubClient.Unreachable("the server sends another part than was asked for");
        }
        restart(out, meter);
        hash.reset();
      }
      for (ByteBuffer b = answer.next(); b != null; b = answer.next()) {
        long fits = Math.min(b.remaining(), file.size() - out.size());
        b.limit(b.position() + (int) fits);
        hash.update(b.duplicate());
        while (b.hasRemaining()) {
          out.write(b, out.size());
        }
        meter.advance(fits);
        if (out.size() == file.size()) {
          return;
        }
      }
      throw new HubClient.Unreachable("the connection was cut");
    }
  }

  private void sleep() {
    try {
      Thread.sleep(pause.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      Progress.checkInterrupt();
    }
  }
}
