package dev.engram.model;

import dev.engram.EngramException;
import dev.engram.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;

/** Finds the weights of a model directory: one file, or the shards of an index. */
final class WeightFiles {
  private WeightFiles() {}

  /**
   * The files, in order.
   *
   * @throws EngramException if there are none
   */
  static List<Path> in(Path directory) {
    ModelFolder.check(directory);
    List<String> names =
        ModelFolder.list(directory).stream()
            .filter(Files::exists)
            .map(p -> p.getFileName().toString())
            .toList();
    UnreadFamilies.refuse(directory, names);
    String weights =
        WeightNames.of(names, isTimm(directory)).orElseThrow(() -> noWeights(directory, names));
    Path file = directory.resolve(weights);
    List<Path> files = WeightNames.isIndex(weights) ? shards(directory, file) : List.of(file);
    files.forEach(each -> ModelFolder.checkPlace(directory, each));
    return files;
  }

  /**
   * In a repository of timm, model.safetensors holds the image tower alone: its config.json names
   * an architecture of timm, and the whole CLIP lies beside it.
   */
  private static boolean isTimm(Path directory) {
    Path config = directory.resolve("config.json");
    return Files.exists(directory.resolve("open_clip_config.json"))
        && Files.exists(config)
        && Json.object(config).has("architecture");
  }

  private static EngramException noWeights(Path directory, List<String> names) {
    List<String> several = WeightNames.all(names);
    return new EngramException(
        several.isEmpty()
            ? "Expected model.safetensors, pytorch_model.bin, OpenCLIP's files or an index of shards in %s, found %s."
                .formatted(
                    directory,
                    names.isEmpty() ? "an empty folder" : names.stream().limit(8).toList())
            : "There are several files of weights in %s (%s) and none is called model.safetensors or pytorch_model.bin; leave the one that you want."
                .formatted(directory, String.join(", ", several.stream().limit(5).toList())));
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
              if (!WeightNames.isShard(n, index.getFileName().toString())) {
                throw new EngramException(
                    "The index %s names '%s' as a shard; expected the name of a file of the same format that lies beside it, without a path."
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
