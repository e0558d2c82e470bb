package dev.engram.hub;

import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.model.WeightNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Which files of a repository make a model: weights, of PyTorch's own format where there are no
 * safetensors, and texts that say how to read them. Every other file stays where it is.
 */
final class ModelFiles {
  private static final List<String> CONFIGURATIONS =
      List.of("config.json", "open_clip_config.json", "openai_config.json");
  private static final List<String> PROCESSORS =
      List.of("preprocessor_config.json", "processor_config.json", "open_clip_config.json");
  private static final List<String> TOKENIZERS = List.of("tokenizer.json", "vocab.json");

  /** All that is fetched besides weights. */
  static final List<String> TEXTS =
      List.of(
          "config.json",
          "open_clip_config.json",
          "openai_config.json",
          "preprocessor_config.json",
          "processor_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "words.txt",
          "caution.txt");

  private ModelFiles() {}

  /**
   * @param names of all files of a repository
   * @return those of its texts that are wanted
   */
  static List<String> texts(Collection<String> names) {
    return TEXTS.stream().filter(names::contains).toList();
  }

  /**
   * @param names of all files of a repository
   * @return the file that holds the weights, or the index of its shards
   * @throws EngramException if there are none, or several of which none has a known name
   */
  static String weights(HubName model, Collection<String> names) {
    return weights(names).orElseThrow(() -> noWeights(model, names));
  }

  private static Optional<String> weights(Collection<String> names) {
    // Beside OpenCLIP's files model.safetensors may be an image tower alone: timm has it so.
    boolean openClip =
        names.contains("open_clip_model.safetensors")
            || (names.contains("open_clip_pytorch_model.bin")
                && !names.contains("model.safetensors"));
    return WeightNames.of(plain(names), openClip && names.contains("open_clip_config.json"));
  }

  /** Files of the repository's own folder with names that an address takes as they are. */
  private static List<String> plain(Collection<String> names) {
    return names.stream().filter(ModelFiles::isPlain).toList();
  }

  private static boolean isPlain(String name) {
    return name.matches("[A-Za-z0-9_][A-Za-z0-9._-]*");
  }

  private static EngramException noWeights(HubName model, Collection<String> names) {
    List<String> several = WeightNames.all(plain(names));
    return new EngramException(
        several.isEmpty()
            ? "%s holds no model: it has no safetensors and no checkpoint of PyTorch, only %s."
                .formatted(
                    model,
                    names.isEmpty()
                        ? "nothing"
                        : String.join(", ", names.stream().sorted().limit(5).toList()))
            : "%s has several files of weights (%s) and none is called model.safetensors or pytorch_model.bin; download the one that you want into a folder and give that."
                .formatted(model, String.join(", ", several.stream().limit(5).toList())));
  }

  /**
   * @param weights the name of the index
   * @param index where it lies
   * @param names of all files of the repository
   * @return the shards that it names
   * @throws EngramException if it names none, or one that is no file of the repository
   */
  static List<String> shards(HubName model, String weights, Path index, Collection<String> names) {
    List<String> shards = shards(index);
    for (String shard : shards) {
      if (!isShard(shard, weights) || !names.contains(shard)) {
        throw new EngramException(
            "The index of %s names '%s', which is none of its weights; the repository is broken."
                .formatted(model, shard));
      }
    }
    if (shards.isEmpty()) {
      throw new EngramException("The index of " + model + " names no shards in weight_map.");
    }
    return shards;
  }

  private static boolean isShard(String name, String weights) {
    return isPlain(name) && WeightNames.isShard(name, weights);
  }

  private static List<String> shards(Path index) {
    TreeSet<String> shards = new TreeSet<>();
    Json.object(index).path("weight_map").forEach(name -> shards.add(name.asText("")));
    return List.copyOf(shards);
  }

  /**
   * What a folder lacks to be read as a model. Texts of which it is known that the repository has
   * none are not missed.
   *
   * @param known whether it is known of a name that the repository has no such file
   * @return names of files, or kinds of them; empty if the folder is complete
   */
  static List<String> missing(Path folder, Predicate<String> known) {
    List<String> missing = new ArrayList<>();
    Optional<String> weights = weights(present(folder));
    if (weights.isEmpty()) {
      missing.add("model.safetensors");
    } else if (WeightNames.isIndex(weights.get())) {
      shards(folder.resolve(weights.get())).stream()
          .filter(shard -> !isShard(shard, weights.get()) || !Files.exists(folder.resolve(shard)))
          .forEach(missing::add);
    }
    for (List<String> kind : List.of(CONFIGURATIONS, PROCESSORS, TOKENIZERS)) {
      if (kind.stream().noneMatch(file -> Files.exists(folder.resolve(file)))
          && !kind.stream().allMatch(known)) {
        missing.add(kind.get(0));
      }
    }
    if (Files.exists(folder.resolve("vocab.json"))
        && !Files.exists(folder.resolve("tokenizer.json"))
        && !Files.exists(folder.resolve("merges.txt"))
        && !known.test("merges.txt")) {
      missing.add("merges.txt");
    }
    return missing;
  }

  /** Names of the files in a folder; a link whose end is gone is none. */
  private static List<String> present(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::exists).map(f -> f.getFileName().toString()).toList();
    } catch (IOException e) {
      throw new EngramException("Cannot list " + folder + ": " + e + ".", e);
    }
  }
}
