package dev.engram.magic;

import dev.engram.EngramException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A host that is no notebook: it has no variables, and no kernel. */
abstract class HostWithoutKernel implements Host {
  @Override
  public final @Nullable Object variable(String name) {
    throw new EngramException("There are no variables here, so no '" + name + "'.");
  }

  @Override
  public final void define(String name, Object value) {
    throw new EngramException("There are no variables here.");
  }

  @Override
  public final Map<String, String> versions() {
    return Map.of("kernel", "none");
  }
}
