package dev.engram.attribution;

import dev.engram.EngramException;
import java.util.Arrays;
import java.util.Locale;

/** What a neuron is scored by: the paper's alignment improvement, or a baseline of Table 1. */
public enum Method {
  /** Imp of Eq. 11 and 12, in a {@link Reading}. */
  IMPROVEMENT,
  /** m, the coefficient at the class token. */
  ACTIVATION,
  /** d cos(z, t) / d m at the class token, through all later layers. */
  GRADIENT,
  /** m times its gradient. */
  COMBINED;

  /**
   * @return the name as it is typed
   */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * @throws EngramException for an unknown name
   */
  public static Method parse(String name) {
    for (Method m : values()) {
      if (m.toString().equals(name.toLowerCase(Locale.ROOT))) {
        return m;
      }
    }
    throw new EngramException(
        "A method is one of " + Arrays.toString(values()) + "; got '" + name + "'.");
  }
}
