package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** A file of named tensors, whatever wrote it: safetensors, or PyTorch itself. */
public sealed interface TensorFile permits Safetensors, PyTorchFile {
  /**
   * Opens a file of weights by its name: {@code .safetensors}, else a checkpoint of PyTorch.
   *
   * @throws dev.engram.EngramException if it is missing, damaged or asks for code
   */
  static TensorFile open(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".safetensors")
        ? Safetensors.open(file)
        : PyTorchFile.open(file);
  }

  /** Names of the tensors, in the order of the file. */
  Set<String> names();

  /**
   * Describes one tensor.
   *
   * @throws dev.engram.EngramException if there is none of that name
   */
  MappedTensor tensor(String name);

  /**
   * The shape of a tensor.
   *
   * @throws dev.engram.EngramException if there is none of that name
   */
  default long[] shape(String name) {
    return tensor(name).shape().clone();
  }

  /** The stored type of a tensor: F32, F16, BF16, …. */
  default String dtype(String name) {
    return tensor(name).dtype();
  }

  /**
   * Maps a tensor as float32. F32 is not copied on the CPU: the pages come from the file, and
   * writing to them never changes it. F16 is widened by the engine, bf16 and F64 by us.
   *
   * @param manager owner of the array, whose device it is put on
   * @throws dev.engram.EngramException for integer types
   */
  default NDArray floats(NDManager manager, String name) {
    return tensor(name).floats(manager);
  }

  /** The values of a tensor of any type, row-major, in float64. */
  default double[] doubles(String name) {
    return tensor(name).doubles();
  }

  /** A sentence about what the file holds besides weights and is not read; often none. */
  default Optional<String> note() {
    return Optional.empty();
  }
}
