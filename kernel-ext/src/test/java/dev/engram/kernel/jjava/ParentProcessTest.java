package dev.engram.kernel.jjava;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParentProcessTest {
  private static Optional<ProcessHandle> named(String variable, String system) {
    return ParentProcess.named(Map.of("JPY_PARENT_PID", variable), system);
  }

  @Test
  void itIsTheOneThatJupyterNames() {
    ProcessHandle self = ProcessHandle.current();
    assertEquals(Optional.of(self), named(Long.toString(self.pid()), "Linux"));
    assertEquals(Optional.of(self), named(Long.toString(self.pid()), "Mac OS X"));
    assertTrue(ParentProcess.named(Map.of(), "Linux").isEmpty(), "started by hand");
  }

  /** There the variable holds the handle of a process. */
  @Test
  void onWindowsItIsTheProcessThatStartedThisOne() {
    assertEquals(ProcessHandle.current().parent(), named("1234", "Windows 11"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "1", "-1", "x", "999999999999999999999", "99999999"})
  void whatNamesNoProcessIsNotWatched(String variable) {
    assertTrue(named(variable, "Linux").isEmpty());
  }
}
