package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.core.Linear;

/**
 * Products with weights: in the type in which a weight is kept, while what goes in and comes out is
 * float32. So the pages of the towers are the same in every {@link Precision}.
 */
final class Products {
  private Products() {}

  /**
   * x Wᵀ + b.
   *
   * @param x (…, in), float32; owns the result
   * @param weight W (out, in), float32 or narrower
   * @param bias b (out), float32
   * @return (…, out), float32
   */
  static NDArray linear(NDArray x, NDArray weight, NDArray bias) {
    DataType type = weight.getDataType();
    if (Bfloat16.isRounded(weight)) {
      return Bfloat16.linear(x, weight, bias);
    }
    if (type == DataType.FLOAT32) {
      return OneDnn.takes(x, weight, bias)
          ? OneDnn.linear(x, weight, bias)
          : Linear.linear(x, weight, bias).singletonOrThrow();
    }
    try (NDArray narrow = x.toType(type, true);
        NDArray product = Linear.linear(narrow, weight).singletonOrThrow()) {
      return product.toType(DataType.FLOAT32, true).addi(bias); // the sum loses nothing to rounding
    }
  }
}
