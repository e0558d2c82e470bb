package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Activation;

/**
 * σ of Eq. 2, the activation of an FFN. Its scalars are arrays of the model: mul(Number) wraps a
 * Java buffer that may be collected while autograd still needs it, which made gradients wrong now
 * and then.
 */
final class Sigma {
  private final ClipConfig.Activation activation;
  private final NDArray quick; // 1.702
  private final NDArray cubic; // 0.044715
  private final NDArray scale; // √(2/π)
  private final NDArray half;
  private final NDArray one;

  Sigma(NDManager m, ClipConfig.Activation activation) {
    this.activation = activation;
    quick = m.create(1.702f);
    cubic = m.create(0.044715f);
    scale = m.create((float) Math.sqrt(2 / Math.PI));
    half = m.create(0.5f);
    one = m.create(1f);
  }

  NDArray of(NDArray x) {
    return switch (activation) {
      case GELU -> x.getNDArrayInternal().gelu();
      case QUICK_GELU -> x.mul(Activation.sigmoid(x.mul(quick)));
      case SILU -> x.mul(Activation.sigmoid(x));
      case GELU_PYTORCH_TANH -> {
        NDArray inner = x.add(x.mul(x).mul(x).mul(cubic)).mul(scale);
        yield x.mul(half).mul(inner.tanh().add(one));
      }
    };
  }
}
