package dev.engram.kernel.jjava;

import dev.engram.EngramException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import jdk.jshell.SourceCodeAnalysis;
import org.dflib.jjava.jupyter.channels.ShellReplyEnvironment;
import org.dflib.jjava.jupyter.messages.Message;
import org.jspecify.annotations.Nullable;

/**
 * What happens around a cell: its engine is alive, its text goes to its output, an interrupt
 * reaches it and no other, and what it broke is mended before the next one.
 */
final class CellRunner {
  private final CellEngine engine;
  private final CellThreads threads;
  private final HeapReserve reserve;
  private final RunningCell cell;
  private volatile @Nullable CellText text;

  CellRunner(CellEngine engine, CellThreads threads, HeapReserve reserve, RunningCell cell) {
    this.engine = engine;
    this.threads = threads;
    this.reserve = reserve;
    this.cell = cell;
  }

  /**
   * Runs a cell.
   *
   * @param java makes Java of what was typed, or refuses it in one sentence
   * @param stock runs Java in the stock kernel
   */
  void run(
      ShellReplyEnvironment env,
      Message<?> request,
      Supplier<String> java,
      Consumer<String> stock) {
    CellText printed = ((EngramReplies) env).text();
    threads.begin(printed);
    text = printed;
    reserve.renew();
    cell.run(
        RunningCell.Sent.of(request.getHeader()),
        () -> {
          try {
            stock.accept(javaOrRefusal(java));
          } catch (Error e) {
            engine.doubtCompiler();
            throw e;
          } finally {
            printed.end();
            engine.mend();
          }
        });
  }

  /** Interrupts the cell that runs, or that is about to, as often as {@code attempt} takes. */
  void interrupt(Message<?> request, Runnable attempt) {
    cell.interrupt(
        RunningCell.Sent.of(request.getHeader()),
        () -> {
          CellText printed = text;
          if (printed != null) {
            printed.interrupted();
          }
          attempt.run();
        });
  }

  /** The analysis of Java of the engine that runs now. */
  SourceCodeAnalysis analysis() {
    return engine.analysis();
  }

  /** A refusal is thrown by the cell, so that it is counted and shown as every other error. */
  private String javaOrRefusal(Supplier<String> java) {
    try {
      engine.requireAlive();
      return java.get();
    } catch (EngramException e) {
      return MagicCall.CODE.ofRefusal(String.valueOf(e.getMessage()));
    }
  }
}
