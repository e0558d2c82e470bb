package dev.engram.kernel.jjava;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.dflib.jjava.jupyter.messages.Message;
import org.dflib.jjava.jupyter.messages.publish.PublishStream;
import org.dflib.jjava.jupyter.messages.publish.PublishStream.StreamType;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel publishes, in the order in which it was said. One thread sends it, since a socket
 * does not survive an interrupt of the thread that writes to it; printed text is gathered, so that
 * a cell that prints a million lines makes some hundred messages.
 */
final class Outbox {
  private static final long GATHER_MILLIS = 50;
  private static final int GATHER_BYTES = 1 << 16;

  /** Who prints waits while more than this is to be sent, so that the heap does not fill. */
  private static final int WAITING_MESSAGES = 64;

  private final Consumer<Message<?>> socket;
  private List<Message<?>> waiting = new ArrayList<>();
  private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();
  private @Nullable CellText printer; // of what is gathered
  private StreamType stream = StreamType.OUT;
  private boolean sending;
  private long due; // System.nanoTime() at which it goes out

  /**
   * @param socket sends one message; called from one thread alone
   */
  Outbox(Consumer<Message<?>> socket) {
    this.socket = socket;
  }

  /** Starts the thread that sends. */
  void start() {
    Thread sender = new Thread(this::sendAll, "engram-iopub");
    sender.setDaemon(true);
    sender.start();
  }

  /** Sends a message after all that was printed before. */
  synchronized void send(Message<?> message) {
    endGathering();
    waiting.add(message);
    notifyAll();
  }

  /** Sends bytes of UTF-8, soon, together with what is printed before and after them. */
  synchronized void print(CellText text, StreamType type, byte[] bytes, int from, int length) {
    if (printer != text || stream != type) {
      endGathering();
      printer = text;
      stream = type;
    }
    if (gathered.size() == 0) {
      due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GATHER_MILLIS);
      notifyAll();
    }
    gathered.write(bytes, from, length);
    if (gathered.size() >= GATHER_BYTES) {
      gatherOn();
      waitForSender();
    }
  }

  /** Waits until all is sent, for a second at most. */
  synchronized void drain() throws InterruptedException {
    endGathering();
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
    while (!waiting.isEmpty() || sending) {
      long left = until - System.nanoTime();
      if (left <= 0) {
        return;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }

  private void waitForSender() {
    boolean interrupted = false;
    while (waiting.size() > WAITING_MESSAGES && !interrupted) {
      try {
        wait(GATHER_MILLIS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whole characters go out; the first bytes of one that is not complete stay. */
  private void gatherOn() {
    byte[] bytes = gathered.toByteArray();
    int whole = wholeCharacters(bytes);
    emit(new String(bytes, 0, whole, StandardCharsets.UTF_8));
    gathered.reset();
    gathered.write(bytes, whole, bytes.length - whole);
    due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GATHER_MILLIS);
  }

  private void endGathering() {
    emit(gathered.toString(StandardCharsets.UTF_8));
    gathered.reset();
  }

  private void emit(String text) {
    CellText from = printer;
    if (from != null && !text.isEmpty()) {
      waiting.add(from.message(new PublishStream(stream, text)));
      notifyAll();
    }
  }

  /** How many of the bytes belong to complete characters. */
  static int wholeCharacters(byte[] utf8) {
    int start = utf8.length - 1;
    while (start >= 0 && utf8.length - start < 4 && (utf8[start] & 0xC0) == 0x80) {
      start--;
    }
    if (start < 0) {
      return utf8.length;
    }
    int first = utf8[start] & 0xFF;
    int needed = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    return utf8.length - start < needed ? start : utf8.length;
  }

  private void sendAll() {
    while (true) {
      try {
        take().forEach(socket);
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
        // A message that cannot be sent is lost, the next ones are not.
        continue;
      }
    }
  }

  private synchronized List<Message<?>> take() throws InterruptedException {
    sending = false;
    notifyAll();
    while (waiting.isEmpty()) {
      long left = due - System.nanoTime();
      if (gathered.size() == 0) {
        wait();
      } else if (left > 0) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      } else {
        gatherOn();
        if (waiting.isEmpty()) { // half a character
          endGathering();
        }
      }
    }
    List<Message<?>> taken = waiting;
    waiting = new ArrayList<>();
    sending = true;
    notifyAll();
    return taken;
  }
}
