package dev.engram.kernel.jjava;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CancellationException;
import org.dflib.jjava.jupyter.messages.publish.PublishStream.StreamType;
import org.jspecify.annotations.Nullable;

/**
 * Standard output or error: what a thread prints goes to the cell that started the thread. An
 * interrupted cell that prints without end is ended here, since printing itself heeds no interrupt.
 */
final class CellPrinter extends PrintStream {
  private final CellThreads threads;

  /**
   * @param outside takes what is printed before the first cell
   */
  CellPrinter(CellThreads threads, StreamType type, PrintStream outside) {
    super(new Sink(threads, type, outside), false, StandardCharsets.UTF_8);
    this.threads = threads;
  }

  /** Before anything is in the buffers: what stays in them would be printed by the next cell. */
  private void endIfInterrupted() {
    CellText text = threads.text();
    if (text != null && threads.isOwn(text) && text.isOver()) {
      throw new CancellationException("Interrupted: the cell was stopped.");
    }
  }

  @Override
  public void print(boolean value) {
    endIfInterrupted();
    super.print(value);
  }

  @Override
  public void print(char value) {
    endIfInterrupted();
    super.print(value);
  }

  @Override
  public void print(int value) {
    endIfInterrupted();
    super.print(value);
  }

  @Override
  public void print(long value) {
    endIfInterrupted();
    super.print(value);
  }

  @Override
  public void print(float value) {
    endIfInterrupted();
    super.print(value);
  }

  @Override
  public void print(double value) {
    endIfInterrupted();
    super.print(value);
  }

  @Override
  public void print(char[] value) {
    endIfInterrupted();
    super.print(value);
  }

  @Override
  public void print(@Nullable String value) {
    endIfInterrupted();
    super.print(value);
  }

  @Override
  public void print(@Nullable Object value) {
    endIfInterrupted();
    super.print(value);
  }

  @Override
  public void println() {
    endIfInterrupted();
    super.println();
  }

  private static final class Sink extends OutputStream {
    private final CellThreads threads;
    private final StreamType type;
    private final PrintStream outside;

    Sink(CellThreads threads, StreamType type, PrintStream outside) {
      this.threads = threads;
      this.type = type;
      this.outside = outside;
    }

    @Override
    public void write(int single) {
      write(new byte[] {(byte) single}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
      CellText text = threads.text();
      if (text == null) {
        outside.write(bytes, from, length);
        outside.flush();
      } else {
        text.print(type, bytes, from, length);
      }
    }
  }
}
