package dev.engram.kernel.jjava;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** A thread of the sockets goes on after a full heap, as often as it must. */
class SocketThreadsTest {
  @Test
  void aLoopGoesOnWhereItWas() throws InterruptedException {
    List<String> done = new CopyOnWriteArrayList<>();
    Thread loop =
        new Thread(
            () -> {
              while (done.size() < 8) {
                done.add("step");
                if (done.size() % 3 == 1) {
                  throw new OutOfMemoryError("of the test");
                }
              }
            });
    SocketThreads.outliveFullHeap(loop, () -> done.add("skipped"));

    loop.start();
    loop.join(10_000);

    assertFalse(loop.isAlive());
    assertEquals(
        List.of("step", "skipped", "step", "step", "skipped", "step", "step", "skipped"), done);
  }

  @Test
  void whatGoesWrongBeforeItIsTriedAgain() throws InterruptedException {
    List<String> done = new CopyOnWriteArrayList<>();
    Thread loop =
        new Thread(
            () -> {
              done.add("step");
              if (done.size() == 1) {
                throw new OutOfMemoryError("of the test");
              }
            });
    SocketThreads.outliveFullHeap(
        loop,
        () -> {
          done.add("before");
          if (done.size() == 2) {
            throw new OutOfMemoryError("of the test");
          }
        });

    loop.start();
    loop.join(10_000);

    assertEquals(List.of("step", "before", "before", "step"), done);
  }

  @Test
  void anotherErrorEndsIt() throws InterruptedException {
    List<String> done = new CopyOnWriteArrayList<>();
    Thread loop =
        new Thread(
            () -> {
              done.add("step");
              throw new IllegalStateException("of the test");
            });
    SocketThreads.outliveFullHeap(loop, () -> done.add("before"));

    loop.start();
    loop.join(10_000);

    assertEquals(List.of("step"), done);
  }
}
