package dev.engram.kernel.jjava;

import org.jspecify.annotations.Nullable;

/**
 * A part of the heap that is given back when a cell has filled the rest, so that the compiler has
 * room for the next cell, which may free what fills it.
 */
final class HeapReserve {
  private static final long MOST = 32L << 20;

  private byte @Nullable [] kept;

  /** Takes the part again, where there is enough room. */
  synchronized void renew() {
    Runtime java = Runtime.getRuntime();
    long size = Math.min(MOST, java.maxMemory() / 10);
    long free = java.maxMemory() - java.totalMemory() + java.freeMemory();
    if (kept == null && free > 4 * size) {
      try {
        kept = new byte[(int) size];
      } catch (OutOfMemoryError e) {
        kept = null; // later
      }
    }
  }

  /** Gives it back. */
  synchronized void release() {
    kept = null;
  }

  /** Whether it was given back and could not be taken again. */
  synchronized boolean isReleased() {
    return kept == null;
  }
}
