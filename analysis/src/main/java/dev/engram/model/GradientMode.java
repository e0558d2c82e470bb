package dev.engram.model;

import ai.djl.pytorch.jni.JniUtils;

/**
 * Whether the engine records what a thread computes, for gradients. libtorch begins every thread
 * with yes; DJL says no on the thread that loads the engine, and yes while a gradient collector is
 * open, so that elsewhere "yes" says nothing.
 */
public final class GradientMode {
  private static final ThreadLocal<Boolean> SETTLED = ThreadLocal.withInitial(() -> false);

  private GradientMode() {}

  /**
   * Says no once for a thread, as DJL does for its own: from then on the engine records where a
   * collector is open, and nowhere else. To be called before one is; the engine must be loaded.
   */
  public static void settle() {
    if (!SETTLED.get()) {
      SETTLED.set(true);
      JniUtils.setGradMode(false);
    }
  }

  /** Whether this thread may be recorded. */
  static boolean isRecording() {
    return JniUtils.isGradMode();
  }
}
