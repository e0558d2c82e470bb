package dev.engram.model;

import dev.engram.EngramException;
import dev.engram.model.Pickled.Function;
import dev.engram.model.Pickled.ModuleType;
import dev.engram.model.Pickled.Opaque;
import dev.engram.model.Pickled.Storage;
import dev.engram.model.Pickled.StorageType;
import dev.engram.model.Pickled.Tuple;
import dev.engram.model.Pickled.View;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All that a checkpoint may name, and what Engram makes of it: a tensor, a list or a map, never a
 * class of the JVM. It is a part of the list of {@code torch.load(weights_only=True)}, and for
 * TorchScript what builds lists there. Everything else is refused with its name.
 */
final class Globals {
  private static final Map<String, Function> FUNCTIONS =
      Map.of(
          "collections.OrderedDict", Function.ORDERED_DICT,
          "torch._utils._rebuild_tensor_v2", Function.TENSOR,
          "torch._utils._rebuild_tensor", Function.OLD_TENSOR,
          "torch._utils._rebuild_parameter", Function.PARAMETER,
          "torch.nn.parameter.Parameter", Function.PARAMETER_CLASS,
          "torch.Size", Function.SIZE,
          "torch.device", Function.DEVICE);

  private static final Map<String, Function> TORCH_SCRIPT =
      Map.of(
          "build_intlist", Function.LIST,
          "build_doublelist", Function.LIST,
          "build_boollist", Function.LIST,
          "build_tensorlist", Function.LIST,
          "restore_type_tag", Function.FIRST);

  private static final Map<String, String> STORAGES =
      Map.of(
          "torch.DoubleStorage", "F64",
          "torch.FloatStorage", "F32",
          "torch.HalfStorage", "F16",
          "torch.BFloat16Storage", "BF16",
          "torch.LongStorage", "I64",
          "torch.IntStorage", "I32",
          "torch.ShortStorage", "I16",
          "torch.CharStorage", "I8",
          "torch.ByteStorage", "U8",
          "torch.BoolStorage", "BOOL");

  private static final Set<String> TYPES =
      Set.of(
          "torch.float64",
          "torch.float32",
          "torch.float16",
          "torch.bfloat16",
          "torch.int64",
          "torch.int32",
          "torch.int16",
          "torch.int8",
          "torch.uint8",
          "torch.bool");

  private final Path file;
  private final boolean isScript;
  private final Map<String, Storage> storages = new LinkedHashMap<>();

  /**
   * @param isScript whether the file is a TorchScript archive, which names classes of its own
   */
  Globals(Path file, boolean isScript) {
    this.file = file;
    this.isScript = isScript;
  }

  /** What the pickles have named so far, by their keys. */
  Map<String, Storage> storages() {
    return storages;
  }

  /**
   * @throws EngramException if it is not on the list
   */
  Pickled named(String module, String name) {
    String full = module + "." + name;
    Function function = FUNCTIONS.get(full);
    if (function != null) {
      return function;
    }
    String dtype = STORAGES.get(full);
    if (dtype != null) {
      return new StorageType(dtype);
    }
    if (TYPES.contains(full)) {
      return new Opaque(full);
    }
    if (isScript) {
      Function list = TORCH_SCRIPT.get(name);
      if (list != null && module.equals("torch.jit._pickle")) {
        return list;
      }
      if (module.equals("__torch__") || module.startsWith("__torch__.")) {
        return new ModuleType(full);
      }
    }
    throw new EngramException(
        "%s asks for %s, which Engram gives no checkpoint: it reads tensors and plain values, loads no class and runs no code; if you trust the file, save its state_dict() alone in Python."
            .formatted(file.getFileName(), SafetensorsHeader.shown(full)));
  }

  private EngramException bad(String why) {
    return PyTorchFile.bad(file, why);
  }

