package dev.engram.hub;

import dev.engram.EngramException;
import dev.engram.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Which files of a repository make a model: weights in safetensors, and texts that say how to read
 * them. Every other file stays where it is, above all pickles.
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

  private static final String OPEN_CLIP = "open_clip_model.safetensors";

  /** The names under which a checkpoint's weights are looked for, in the same order. */
  private static final List<String> WEIGHTS =
      List.of(
          "model.safetensors",
          OPEN_CLIP,
          "open_clip_pytorch_model.safetensors",
          "pytorch_model.safetensors");

  private static final String INDEX = ".index.json";

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
   * @throws EngramException if there are no safetensors, with the way to convert what there is
   */
  static String weights(HubName model, Collection<String> names) {
    return weights(names).orElseThrow(() -> noWeights(model, names));
  }

  private static Optional<String> weights(Collection<String> names) {
    // Beside OpenCLIP's files model.safetensors may be an image tower alone: timm has it so.
    boolean openClip = names.contains(OPEN_CLIP) && names.contains("open_clip_config.json");
    Optional<String> known =
        Stream.concat(openClip ? Stream.of(OPEN_CLIP) : Stream.empty(), WEIGHTS.stream())
            .flatMap(w -> Stream.of(w, w + INDEX))
            .filter(names::contains)
            .findFirst();
    List<String> all = names.stream().filter(ModelFiles::isSafetensors).toList();
    return known.or(() -> all.size() == 1 ? Optional.of(all.get(0)) : Optional.empty());
  }

  /** A file of the repository's own folder, not of one within it. */
  private static boolean isSafetensors(String name) {
    return name.matches("[A-Za-z0-9_][A-Za-z0-9._-]*\\.safetensors");
  }

  static boolean isIndex(String weights) {
    return weights.endsWith(INDEX);
  }

  private static EngramException noWeights(HubName model, Collection<String> names) {
    List<String> several = names.stream().filter(ModelFiles::isSafetensors).sorted().toList();
    if (!several.isEmpty()) {
      return new EngramException(
          "%s has several files of weights (%s) and none is called model.safetensors; download the one that you want into a folder and give that."
              .formatted(model, String.join(", ", several)));
    }
    Optional<String> pickle =
        names.stream()
            .filter(n -> n.toLowerCase(Locale.ROOT).matches("[^/]*\\.(bin|pt|pth|ckpt|pkl)"))
            .min(String::compareTo);
    return new EngramException(
        pickle
            .map(file -> onlyPickles(model, file))
            .orElse(
                "%s holds no model: it has no safetensors, only %s."
                    .formatted(
                        model,
                        names.isEmpty()
                            ? "nothing"
                            : String.join(", ", names.stream().sorted().limit(5).toList()))));
  }

  /** A .bin of the hub is a pickle; what another file is, only its bytes tell. */
  private static String onlyPickles(HubName model, String file) {
    String beginning =
        "%s has no safetensors, only %s, a pickle or a TorchScript archive, which can run code when it is read, so Engram does not fetch it; look on its page for a pull request that adds safetensors (then %%model %s@refs/pr/NUMBER), or "
            .formatted(model, file, model.repository());
    String download =
        "from huggingface_hub import snapshot_download; d = snapshot_download('%s', local_dir='model')"
            .formatted(model.repository());
    return file.toLowerCase(Locale.ROOT).endsWith(".bin")
        ? beginning.replace("a pickle or a TorchScript archive", "a pickle")
            + "convert it in Python and load the folder: %s; import torch; from safetensors.torch import save_file; save_file({k: v.clone().contiguous() for k, v in torch.load(d + '/%s', weights_only=True).items()}, d + '/model.safetensors')."
                .formatted(download, file)
        : beginning
            + "download it in Python (%s) and load that folder, which says how to convert this file."
                .formatted(download);
  }

  /**
   * @param index a file of the index
   * @param names of all files of the repository
   * @return the shards that it names
   * @throws EngramException if it names none, or one that is no file of the repository
   */
  static List<String> shards(HubName model, Path index, Collection<String> names) {
    List<String> shards = shards(index);
    for (String shard : shards) {
      if (!isSafetensors(shard) || !names.contains(shard)) {
        throw new EngramException(
            "The index of %s names '%s', which is none of its safetensors; the repository is broken."
                .formatted(model, shard));
      }
    }
    if (shards.isEmpty()) {
      throw new EngramException("The index of " + model + " names no shards in weight_map.");
    }
    return shards;
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
    } else if (isIndex(weights.get())) {
      shards(folder.resolve(weights.get())).stream()
          .filter(shard -> !isSafetensors(shard) || !Files.exists(folder.resolve(shard)))
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
