package dev.engram.kernel.jjava;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The process that started the kernel: when it ends, nobody can reach the kernel any more. */
final class ParentProcess {
  private static final String VARIABLE = "JPY_PARENT_PID";

  private ParentProcess() {}

  /**
   * Ends the kernel when the process ends that Jupyter names in {@code JPY_PARENT_PID}, as
   * ipykernel does. Without the variable nothing is watched: the kernel was started by hand.
   */
  static void endWithIt(Map<String, String> environment, Runnable end) {
    named(environment, System.getProperty("os.name", ""))
        .ifPresent(parent -> parent.onExit().thenRun(end));
  }

  /**
   * The process; none if it is the first of a container, which never ends, or is not seen from
   * here, since the kernel runs in a container of its own.
   */
  static Optional<ProcessHandle> named(Map<String, String> environment, String system) {
    String named = environment.getOrDefault(VARIABLE, "");
    if (!named.matches("[1-9]\\d{0,17}") || named.equals("1")) {
      return Optional.empty();
    }
    // On Windows the number is that of a handle, not of a process; Jupyter starts kernels itself.
    return system.toLowerCase(Locale.ROOT).startsWith("windows")
        ? ProcessHandle.current().parent()
        : ProcessHandle.of(Long.parseLong(named));
  }

  /** Ends this process; where a shutdown hook hangs, without it. */
  static void end() {
    Thread atLast =
        new Thread(
            () -> {
              try {
                TimeUnit.SECONDS.sleep(5);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              Runtime.getRuntime().halt(1);
            },
            "engram-end");
    atLast.setDaemon(true);
    atLast.start();
    System.exit(1);
  }
}