  /**
   * Calls one of the list.
   *
   * @throws EngramException if it is not called as PyTorch calls it
   */
  Object call(Object callee, Object given) {
    if (!(callee instanceof Function function) || !(given instanceof Tuple tuple)) {
      throw bad("its pickle calls what is no function");
    }
    List<Object> args = tuple.values();
    return switch (function) {
      case ORDERED_DICT -> ordered(args);
      case TENSOR, OLD_TENSOR -> tensor(args);
      case PARAMETER, PARAMETER_CLASS -> first(args, View.class, "a parameter without a tensor");
      case SIZE -> first(args, Tuple.class, "a torch.Size without sizes");
      case DEVICE -> new Opaque("torch.device");
      case LIST -> first(args, List.class, "a list without values");
      case FIRST -> first(args, Object.class, "a type without a value");
    };
  }

  private <T> T first(List<Object> args, Class<T> type, String what) {
    if (args.isEmpty() || !type.isInstance(args.get(0))) {
      throw bad("its pickle builds " + what);
    }
    return type.cast(args.get(0));
  }

  private Map<Object, Object> ordered(List<Object> args) {
    Map<Object, Object> map = new LinkedHashMap<>();
    if (!args.isEmpty()) {
      if (!(args.get(0) instanceof List<?> pairs)) {
        throw bad("its pickle builds an OrderedDict of what are no pairs");
      }
      for (Object each : pairs) {
        List<?> pair =
            each instanceof Tuple t ? t.values() : each instanceof List<?> l ? l : List.of();
        if (pair.size() != 2) {
          throw bad("its pickle builds an OrderedDict of what are no pairs");
        }
        put(map, pair.get(0), pair.get(1));
      }
    }
    return map;
  }

  /** Keys are plain: to hash or to compare anything else could take for ever. */
  void put(Map<Object, Object> map, Object key, Object value) {
    if (!(key instanceof String || key instanceof Long || key instanceof Boolean)) {
      throw bad("its pickle has a map with a key that is neither a text nor a whole number");
    }
    map.put(key, value);
  }

  private View tensor(List<Object> args) {
    if (args.size() < 4
        || !(args.get(0) instanceof Storage storage)
        || !(args.get(1) instanceof Long offset)
        || !(args.get(2) instanceof Tuple shape)
        || !(args.get(3) instanceof Tuple strides)) {
      throw bad("its pickle builds a tensor without a storage, an offset, sizes and strides");
    }
    return new View(storage, offset, wholes(shape), wholes(strides));
  }

  private long[] wholes(Tuple numbers) {
    List<Long> all = new ArrayList<>();
    for (Object n : numbers.values()) {
      if (!(n instanceof Long whole)) {
        throw bad("its pickle has a tensor whose sizes or strides are no whole numbers");
      }
      all.add(whole);
    }
    return all.stream().mapToLong(Long::longValue).toArray();
  }

  /** What lies outside of the pickle: a storage. */
  Storage persistent(Object id) {
    List<Object> parts = id instanceof Tuple tuple ? tuple.values() : List.of();
    if (parts.size() < 5
        || !"storage".equals(parts.get(0))
        || !(parts.get(1) instanceof StorageType type)
        || !(parts.get(2) instanceof String key)
        || !(parts.get(4) instanceof Long length)) {
      throw bad("its pickle refers to what is no storage");
    }
    if (length < 0) {
      throw bad("its storage %s has the length %d".formatted(SafetensorsHeader.shown(key), length));
    }
    if (parts.size() > 5 && parts.get(5) instanceof Tuple) {
      throw bad(
          "its storage %s is a part of another one, as PyTorch wrote it before 0.4"
              .formatted(SafetensorsHeader.shown(key)));
    }
    Storage storage = new Storage(type.dtype(), key, length);
    Storage known = storages.putIfAbsent(key, storage);
    if (known != null && !known.equals(storage)) {
      throw bad(
          "its storage %s is said to hold %d values of %s and %d of %s"
              .formatted(
                  SafetensorsHeader.shown(key),
                  known.length(),
                  known.dtype(),
                  length,
                  type.dtype()));
    }
    return storage;
  }
}
