package dev.engram.model;

import dev.engram.EngramException;
import dev.engram.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** Finds the weights of a model directory: one file of safetensors, or the shards of an index. */
final class WeightFiles {
  private static final List<String> WEIGHT_FILES =
      List.of(
          "model.safetensors",
          "open_clip_model.safetensors",
          // as the hub's converter names them
          "open_clip_pytorch_model.safetensors",
          "pytorch_model.safetensors");

  private WeightFiles() {}

  /**
   * @return the files, in order
   * @throws EngramException if there are none
   */
  static List<Path> in(Path directory) {
    ModelFolder.check(directory);
    for (String name : weightFiles(directory)) {
      Path index = directory.resolve(name + ".index.json");
      if (Files.exists(directory.resolve(name))) {
        return List.of(directory.resolve(name));
      } else if (Files.exists(index)) {
        return shards(directory, index);
      }
    }
    List<Path> all = ModelFolder.list(directory);
    List<Path> safetensors =
        all.stream().filter(p -> p.toString().endsWith(".safetensors")).toList();
    if (safetensors.size() == 1) {
      return safetensors;
    }
    throw noWeights(directory, all);
  }

  /**
   * In a repository of timm, model.safetensors holds the image tower alone: its config.json names
   * an architecture of timm, and the whole CLIP lies beside it.
   */
  private static List<String> weightFiles(Path directory) {
    Path config = directory.resolve("config.json");
    boolean timm =
        Files.exists(directory.resolve("open_clip_config.json"))
            && Files.exists(config)
            && Json.object(config).has("architecture");
    return timm ? WEIGHT_FILES.subList(1, WEIGHT_FILES.size()) : WEIGHT_FILES;
  }

  private static EngramException noWeights(Path directory, List<Path> all) {
    return all.stream()
        .filter(Files::isRegularFile)
        .filter(p -> p.toString().toLowerCase(Locale.ROOT).matches(".*\\.(bin|pt|pth|ckpt|pkl)"))
        .findFirst()
        .map(Pickles::refusal)
        .orElseGet(
            () ->
                new EngramException(
                    "Expected model.safetensors (or open_clip_model.safetensors, or an index of shards) in "
                        + directory
                        + ", found "
                        + (all.isEmpty()
                            ? "an empty folder"
                            : all.stream().map(p -> p.getFileName().toString()).limit(8).toList())
                        + "."));
  }

  private static List<Path> shards(Path directory, Path index) {
    TreeSet<String> names = new TreeSet<>();
    Json.object(index).path("weight_map").forEach(v -> names.add(v.asText("")));
    if (names.isEmpty()) {
      throw new EngramException(
          "The index " + index.getFileName() + " names no shards in weight_map.");
    }
    return names.stream()
        .map(
            n -> {
              if (!n.matches("[^/\\\\\\p{Cntrl}]+\\.safetensors")) {
                throw new EngramException(
                    "The index %s names '%s' as a shard; expected the name of a safetensors file that lies beside it, without a path."
                        .formatted(index.getFileName(), n));
              }
              Path p = directory.resolve(n);
              if (!Files.exists(p)) {
                throw new EngramException(
                    "The shard "
                        + n
                        + " that "
                        + index.getFileName()
                        + " names is missing in "
                        + directory
                        + ".");
              }
              return p;
            })
        .toList();
  }
}
