package dev.engram.model;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;

/**
 * Whether the engine records what a thread computes, for gradients. libtorch begins every thread
 * with yes; DJL says no on the thread that loads the engine, and yes while a gradient collector is
 * open, so that elsewhere "yes" says nothing.
 */
final class GradientMode {
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
    boolean before = JniUtils.isGradMode();
    try (GradientCollector probe = Engine.getEngine("PyTorch").newGradientCollector()) {
      return false;
    } catch (IllegalStateException another) {
      JniUtils.setGradMode(before);
      return true;
    }
  }
}
