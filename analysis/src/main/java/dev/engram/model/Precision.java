package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.engram.EngramException;
import java.util.Locale;

/**
 * In which numbers the layers of the image tower keep their matrices and multiply by them. All else
 * is float32 in all of them: the residual stream, layer norms, attention, activations, the head,
 * the text tower, and what leaves a pass.
 */
public enum Precision {
  /** float32, 24 significant bits: what every number of the reference and of the paper is. */
  F32(DataType.FLOAT32),

  /** float16, 11 significant bits, up to 65,504: half the memory. */
  F16(DataType.FLOAT16),

  /** bfloat16, 8 significant bits, in products alone: matrices are kept in float32. */
  BF16(DataType.FLOAT32);

  private final DataType type;

  Precision(DataType type) {
    this.type = type;
  }

  /**
   * @param wish {@code f32}, {@code f16}, {@code bf16}, or {@code auto}: bf16 on a machine without
   *     a GPU where it is measured to take less than 0.75 of float32's time, else f32
   * @throws EngramException for another word
   */
  public static Precision of(String wish) {
    return switch (wish.toLowerCase(Locale.ROOT)) {
      case "f32", "float32" -> F32;
      case "f16", "float16" -> F16;
      case "bf16", "bfloat16" -> BF16;
      case "auto" -> fastest();
      default ->
          throw new EngramException("A precision is f32, f16, bf16 or auto; got '" + wish + "'.");
    };
  }

  /** On a GPU nobody has measured what fewer bits cost and save. */
  private static Precision fastest() {
    return EngineCache.engine().getGpuCount() == 0 && Bfloat16.isFaster() ? BF16 : F32;
  }

  /**
   * @param array float32; closed if it is not the result
   * @return the array in this precision, of the same owner
   */
  NDArray narrowed(NDArray array) {
    if (this == F32) {
      return array;
    }
    if (this == BF16) {
      return Bfloat16.rounded(array);
    }
    try (array) {
      return array.toType(type, true);
    }
  }

  /**
   * As {@code --precision} takes it.
   *
   * @return {@code f32}, {@code f16} or {@code bf16}
   */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
