package dev.engram.kernel.jjava;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.dflib.jjava.jupyter.messages.ContentType;
import org.dflib.jjava.jupyter.messages.Message;
import org.dflib.jjava.jupyter.messages.MessageContext;
import org.dflib.jjava.jupyter.messages.publish.PublishStream.StreamType;

/**
 * The printed text of one cell, which goes to that cell's output even after the cell has ended. A
 * cell that prints more than a notebook can hold is cut, and says so.
 */
final class CellText {
  /** A million lines of 30 characters; more makes the page of a notebook unusable. */
  static final long MOST_BYTES = 32L << 20;

  /** What an interrupted cell may still say, as in a finally block. */
  private static final long LAST_WORDS = 1 << 16;

  private static final long LAST_WORDS_NANOS = 300_000_000L;

  private final Outbox outbox;
  private final MessageContext request;
  private long left = MOST_BYTES;
  private long cutLines;
  private long cutBytes;
  private boolean ended;
  private volatile long interrupted; // System.nanoTime(), 0 if it was not

  /**
   * @param request which the text is an answer to
   */
  CellText(Outbox outbox, MessageContext request) {
    this.outbox = outbox;
    this.request = request;
  }

  /** A message that belongs to this cell. */
  <T extends ContentType<T>> Message<T> message(T content) {
    return new Message<>(request, content.getType(), content);
  }

  /** From here on the cell may say a few last words. */
  synchronized void interrupted() {
    if (interrupted == 0) {
      left = Math.min(left, LAST_WORDS);
      interrupted = System.nanoTime();
    }
  }

  /** Whether the cell was interrupted some time ago, and must not print any more. */
  boolean isOver() {
    return interrupted != 0 && System.nanoTime() - interrupted > LAST_WORDS_NANOS;
  }

  /** Sends bytes of UTF-8, or counts them where the cell has printed too much. */
  void print(StreamType type, byte[] utf8, int from, int length) {
    int shown;
    synchronized (this) {
      shown = (int) Math.min(left, length);
      if (shown < length) {
        shown = lastLineEnd(utf8, from, shown);
        left = 0;
        if (cutBytes == 0 && ended) {
          say("What this cell prints from here on is cut.\n");
        }
        cutBytes += length - shown;
        for (int i = from + shown; i < from + length; i++) {
          cutLines += utf8[i] == '\n' ? 1 : 0;
        }
      }
      left -= shown;
    }
    if (shown > 0) {
      outbox.print(this, type, utf8, from, shown);
    }
  }

  /** Says how much was cut; the cell is over, though a thread of it may go on. */
  synchronized void end() {
    ended = true;
    if (cutBytes > 0 && interrupted == 0) {
      say(
          String.format(
              Locale.ROOT,
              "%,d more lines (%.1f MB) were cut: a cell shows at most %d MB of printed text; write"
                  + " what is longer to a file.%n",
              cutLines,
              cutBytes / 1e6,
              MOST_BYTES >> 20));
    }
  }

  private void say(String sentence) {
    byte[] utf8 = sentence.getBytes(StandardCharsets.UTF_8);
    outbox.print(this, StreamType.ERR, utf8, 0, utf8.length);
  }

  /** A cut is made between two lines. */
  private static int lastLineEnd(byte[] utf8, int from, int length) {
    int end = length;
    while (end > 0 && utf8[from + end - 1] != '\n') {
      end--;
    }
    return end;
  }
}
