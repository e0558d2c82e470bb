package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Progress;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * Work on several items at once, on as many threads as there are cores. Other than a parallel
 * stream it ends when its caller is interrupted: all its threads are interrupted, too.
 */
final class Parallel {
  private Parallel() {}

  /**
   * @param work may be ended by an interrupt
   * @return a value for each item, in the order of the items
   * @throws CancellationException if the caller was interrupted
   */
  static <A, B> List<B> map(List<A> items, Function<A, B> work) {
    Progress.checkInterrupt();
    int threads = Math.min(items.size(), Runtime.getRuntime().availableProcessors());
    ExecutorService pool =
        Executors.newFixedThreadPool(
            Math.max(1, threads),
            task -> {
              Thread thread = new Thread(task, "engram images");
              thread.setDaemon(true);
              return thread;
            });
    try {
      List<Callable<B>> tasks =
          items.stream().map(item -> (Callable<B>) () -> work.apply(item)).toList();
      List<Future<B>> done = pool.invokeAll(tasks);
      return done.stream().map(Parallel::value).toList();
    } catch (InterruptedException e) {
      throw (CancellationException)
          new CancellationException("Interrupted: nothing was changed.").initCause(e);
    } finally {
      pool.shutdownNow();
    }
  }

  private static <B> B value(Future<B> done) {
    try {
      return done.get();
    } catch (InterruptedException e) {
      throw new IllegalStateException("it is done, so nothing waits", e);
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
}
