package dev.engram.model;

import dev.engram.Progress;
import java.io.ByteArrayInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * The bytes of an image for a decoder, which ends with a {@link
 * java.util.concurrent.CancellationException} at the next block after an interrupt.
 */
final class InterruptibleInput extends MemoryCacheImageInputStream {
  InterruptibleInput(byte[] file) {
    super(
        new ByteArrayInputStream(file) {
          @Override
          public synchronized int read(byte[] to, int from, int length) {
            Progress.checkInterrupt();
            return super.read(to, from, length);
          }
        });
  }
}
