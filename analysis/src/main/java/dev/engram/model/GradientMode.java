package dev.engram.model;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;

/**
 * Whether the engine records what a thread computes, for gradients. libtorch begins every thread
 * with yes; DJL says no on the thread that loads the engine, and yes while a gradient collector is
 * open, so that elsewhere "yes" says nothing.
 */
public final class GradientMode {
  private static final Object LOCK = new Object();
  private static final ThreadLocal<Boolean> SETTLED = ThreadLocal.withInitial(() -> false);

  private GradientMode() {}

  /**
   * Whether this thread is recorded. A thread that is asked about for the first time is told no, as
   * DJL's own is, unless a collector is open: from then on it is recorded where one is open, and
   * nowhere else, so that all threads compute alike.
   */
  static boolean isRecording() {
    if (!SETTLED.get() && !isCollecting()) {
      SETTLED.set(true);
      JniUtils.setGradMode(false);
    }
    return JniUtils.isGradMode();
  }

  /**
   * Whether a collector is open on some thread: DJL refuses a second one, and tells it no other
   * way.
   */
  private static boolean isCollecting() {
    synchronized (LOCK) {
      try (GradientCollector probe = collector()) {
        return false;
      } catch (IllegalStateException another) {
        return true;
      }
    }
  }

  /**
   * Opens a collector: while it is open this thread is recorded. Ask no other place for one, so
   * that none is refused because of a probe.
   *
   * @throws IllegalStateException if one is open already; the thread is recorded as it was
   */
  public static GradientCollector collector() {
    synchronized (LOCK) {
      boolean before = JniUtils.isGradMode();
      try {
        return Engine.getEngine("PyTorch").newGradientCollector();
      } catch (IllegalStateException another) {
        JniUtils.setGradMode(before); // DJL sets it first
        throw another;
      }
    }
  }
}
