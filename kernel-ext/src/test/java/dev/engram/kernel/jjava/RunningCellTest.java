package dev.engram.kernel.jjava;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class RunningCellTest {
  private final RunningCell cell = new RunningCell();
  private final AtomicInteger attempts = new AtomicInteger();

  @Test
  void anInterruptBetweenTwoStatementsIsRepeatedUntilTheCellEnds() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    AtomicInteger ended = new AtomicInteger();
    Thread shell =
        new Thread(
            () ->
                cell.run(
                    () -> {
                      started.countDown();
                      await(stopped);
                      ended.incrementAndGet();
                    }));
    shell.start();
    await(started);
    Thread trying =
        cell.interrupt(
            () -> {
              if (attempts.incrementAndGet() == 3) { // the first two fall between statements
                stopped.countDown();
              }
            });
    trying.join();
    shell.join();
    assertEquals(1, ended.get());
    assertTrue(attempts.get() >= 3);
  }

  @Test
  void whereNoCellRunsNothingIsInterrupted() throws InterruptedException {
    cell.run(() -> {});
    cell.interrupt(attempts::incrementAndGet).join();
    assertEquals(0, attempts.get());
  }

  @Test
  void theNextCellIsLeftAlone() throws InterruptedException {
    CountDownLatch second = new CountDownLatch(1);
    Thread[] trying = new Thread[1];
    cell.run(() -> trying[0] = cell.interrupt(attempts::incrementAndGet));
    Thread shell = new Thread(() -> cell.run(() -> await(second)));
    shell.start();
    trying[0].join(); // ends although a cell runs
    int before = attempts.get();
    TimeUnit.MILLISECONDS.sleep(100);
    assertEquals(before, attempts.get());
    assertTrue(shell.isAlive());
    second.countDown();
    shell.join();
  }

  @Test
  void aCellThatThrowsIsNoLongerRunning() throws InterruptedException {
    boolean thrown = false;
    try {
      cell.run(
          () -> {
            throw new IllegalStateException();
          });
    } catch (IllegalStateException e) {
      thrown = true;
    }
    assertTrue(thrown);
    Thread trying = cell.interrupt(attempts::incrementAndGet);
    trying.join();
    assertEquals(0, attempts.get());
    assertFalse(trying.isAlive());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
