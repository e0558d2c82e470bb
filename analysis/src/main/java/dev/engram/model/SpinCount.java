package dev.engram.model;

import com.sun.jna.Function;
import com.sun.jna.Platform;

/**
 * How long a waiting thread of the engine spins before it sleeps: a default that a starter of this
 * JVM gives in the property {@value #PROPERTY}, and that {@code GOMP_SPINCOUNT} or {@code
 * OMP_WAIT_POLICY} of the user's environment override. The engine's OpenMP, GNU's, reads nothing
 * but the environment, and that once, when it is loaded; so the default is put there before.
 */
final class SpinCount {
  static final String PROPERTY = "engram.spincount";
  private static final String VARIABLE = "GOMP_SPINCOUNT";

  private SpinCount() {}

  /** Does nothing where the engine is built with another OpenMP, as on macOS and Windows. */
  static void setDefault() {
    String count = System.getProperty(PROPERTY, "");
    if (!count.matches("\\d{1,18}")
        || System.getenv(VARIABLE) != null
        || System.getenv("OMP_WAIT_POLICY") != null
        || !Platform.isLinux()) {
      return;
    }
    try {
      Function.getFunction("c", "setenv").invokeInt(new Object[] {VARIABLE, count, 0});
    } catch (LinkageError e) {
      // without it threads spin as long as OpenMP likes: slower beside others, never wrong
    }
  }
}
