package dev.engram.kernel.jjava;

import java.util.concurrent.Callable;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableFuture;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Knows which cell a thread belongs to: the one that runs in it, or that started it. */
final class CellThreads {
  private final InheritableThreadLocal<CellText> texts = new InheritableThreadLocal<>();
  private final ThreadLocal<CellText> own = new ThreadLocal<>();
  private volatile @Nullable CellText running; // or the last one that ran

  /** A cell begins; until the next one begins, what no cell's thread prints goes to it. */
  void begin(CellText text) {
    running = text;
  }

  /** Where the calling thread prints, null before the first cell. */
  @Nullable CellText text() {
    // The common pool's threads were started by some cell, and work for all of them.
    boolean shared =
        Thread.currentThread() instanceof ForkJoinWorkerThread worker
            && worker.getPool() == ForkJoinPool.commonPool();
    CellText text = shared ? null : texts.get();
    return text == null ? running : text;
  }

  /** Whether the calling thread runs the statements of that cell. */
  boolean isOwn(CellText text) {
    return own.get() == text;
  }

  /**
   * @param factory makes the threads
   * @param whenFull is told when a statement has filled the heap, before anything else is allocated
   * @return runs the statements of cells
   */
  ThreadPoolExecutor executor(ThreadFactory factory, Runnable whenFull) {
    return new Executor(factory, whenFull);
  }

  private final class Executor extends ThreadPoolExecutor {
    private final Runnable whenFull;

    Executor(ThreadFactory factory, Runnable whenFull) {
      super(0, Integer.MAX_VALUE, 60, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
      this.whenFull = whenFull;
    }

    @Override
    protected <T> RunnableFuture<T> newTaskFor(Callable<T> statement) {
      return new FutureTask<>(() -> call(statement));
    }

    private <T> T call(Callable<T> statement) throws Exception {
      try {
        return statement.call();
      } catch (Exception | OutOfMemoryError e) {
        for (Throwable at = e; at != null; at = at.getCause()) {
          if (at instanceof OutOfMemoryError) {
            whenFull.run();
          }
        }
        throw e;
      }
    }

    @Override
    protected void beforeExecute(Thread thread, Runnable statement) {
      CellText text = running;
      texts.set(text);
      own.set(text);
    }

    @Override
    protected void afterExecute(Runnable statement, @Nullable Throwable thrown) {
      texts.remove();
      own.remove();
    }
  }
}
