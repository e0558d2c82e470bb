package dev.engram.kernel.jjava;

import dev.engram.kernel.PrivateField;
import org.dflib.jjava.jupyter.channels.Loop;
import org.dflib.jjava.jupyter.channels.ShellChannel;

/**
 * The threads that read and write the kernel's sockets, JJava's loops and those of ZeroMQ. A cell
 * that fills the heap takes the memory from them too, and without one of them the kernel would be
 * mute for ever: they go on where they were.
 */
final class SocketThreads {
  private static final long PAUSE_MILLIS = 50; // in which the cell that fills the heap ends

  private SocketThreads() {}

  /**
   * From now on, the threads of a connection outlive a full heap.
   *
   * @param channels of the connection, which is open; the rest of a message that one of them had
   *     begun to read is skipped
   */
  static void outliveFullHeap(ShellChannel... channels) {
    Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread instanceof Loop || isOfZeroMq(thread.getName()))
        .forEach(thread -> outliveFullHeap(thread, () -> {}));
    for (ShellChannel channel : channels) {
      Loop loop = PrivateField.of(channel, "ioloop", CellEngine.JJAVA).read(Loop.class);
      outliveFullHeap(loop, () -> skipRest(channel));
    }
  }

  private static boolean isOfZeroMq(String name) {
    return name.startsWith("iothread-") || name.startsWith("reaper-");
  }

  // The kernel's jar has ZeroMQ's classes under other names: they are not named here.
  private static void skipRest(ShellChannel channel) {
    while (channel.hasReceiveMore()) {
      channel.recv();
    }
  }

  /**
   * The handler is called in the thread that it is about, whose {@code run} is a loop over what its
   * object knows: begun again, it goes on. Nothing is allocated before.
   *
   * @param before runs in the thread before it goes on
   */
  static void outliveFullHeap(Thread thread, Runnable before) {
    thread.setUncaughtExceptionHandler((same, thrown) -> goOn(same, thrown, before));
  }

  private static void goOn(Runnable thread, Throwable thrown, Runnable before) {
    Throwable last = thrown;
    while (last instanceof OutOfMemoryError) {
      try {
        Thread.sleep(PAUSE_MILLIS);
        before.run();
        thread.run();
        return;
      } catch (InterruptedException e) {
        return; // as the loops do
      } catch (RuntimeException | Error e) {
        last = e;
      }
    }
    last.printStackTrace();
  }
}
