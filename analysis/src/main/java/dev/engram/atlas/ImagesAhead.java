package dev.engram.atlas;

import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.Progress;
import dev.engram.Sha256;
import dev.engram.atlas.SurveyedImages.Entry;
import dev.engram.model.ImageProcessor;
import dev.engram.model.ImageReader;
import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Reads the images of the next blocks on other threads than the model's, a few blocks ahead and no
 * more, so that memory stays the same whatever the size of the set.
 */
final class ImagesAhead implements AutoCloseable {
  private static final int AHEAD = 3;

  private final ImageProcessor processor;
  private final ImageOpener opener;
  private final Iterator<List<Entry>> blocks;
  private final Queue<List<Future<Read>>> coming = new ArrayDeque<>();
  private final ReadWriteLock memory = new ReentrantReadWriteLock();
  private final ExecutorService pool;

  /**
   * An image that was read.
   *
   * @param pixels (3, S, S); null if it cannot be read
   * @param why it cannot be read, a sentence; "" if it was
   * @param hash SHA-256 of the file, in hexadecimal; "" if it cannot be read
   */
  record Read(Entry entry, float @Nullable [] pixels, String why, String hash) {}

  ImagesAhead(ImageProcessor processor, ImageOpener opener, Iterator<List<Entry>> blocks) {
    this.processor = processor;
    this.opener = opener;
    this.blocks = blocks;
    AtomicInteger number = new AtomicInteger();
    pool =
        Executors.newFixedThreadPool(
            Runtime.getRuntime().availableProcessors(),
            task -> {
              Thread thread = new Thread(task, "engram survey " + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * The images of the next block, in its order; there must be one.
   *
   * @throws CancellationException if the caller is interrupted
   * @throws EngramException if an image cannot be reached, or does not fit into memory
   */
  List<Read> next() {
    while (coming.size() < AHEAD && blocks.hasNext()) {
      coming.add(blocks.next().stream().map(e -> pool.submit(() -> read(e))).toList());
    }
    List<Read> out = new ArrayList<>();
    for (Future<Read> each : coming.remove()) {
      out.add(await(each));
    }
    return out;
  }

  private static Read await(Future<Read> read) {
    try {
      return read.get();
    } catch (InterruptedException e) {
      throw (CancellationException)
          new CancellationException("Interrupted: nothing was changed.").initCause(e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof Error error) {
        throw error;
      }
      throw cause instanceof RuntimeException failure
          ? failure
          : new EngramException(String.valueOf(cause), e);
    }
  }

  /** What does not fit into memory beside others is read again alone. */
  private Read read(Entry entry) {
    try {
      return read(entry, memory.readLock());
    } catch (OutOfMemoryError beside) {
      try {
        return read(entry, memory.writeLock());
      } catch (OutOfMemoryError alone) {
        throw new EngramException(
            "The image %s does not fit into this JVM's memory; start it with more (-Xmx), or take the image out. What has passed is kept."
                .formatted(entry.image().title()),
            alone);
      }
    }
  }

  private Read read(Entry entry, Lock turn) {
    SurveyImage image = entry.image();
    MessageDigest sha = Sha256.digest();
    turn.lock();
    // the hash is of what is decoded: the bytes come once, from wherever they lie
    try (InputStream in = new DigestInputStream(opener.open(image), sha)) {
      float[] pixels = processor.process(ImageReader.read(in, image.title()));
      return new Read(entry, pixels, "", Sha256.hex(sha));
    } catch (EngramException e) {
      Progress.checkInterrupt(); // an interrupted read is no damaged file
      if (e.getCause() instanceof OutOfMemoryError full) {
        throw full;
      }
      // an atlas is the same wherever its images lay
      String why = String.valueOf(e.getMessage()).replace(image.place(), image.name());
      return new Read(entry, null, why, "");
    } catch (IOException e) {
      Progress.checkInterrupt();
      // not the image is damaged, but the way to it: to count it would make a wrong atlas
      throw new EngramException(
          "The image %s cannot be reached: %s. What has passed is kept; the same line goes on when it can be, or when it is taken out."
              .formatted(image.title(), Json.why(e)),
          e);
    } finally {
      turn.unlock();
    }
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
