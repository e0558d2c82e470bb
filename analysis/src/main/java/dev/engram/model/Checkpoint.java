package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A model directory: finds the weights (one file or shards, safetensors or PyTorch's own), tells
 * which naming scheme they use, and hands out every tensor under one name, Hugging Face's, and in
 * one orientation.
 */
final class Checkpoint {
  final Path directory;
  final Naming naming;

  /** The weight files, in order: what the model's hash is made of. */
  final List<Path> files;

  /**
   * What wrappers put before every name: PyTorch's data parallel training, torch.compile, and a
   * larger model of transformers that holds the CLIP.
   */
  private static final List<String> WRAPPERS = List.of("module.", "_orig_mod.", "clip.");

  /**
   * Where a tensor lies.
   *
   * @param name there, with what wrappers put before it
   */
  private record Place(TensorFile file, String name) {}

  /** By name, without what wrappers put before it. */
  private final Map<String, Place> tensors = new LinkedHashMap<>();

  /** Names of the tensors that somebody asked for. */
  private final Set<String> read = ConcurrentHashMap.newKeySet();

  private Checkpoint(Path directory, List<Path> files) {
    this.directory = directory;
    this.files = files;
    Map<String, TensorFile> stored = new LinkedHashMap<>();
    for (Path file : files) {
      TensorFile st = TensorFile.open(file);
      for (String name : st.names()) {
        if (stored.put(name, st) != null) {
          throw new EngramException(
              "The tensor %s is in %s and in another shard of %s; download the checkpoint again."
                  .formatted(name, file.getFileName(), directory));
        }
      }
    }
    String prefix = prefix(stored.keySet());
    // transformers 5 writes an image tower alone without the name of the tower
    String tower =
        stored.containsKey(prefix + "embeddings.patch_embedding.weight") ? "vision_model." : "";
    stored.forEach(
        (name, st) -> tensors.put(tower + name.substring(prefix.length()), new Place(st, name)));
    Optional<Naming> known =
        Families.namings().stream().filter(n -> n.isOf(tensors.keySet())).findFirst();
    UnreadTensors.refuseKnown(this, known);
    naming = known.orElseThrow(this::noClip);
  }

  private EngramException noClip() {
    return UnreadFamilies.refusal(tensors.keySet().stream(), directory).orElseGet(this::unknown);
  }

  private EngramException unknown() {
    return new EngramException(
        "Not a CLIP with a vision transformer: expected a tensor"
            + " vision_model.embeddings.class_embedding or visual.class_embedding in "
            + directory
            + ", found "
            + tensors.keySet().stream().sorted().limit(3).toList()
            + " and others; Engram reads CLIPModel, SiglipModel, Dinov2Model, ViTModel, OpenAI and"
            + " OpenCLIP checkpoints.");
  }

  /** What {@link #WRAPPERS} have put before all of the names. */
  private static String prefix(Set<String> names) {
    StringBuilder all = new StringBuilder();
    for (Optional<String> next = Optional.of(""); next.isPresent() && !names.isEmpty(); ) {
      all.append(next.get());
      next =
          WRAPPERS.stream()
              .filter(w -> names.stream().allMatch(n -> n.startsWith(all + w)))
              .findFirst();
    }
    return all.toString();
  }

  /**
   * @param given a model directory
   * @throws EngramException if there are no weights in it, or they are damaged
   */
  static Checkpoint open(Path given) {
    Path directory = given.toAbsolutePath().normalize();
    if (!Files.isDirectory(directory)) {
      throw new EngramException(
          (Files.exists(directory) ? directory + " is a file" : "There is no folder " + directory)
              + "; give a folder that holds weights (model.safetensors, pytorch_model.bin) and"
              + " config.json.");
    }
    return new Checkpoint(directory, WeightFiles.in(directory));
  }

  /** Whether a tensor is there, by its Hugging Face name. */
  boolean has(String name) {
    return tensors.containsKey(stored(name).name());
  }

  /** The names in the files, without what wrappers put before them. */
  Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  /** A sentence of each file that holds something besides weights. */
  List<String> notes() {
    return tensors.values().stream()
        .map(Place::file)
        .distinct()
        .flatMap(f -> f.note().stream())
        .toList();
  }

  /** Those of {@link #names} that {@link #tensor} has not given out. */
  Set<String> unread() {
    Set<String> rest = new TreeSet<>(tensors.keySet());
    rest.removeAll(read);
    return rest;
  }

  /** Whether there is any tensor of a text tower. */
  boolean hasText() {
    List<String> roots = naming.textRoots();
    return tensors.keySet().stream().anyMatch(n -> roots.stream().anyMatch(n::startsWith));
  }

  /**
   * The shape that a tensor has under its Hugging Face name.
   *
   * @throws EngramException if it is missing; the message gives the name in the file
   */
  long[] shape(String name) {
    StoredTensor s = stored(name);
    Place place = place(s);
    return s.shape(place.file.shape(place.name));
  }

  /**
   * @param dimensions how many the tensor must have
   * @return sizes that a model can be built of: from 1, within int
   * @throws EngramException if the tensor is missing or has another shape
   */
  int[] sizes(String name, int dimensions) {
    long[] shape = shape(name);
    if (shape.length != dimensions
        || Arrays.stream(shape).anyMatch(n -> n < 1 || n > Integer.MAX_VALUE)) {
      throw wrongShape(name, dimensions + " dimensions from 1", shape);
    }
    return Arrays.stream(shape).mapToInt(n -> (int) n).toArray();
  }

  /**
   * @param tower vision_model or text_model
   * @return the highest index of a layer of which there is any tensor, and 1 more
   */
  int layers(String tower) {
    String first = stored(tower + ".encoder.layers.0.layer_norm1.weight").name();
    String prefix = first.substring(0, first.indexOf("0."));
    return tensors.keySet().stream()
        .filter(n -> n.startsWith(prefix))
        .map(n -> n.substring(prefix.length()).replaceFirst("\\..*", ""))
        .filter(n -> n.matches("\\d{1,6}"))
        .mapToInt(n -> Integer.parseInt(n) + 1)
        .max()
        .orElse(0);
  }

  private EngramException wrongShape(String name, String expected, long[] shape) {
    return new EngramException(
        "Tensor %s has the wrong shape in %s: expected %s, got %s."
            .formatted(stored(name).name(), directory, expected, Arrays.toString(shape)));
  }

  /** The stored type of a tensor, by its Hugging Face name. */
  String dtype(String name) {
    Place place = place(stored(name));
    return place.file.dtype(place.name);
  }

  /**
   * @param manager owner of the array
   * @param name the Hugging Face name
   * @param expected the shape that it must have
   * @throws EngramException if the tensor is missing or has another shape
   */
  NDArray tensor(NDManager manager, String name, long... expected) {
    StoredTensor s = stored(name);
    if (s.absent()) {
      return manager.zeros(new Shape(expected));
    }
    Place place = place(s);
    long[] shape = place.file.shape(place.name);
    long[] wanted = s.storedShape(expected);
    if (!Arrays.equals(shape, wanted)) {
      throw wrongShape(name, Arrays.toString(wanted), shape);
    }
    read.add(s.name());
    NDArray array = s.of(place.file.floats(manager, place.name), expected);
    return s.scale().isEmpty() ? array : scaled(array, s.scale());
  }

  /** Every row of a matrix, or entry of a vector, times that of another tensor. */
  private NDArray scaled(NDArray array, String by) {
    NDManager manager = array.getManager();
    long rows = array.getShape().get(0);
    try (array;
        NDArray scale = tensor(manager, by, rows);
        NDArray column = array.getShape().dimension() == 2 ? scale.reshape(rows, 1) : scale) {
      return array.mul(column);
    }
  }

  private Place place(StoredTensor s) {
    Place place = tensors.get(s.name());
    if (place == null) {
      throw new EngramException(
          "The tensor "
              + s.name()
              + " is missing in "
              + directory
              + " ("
              + tensors.size()
              + " tensors in "
              + naming.title()
              + " naming).");
    }
    return place;
  }

  /** How the files keep a tensor, by its Hugging Face name. */
  StoredTensor stored(String name) {
    return naming.stored(name, tensors.keySet());
  }
}
