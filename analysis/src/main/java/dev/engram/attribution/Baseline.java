package dev.engram.attribution;

import java.util.Locale;
import java.util.function.Function;

/** The scores that Table 1 compares the paper's improvement with. */
public enum Baseline implements Score {
  /** m, the coefficient at the class token. */
  ACTIVATION,
  /** d cos(z, t) / d m at the class token, through all later layers. */
  GRADIENT,
  /** m times its gradient. */
  COMBINED;

  @Override
  public <T> T match(Function<Reading, T> improvement, Function<Baseline, T> baseline) {
    return baseline.apply(this);
  }

  @Override
  public boolean isOfClassToken() {
    return switch (this) {
      case ACTIVATION -> false;
      case GRADIENT, COMBINED -> true;
    };
  }

  /** The name as it is typed: {@code activation}, …. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
