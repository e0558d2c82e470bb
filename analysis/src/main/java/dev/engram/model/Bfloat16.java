package dev.engram.model;

import ai.djl.ndarray.NDArray;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Products in bfloat16 of weights that are kept in float32: both factors and the result are rounded
 * to 8 significant bits. DJL has no safe arrays of this type, so a weight is rounded with each
 * call.
 */
final class Bfloat16 {
  /** Of an array whose products are rounded; what an edit writes is an array without it. */
  private static final String NAME = "bf16";

  /** A share of float32's time, beyond which fewer bits are not worth it. */
  private static final double BORDER = 0.75;

  /** Once a JVM. */
  private static final class Here {
    private static final @Nullable EngineFunction LINEAR = EngineFunction.find("bf16.pt");
    private static final double SHARE =
        LINEAR == null ? 1 : OneDnn.share(Bfloat16::linear, Products::linear);
  }

  private Bfloat16() {}

  /** Has the products with a weight rounded. */
  static NDArray rounded(NDArray weight) {
    weight.setName(NAME);
    return weight;
  }

  static boolean isRounded(NDArray weight) {
    return NAME.equals(weight.getName());
  }

  /** The time of a product as a share of float32's, measured here. */
  static double share() {
    return Here.SHARE;
  }

  /** Whether they are faster here, by more than a measurement errs. */
  static boolean isFaster() {
    return share() < BORDER;
  }

  /** x Wᵀ + b as {@link Products#linear}; the sum with b is float32. */
  static NDArray linear(NDArray x, NDArray weight, NDArray bias) {
    return Objects.requireNonNull(Here.LINEAR, "the engine has no bfloat16").of(x, weight, bias);
  }
}
