package dev.engram.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A copy of a model of the reference set, to be damaged. */
final class DamagedModel {
  private static final Path MODELS = Path.of("src", "test", "resources", "reference", "models");
  private static final ObjectMapper JSON = new ObjectMapper();

  final Path directory;

  private DamagedModel(Path directory) {
    this.directory = directory;
  }

  /** Copies a model of the reference set into a new folder of its name. */
  static DamagedModel of(String name, Path temp) throws IOException {
    Path directory = Files.createDirectory(temp.resolve(name));
    try (Stream<Path> files = Files.list(MODELS.resolve(name))) {
      for (Path file : files.toList()) {
        String n = file.getFileName().toString();
        if (!n.startsWith("expected") && !n.startsWith("inputs")) {
          Files.copy(file, directory.resolve(n));
        }
      }
    }
    return new DamagedModel(directory);
  }

  DamagedModel json(String file, Consumer<ObjectNode> change) throws IOException {
    Path path = directory.resolve(file);
    ObjectNode node = (ObjectNode) JSON.readTree(path.toFile());
    change.accept(node);
    JSON.writeValue(path.toFile(), node);
    return this;
  }

  /** Sets a value, written as JSON, at a path as {@code text_config.hidden_size}. */
  DamagedModel set(String file, String key, String value) throws IOException {
    String[] keys = key.split("\\.");
    return json(
        file,
        root -> {
          ObjectNode at = root;
          for (int i = 0; i + 1 < keys.length; i++) {
            at = (ObjectNode) at.get(keys[i]);
          }
          try {
            at.set(keys[keys.length - 1], JSON.readTree(value));
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
  }

  DamagedModel weights(Consumer<SafetensorsFile> change) throws IOException {
    Path file = directory.resolve("model.safetensors");
    if (!Files.exists(file)) {
      file = directory.resolve("open_clip_model.safetensors");
    }
    SafetensorsFile weights = SafetensorsFile.read(file);
    change.accept(weights);
    weights.write(file);
    return this;
  }

  /** Puts the same tensors under other names. */
  DamagedModel rename(UnaryOperator<String> change) throws IOException {
    return weights(
        w -> {
          Map<String, SafetensorsFile.Tensor> old = new LinkedHashMap<>(w.tensors);
          w.tensors.clear();
          old.forEach((name, tensor) -> w.tensors.put(change.apply(name), tensor));
        });
  }

  DamagedModel delete(String file) throws IOException {
    Files.delete(directory.resolve(file));
    return this;
  }

  DamagedModel write(String file, String text) throws IOException {
    Files.writeString(directory.resolve(file), text);
    return this;
  }
}
