package dev.engram.model;

import dev.engram.EngramException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;

/**
 * What may come of a stranger's file, whatever is in it: it is read, or refused in one sentence,
 * soon and with little memory.
 */
final class FuzzOracle {
  /** Of the processor. A picture that claims the most pixels there may be takes several. */
  static final int MOST_SECONDS = 20;

  /** Of one input that is no picture. */
  private static final long MOST_ALLOCATED = 400_000_000;

  private static final int LONGEST_SENTENCE = 1000;

  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private FuzzOracle() {}

  /**
   * Reads a content of a file.
   *
   * @param folder that was prepared for the file
   * @return whether it was read; false if it was refused
   * @throws AssertionError if it is neither
   */
  static boolean isRead(UntrustedFile file, Path folder, byte[] content) {
    long begin = THREADS.getCurrentThreadCpuTime();
    long before = THREADS.getCurrentThreadAllocatedBytes();
    boolean read = false;
    try {
      file.read(folder, content);
      read = true;
    } catch (EngramException e) {
      String sentence = String.valueOf(e.getMessage());
      if (sentence.lines().count() != 1 || sentence.length() > LONGEST_SENTENCE) {
        throw new AssertionError(file + ": no sentence: " + sentence, e);
      }
    } catch (Throwable t) { // whatever it is, it is what fuzzing looks for
      throw new AssertionError(file + ": " + t, t);
    }
    double seconds = (THREADS.getCurrentThreadCpuTime() - begin) / 1e9;
    if (seconds > MOST_SECONDS) {
      throw new AssertionError(file + ": it took " + seconds + " s");
    }
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
    if (!file.isPicture() && allocated > MOST_ALLOCATED) {
      throw new AssertionError(file + ": it allocated " + allocated + " bytes");
    }
    return read;
  }
}
