package dev.engram.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a pickle of PyTorch may be made of besides null, booleans, numbers, texts, bytes, lists and
 * maps. Nothing of it is compared or printed as a whole: a pickle may hold itself.
 */
sealed interface Pickled {
  /** A list that does not change. */
  record Tuple(List<Object> values) implements Pickled {}

  /**
   * A function or class that may be named: what happens when it is called, {@link Globals} says.
   */
  enum Function implements Pickled {
    ORDERED_DICT,
    TENSOR,
    OLD_TENSOR,
    PARAMETER,
    PARAMETER_CLASS,
    SIZE,
    DEVICE,
    LIST,
    FIRST
  }

  /** A type of storage, by the type of its values. */
  record StorageType(String dtype) implements Pickled {}

  /** A type of values or a device, which is not looked at. */
  record Opaque(String name) implements Pickled {}

  /** A class of a TorchScript archive, of which only the attributes are read. */
  record ModuleType(String name) implements Pickled {}

  /** A module of a TorchScript archive: its parameters, buffers, settings and modules by name. */
  record Module(Map<String, Object> attributes) implements Pickled {
    Module() {
      this(new LinkedHashMap<>());
    }
  }

  /**
   * Values in one row, which several tensors may share.
   *
   * @param key where the file keeps them
   * @param length how many the pickle says there are
   */
  record Storage(String dtype, String key, long length) implements Pickled {}

  /**
   * A tensor, not yet held against its storage.
   *
   * @param offset in values
   * @param strides in values
   */
  record View(Storage storage, long offset, long[] shape, long[] strides) implements Pickled {}
}
