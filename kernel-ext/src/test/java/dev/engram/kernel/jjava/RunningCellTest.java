package dev.engram.kernel.jjava;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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
                    sent(1),
                    () -> {
                      started.countDown();
                      await(stopped);
                      ended.incrementAndGet();
                    }));
    shell.start();
    await(started);
    Thread trying =
        cell.interrupt(
            sent(2),
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
    cell.run(sent(1), () -> {});
    cell.interrupt(sent(2), attempts::incrementAndGet).join();
    assertEquals(0, attempts.get());
  }

  @Test
  void theNextCellIsLeftAlone() throws InterruptedException {
    CountDownLatch second = new CountDownLatch(1);
    Thread[] trying = new Thread[1];
    cell.run(sent(1), () -> trying[0] = cell.interrupt(sent(2), attempts::incrementAndGet));
    Thread shell = new Thread(() -> cell.run(sent(1), () -> await(second)));
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
  void anInterruptThatComesLateLeavesACellAloneThatWasSentAfterIt() throws InterruptedException {
    cell.run(sent(1), () -> {});
    cell.run(
        sent(3),
        () -> {
          Thread trying = cell.interrupt(sent(2), attempts::incrementAndGet);
          join(trying);
          assertFalse(cell.isInterrupted());
        });
    assertEquals(0, attempts.get());
    cell.run(sent(4), () -> assertFalse(cell.isInterrupted())); // nor is it remembered
  }

  @Test
  void aCellOfWhichNobodyKnowsWhenItWasSentCanBeInterrupted() {
    cell.run(
        new RunningCell.Sent("session", Instant.MAX),
        () -> {
          cell.interrupt(sent(2), attempts::incrementAndGet);
          assertTrue(cell.isInterrupted());
        });
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void theNextCellDoesNotBeginDuringAnAttempt() throws InterruptedException {
    CountDownLatch attempting = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch first = new CountDownLatch(1);
    AtomicBoolean secondBegan = new AtomicBoolean();
    Thread shell =
        new Thread(
            () -> {
              cell.run(sent(1), () -> await(first));
              cell.run(sent(3), () -> secondBegan.set(true));
            });
    shell.start();
    while (!cell.isRunning()) {
      Thread.onSpinWait();
    }
    Thread trying =
        cell.interrupt(
            sent(2),
            () -> {
              attempting.countDown();
              await(release); // slow, as on a busy machine
            });
    await(attempting);
    first.countDown();
    TimeUnit.MILLISECONDS.sleep(100);
    assertFalse(secondBegan.get()); // else the attempt would hit it
    release.countDown();
    trying.join();
    shell.join();
    assertTrue(secondBegan.get());
  }

  @Test
  void aCellThatThrowsIsNoLongerRunning() throws InterruptedException {
    boolean thrown = false;
    try {
      cell.run(
          sent(1),
          () -> {
            throw new IllegalStateException();
          });
    } catch (IllegalStateException e) {
      thrown = true;
    }
    assertTrue(thrown);
    Thread trying = cell.interrupt(sent(2), attempts::incrementAndGet);
    trying.join();
    assertEquals(0, attempts.get());
    assertFalse(trying.isAlive());
  }

  @Test
  void anInterruptThatComesBeforeItsCellIsRemembered() throws InterruptedException {
    cell.interrupt(sent(2), attempts::incrementAndGet).join();
    assertTrue(isInterrupted(sent(1)), "it was sent before the interrupt");
    assertFalse(isInterrupted(sent(1)), "one interrupt ends one cell");
    assertEquals(0, attempts.get());
  }

  @Test
  void anInterruptThatWasSentBeforeTheCellLeavesItAlone() throws InterruptedException {
    cell.interrupt(sent(2), attempts::incrementAndGet).join();
    assertFalse(isInterrupted(sent(3)));
    assertFalse(isInterrupted(sent(1)), "the interrupt is remembered for one cell");
  }

  @Test
  void ofAnotherSessionAnInterruptIsRememberedForAMoment() throws InterruptedException {
    RunningCell.Sent browser = new RunningCell.Sent("browser", Instant.MAX);
    cell.interrupt(sent(2), attempts::incrementAndGet).join();
    assertTrue(isInterrupted(browser), "the clocks cannot be compared");
    cell.interrupt(sent(2), attempts::incrementAndGet).join();
    TimeUnit.MILLISECONDS.sleep(150);
    assertFalse(isInterrupted(browser));
  }

  private boolean isInterrupted(RunningCell.Sent request) {
    AtomicBoolean interrupted = new AtomicBoolean();
    cell.run(request, () -> interrupted.set(cell.isInterrupted()));
    return interrupted.get();
  }

  private static RunningCell.Sent sent(long millis) {
    return new RunningCell.Sent("session", Instant.ofEpochMilli(millis));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
