package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A model directory: finds the weights (single or sharded safetensors), tells which naming scheme
 * they use, and hands out every tensor under one name and orientation. Names here are those of
 * Hugging Face's {@code CLIPModel} and {@code SiglipModel}; OpenAI's, OpenCLIP's and those of
 * timm's image towers in OpenCLIP are mapped onto them.
 */
final class Checkpoint {
  /** Who named the tensors. */
  enum Naming {
    HUGGING_FACE("Hugging Face"),
    OPENAI("OpenAI / OpenCLIP"),
    OPENCLIP_CUSTOM_TEXT("OpenCLIP, custom text"),
    OPENCLIP_TIMM("OpenCLIP, timm images");

    final String title;

    Naming(String title) {
      this.title = title;
    }
  }

  private static final List<String> WEIGHT_FILES =
      List.of(
          "model.safetensors",
          "open_clip_model.safetensors",
          // as the hub's converter names them
          "open_clip_pytorch_model.safetensors",
          "pytorch_model.safetensors");

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
  private record Place(Safetensors file, String name) {}

  /** By name, without what wrappers put before it. */
  private final Map<String, Place> tensors = new LinkedHashMap<>();

  /** Names of the tensors that somebody asked for. */
  private final Set<String> read = ConcurrentHashMap.newKeySet();

