package dev.engram.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The names under which weights are looked for, in a folder and in a repository of the hub:
 * safetensors first, and where there are none PyTorch's own files.
 */
public final class WeightNames {
  private static final String INDEX = ".index.json";

  private static final List<String> SAFETENSORS =
      List.of(
          "model.safetensors",
          "open_clip_model.safetensors",
          // as the hub's converter names them
          "open_clip_pytorch_model.safetensors",
          "pytorch_model.safetensors");

  private static final List<String> PYTORCH =
      List.of("pytorch_model.bin", "open_clip_pytorch_model.bin", "model.pt");

  /** What trainers leave beside the weights. */
  private static final String NO_WEIGHTS =
      "(training_args|optimizer|scheduler|scaler|rng_state.*|.*\\.bpe\\.model)\\.\\w+|sentencepiece\\..*";

  /** The file of a repository of timm that holds the image tower alone, in either format. */
  private static final List<String> TIMM = List.of("model.safetensors", "pytorch_model.bin");

  private WeightNames() {}

  private static boolean isSafetensors(String name) {
    return name.matches("[^/\\\\\\p{Cntrl}]+\\.safetensors");
  }

  private static boolean isPyTorch(String name) {
    return name.matches("[^/\\\\\\p{Cntrl}]+\\.(?i:bin|pt|pth|ckpt)") && !name.matches(NO_WEIGHTS);
  }

  /** Whether a name is that of a list of shards. */
  public static boolean isIndex(String name) {
    return name.endsWith(INDEX);
  }

  /** Whether a list of shards may name this one: a plain name, of the format of the list. */
  public static boolean isShard(String name, String index) {
    boolean safetensors = index.endsWith(".safetensors" + INDEX);
    return safetensors ? isSafetensors(name) : isPyTorch(name);
  }

  /**
   * Finds the weights.
   *
   * @param names of all files of a folder
   * @param timm whether files under the plain names may hold an image tower alone, since timm
   *     stores it so beside OpenCLIP's
   * @return the file that holds the weights, or the index of its shards
   */
  public static Optional<String> of(Collection<String> names, boolean timm) {
    return known(SAFETENSORS, names, timm)
        .or(() -> single(safetensors(names)))
        .or(() -> known(PYTORCH, names, timm))
        .or(() -> safetensors(names).isEmpty() ? single(pyTorch(names)) : Optional.empty());
  }

  private static Optional<String> known(
      List<String> known, Collection<String> names, boolean timm) {
    Stream<String> first = timm ? known.stream().filter(n -> !TIMM.contains(n)) : known.stream();
    return first.flatMap(n -> Stream.of(n, n + INDEX)).filter(names::contains).findFirst();
  }

  private static List<String> safetensors(Collection<String> names) {
    return names.stream().filter(WeightNames::isSafetensors).sorted().toList();
  }

  private static List<String> pyTorch(Collection<String> names) {
    return names.stream().filter(WeightNames::isPyTorch).sorted().toList();
  }

  private static Optional<String> single(List<String> names) {
    return names.size() == 1 ? Optional.of(names.get(0)) : Optional.empty();
  }

  /** All weights among the names, for a sentence about which are meant. */
  public static List<String> all(Collection<String> names) {
    List<String> all = new ArrayList<>(safetensors(names));
    all.addAll(pyTorch(names));
    return all;
  }
}
