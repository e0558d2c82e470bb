package dev.engram.data;

import dev.engram.Progress;
import dev.engram.data.SpilledRecords.Format;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Sorts more records than memory should hold: sorted runs on the disk, which are merged. Records
 * that are equal in the order stay in the order in which they came.
 */
public final class SpilledSort<T> {
  /** How many images memory holds while they are sorted. */
  public static final int HELD = 20_000;

  private static final int BUFFER = 1 << 16;

  /** Takes records in order. */
  public interface Sink<T> {
    /** Takes the next one. */
    void take(T value) throws IOException;
  }

  /** A run that is being read. */
  private final class Run {
    private final int index;
    private final DataInputStream in;
    private @Nullable T first;

    Run(int index, DataInputStream in) throws IOException {
      this.index = index;
      this.in = in;
      advance();
    }

    boolean isDone() {
      return first == null;
    }

    T first() {
      return Objects.requireNonNull(first);
    }

    void advance() throws IOException {
      try {
        first = format.read(in);
      } catch (EOFException end) {
        first = null;
      }
    }
  }

  private final Comparator<T> order;
  private final Format<T> format;
  private final int most;
  private final List<T> held = new ArrayList<>();
  private final List<Long> ends = new ArrayList<>();
  private @Nullable FileChannel file;

  /**
   * @param most how many records memory holds
   */
  public SpilledSort(Comparator<T> order, Format<T> format, int most) {
    this.order = order;
    this.format = format;
    this.most = most;
  }

  /** Takes a record in. */
  public void add(T value) throws IOException {
    held.add(value);
    if (held.size() == most) {
      spill(file == null ? SpilledRecords.temporary() : file);
    }
  }

  private void spill(FileChannel to) throws IOException {
    file = to;
    held.sort(order);
    long at = ends.isEmpty() ? 0 : ends.get(ends.size() - 1);
    SpilledRecords.Pending pending = new SpilledRecords.Pending();
    DataOutputStream out = new DataOutputStream(pending);
    for (T value : held) {
      format.write(value, out);
      if (pending.size() >= BUFFER) {
        at += pending.drainTo(to, at);
      }
    }
    ends.add(at + pending.drainTo(to, at));
    held.clear();
    Progress.checkInterrupt();
  }

  /** Hands over everything in order, once. */
  public void drain(Sink<T> sink) throws IOException {
    if (file == null) {
      held.sort(order);
      for (T value : held) {
        sink.take(value);
      }
      held.clear();
      return;
    }
    try (FileChannel from = file) {
      spill(from);
      PriorityQueue<Run> runs =
          new PriorityQueue<>(
              Comparator.comparing(Run::first, order).thenComparingInt(run -> run.index));
      long start = 0;
      for (long end : ends) {
        Run run =
            new Run(
                runs.size(),
                new DataInputStream(SpilledRecords.from(from, start, end, BUFFER / 4)));
        if (!run.isDone()) {
          runs.add(run);
        }
        start = end;
      }
      for (Run run = runs.poll(); run != null; run = runs.poll()) {
        sink.take(run.first());
        run.advance();
        if (!run.isDone()) {
          runs.add(run);
        }
      }
    }
  }
}
