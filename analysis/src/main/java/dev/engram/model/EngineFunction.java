package dev.engram.model;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.ParameterStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the engine computes and DJL has no name for: a function of arrays in TorchScript, made by
 * {@code src/main/torchscript/functions.py}. It has no weights, and is loaded once.
 */
final class EngineFunction {
  private final Model model; // held: it frees its block at its end

  private EngineFunction(Model model) {
    this.model = model;
  }

  /**
   * @param file a resource of this package
   * @return null where the engine was built without what it asks for
   */
  static @Nullable EngineFunction find(String file) {
    try (InputStream in =
        Objects.requireNonNull(EngineFunction.class.getResourceAsStream(file), file)) {
      Model model = Model.newInstance(file, Device.cpu(), "PyTorch");
      model.load(in);
      return new EngineFunction(model);
    } catch (IOException | MalformedModelException | RuntimeException absent) {
      return null;
    }
  }

  /**
   * @param arrays the first one owns the result
   */
  NDArray of(NDArray... arrays) {
    // As if for training: what is made for inference alone may be neither changed nor learned from.
    return model
        .getBlock()
        .forward(new ParameterStore(), new NDList(arrays), true)
        .singletonOrThrow();
  }
}