  private Checkpoint(Path directory, List<Path> files) {
    this.directory = directory;
    this.files = files;
    Map<String, Safetensors> stored = new LinkedHashMap<>();
    for (Path file : files) {
      Safetensors st = Safetensors.open(file);
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
    UnreadTensors.refuseKnown(this, tensors.keySet());
    if (tensors.containsKey("vision_model.embeddings.class_embedding")
        || tensors.containsKey("vision_model.head.probe")) {
      naming = Naming.HUGGING_FACE;
    } else if (tensors.containsKey("visual.trunk.patch_embed.proj.weight")) {
      naming = Naming.OPENCLIP_TIMM;
    } else if (tensors.containsKey("visual.class_embedding")) {
      naming =
          tensors.containsKey("text.token_embedding.weight")
              ? Naming.OPENCLIP_CUSTOM_TEXT
              : Naming.OPENAI;
    } else {
      throw new EngramException(
          "Not a CLIP with a vision transformer: expected a tensor"
              + " vision_model.embeddings.class_embedding or visual.class_embedding in "
              + directory
              + ", found "
              + tensors.keySet().stream().sorted().limit(3).toList()
              + " and others; Engram reads CLIPModel, SiglipModel, OpenAI and OpenCLIP checkpoints.");
    }
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
   * @throws EngramException if there are no safetensors in it, or they are damaged
   */
  static Checkpoint open(Path given) {
    Path directory = given.toAbsolutePath().normalize();
    if (!Files.isDirectory(directory)) {
      throw new EngramException(
          (Files.exists(directory) ? directory + " is a file" : "There is no folder " + directory)
              + "; give a folder that holds model.safetensors and config.json.");
    }
    ModelFolder.check(directory);
    for (String name : weightFiles(directory)) {
      Path index = directory.resolve(name + ".index.json");
      if (Files.exists(directory.resolve(name))) {
        return new Checkpoint(directory, List.of(directory.resolve(name)));
      } else if (Files.exists(index)) {
        return new Checkpoint(directory, shards(directory, index));
      }
    }
    List<Path> all = ModelFolder.list(directory);
    List<Path> safetensors =
        all.stream().filter(p -> p.toString().endsWith(".safetensors")).toList();
    if (safetensors.size() == 1) {
      return new Checkpoint(directory, safetensors);
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

  /** Whether a tensor is there, by its Hugging Face name. */
  boolean has(String name) {
    return tensors.containsKey(stored(name).name);
  }

  /** The names in the files, without what wrappers put before them. */
  Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  /** Those of {@link #names} that {@link #tensor} has not given out. */
  Set<String> unread() {
    Set<String> rest = new TreeSet<>(tensors.keySet());
    rest.removeAll(read);
    return rest;
  }

  /** Whether there is any tensor of a text tower. */
  boolean hasText() {
    List<String> roots =
        switch (naming) {
          case HUGGING_FACE -> List.of("text_model.");
          case OPENAI -> List.of("transformer.", "token_embedding.", "positional_embedding");
          case OPENCLIP_CUSTOM_TEXT, OPENCLIP_TIMM -> List.of("text.");
        };
    return tensors.keySet().stream().anyMatch(n -> roots.stream().anyMatch(n::startsWith));
  }

  /**
   * @return the shape that a tensor has under its Hugging Face name
   * @throws EngramException if it is missing; the message gives the name in the file
   */
  long[] shape(String name) {
    Stored s = stored(name);
    Place place = place(s);
    long[] shape = place.file.shape(place.name);
    if (s.third >= 0 && shape.length > 0) {
      shape[0] /= 3;
    }
    if (s.ones > 0 && shape.length > s.ones) {
      return Arrays.copyOfRange(shape, s.ones, shape.length);
    }
    return s.transposed && shape.length == 2 ? new long[] {shape[1], shape[0]} : shape;
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
    String first = stored(tower + ".encoder.layers.0.layer_norm1.weight").name;
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
            .formatted(stored(name).name, directory, expected, Arrays.toString(shape)));
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
    Stored s = stored(name);
    if (s.absent) {
      return manager.zeros(new Shape(expected));
    }
    Place place = place(s);
    long[] shape = place.file.shape(place.name);
    long[] wanted = expected.clone(); // as it is stored
    if (s.ones > 0) {
      wanted = new long[s.ones + expected.length];
      Arrays.fill(wanted, 0, s.ones, 1);
      System.arraycopy(expected, 0, wanted, s.ones, expected.length);
    } else if (s.third >= 0) {
      wanted[0] *= 3;
    } else if (s.transposed) {
      wanted = new long[] {expected[1], expected[0]};
    }
    if (!Arrays.equals(shape, wanted)) {
      throw wrongShape(name, Arrays.toString(wanted), shape);
    }
    read.add(s.name);
    NDArray stored = place.file.floats(manager, place.name);
    if (s.ones > 0) {
      try (stored) {
        return stored.reshape(expected);
      }
    }
    if (s.third < 0 && !s.transposed) {
      return stored;
    }
    try (stored;
        NDArray part =
            s.third < 0
                ? stored.transpose()
                : stored.get(s.third * expected[0] + ":" + (s.third + 1) * expected[0])) {
      // A copy row by row: duplicate() would keep the strides of a transposed view.
      try (NDArray rows = part.reshape(-1).duplicate()) {
        return rows.reshape(expected);
      }
    }
  }

  private Place place(Stored s) {
    Place place = tensors.get(s.name);
    if (place == null) {
      throw new EngramException(
          "The tensor "
              + s.name
              + " is missing in "
              + directory
              + " ("
              + tensors.size()
              + " tensors in "
              + naming.title
              + " naming).");
    }
    return place;
  }

  /**
   * How a tensor is stored.
   *
   * @param name in the file
   * @param transposed (in, out) instead of (out, in)
   * @param third which third of the rows, for the joint W_q, W_k, W_v; -1 for all of it
   * @param ones leading dimensions of 1 that it has there
   * @param absent not stored because it is 0, as b_k of EVA-CLIP
   */
  private record Stored(String name, boolean transposed, int third, int ones, boolean absent) {
    Stored(String name, boolean transposed, int third) {
      this(name, transposed, third, 0, false);
    }
  }

  private Stored stored(String name) {
    if (naming == Naming.HUGGING_FACE) {
      return new Stored(name, false, -1);
    }
    if (naming == Naming.OPENCLIP_TIMM && name.startsWith("vis")) {
      return timm(name);
    }
    boolean vision = name.startsWith("vision_model.") || name.startsWith("visual_projection");
    String prefix = vision ? "visual." : naming == Naming.OPENAI ? "" : "text.";
    switch (name) {
      case "logit_scale":
        return new Stored(name, false, -1);
      case "visual_projection.weight":
        return new Stored("visual.proj", true, -1);
      case "text_projection.weight":
        return new Stored(prefix + "text_projection", true, -1);
      default:
        String n =
            name.replaceFirst("^(vision|text)_model\\.", "")
                .replace("embeddings.class_embedding", "class_embedding")
                .replace("embeddings.patch_embedding", "conv1")
                .replace("embeddings.position_embedding.weight", "positional_embedding")
                .replace("embeddings.token_embedding", "token_embedding")
                .replace("pre_layrnorm", "ln_pre")
                .replace("post_layernorm", "ln_post")
                .replace("final_layer_norm", "ln_final")
                .replace("encoder.layers.", "transformer.resblocks.")
                .replace("layer_norm1", "ln_1")
                .replace("layer_norm2", "ln_2")
                .replace("mlp.fc1", "mlp.c_fc")
                .replace("mlp.fc2", "mlp.c_proj")
                .replace("self_attn.", "attn.");
        int third =
            n.contains(".q_proj.")
                ? 0
                : n.contains(".k_proj.") ? 1 : n.contains(".v_proj.") ? 2 : -1;
        return new Stored(prefix + n.replaceFirst("[qkv]_proj\\.", "in_proj_"), false, third);
    }
  }

  /** EVA-CLIP's image tower, as timm names it. */
  private Stored timm(String name) {
    String trunk = "visual.trunk.";
    if (name.endsWith("class_embedding")) {
      return new Stored(trunk + "cls_token", false, -1, 2, false);
    }
    if (name.endsWith("position_embedding.weight")) {
      return new Stored(trunk + "pos_embed", false, -1, 1, false);
    }
    boolean fused = tensors.containsKey(trunk + "blocks.0.attn.qkv.weight");
    boolean gated = tensors.containsKey(trunk + "blocks.0.mlp.fc1_x.weight");
    String n =
        trunk
            + name.replaceFirst("^vision_model\\.", "")
                .replace("embeddings.patch_embedding", "patch_embed.proj")
                .replace("visual_projection", "head")
                .replace("post_layernorm", "norm")
                .replace("encoder.layers.", "blocks.")
                .replace("layer_norm", "norm")
                .replace("self_attn.inner_norm", "attn.norm")
                .replace("self_attn.out_proj", "attn.proj")
                .replace("self_attn.", "attn.")
                .replace("mlp.inner_norm", "mlp.norm")
                .replace("mlp.fc1", gated ? "mlp.fc1_x" : "mlp.fc1")
                .replace("mlp.gate", "mlp.fc1_g");
    if (n.endsWith("k_proj.bias")) {
      return new Stored(n, false, -1, 0, true);
    }
    if (fused && n.endsWith("_proj.bias")) {
      return new Stored(n.replace("_proj.bias", "_bias"), false, -1);
    }
    if (fused && n.endsWith("_proj.weight")) {
      int third = List.of("q", "k", "v").indexOf(n.replaceFirst(".*\\.([qkv])_proj.*", "$1"));
      return new Stored(n.replaceFirst("[qkv]_proj", "qkv"), false, third);
    }
    return new Stored(n, false, -1);
  }
}
