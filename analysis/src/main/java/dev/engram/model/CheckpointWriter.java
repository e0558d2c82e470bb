package dev.engram.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.AtomicFile;
import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Writes a model as a directory of Hugging Face's {@code CLIPModel}, whatever naming it was read
 * in, or of {@code SiglipModel}: safetensors in float32, configuration, tokenizer, image processor.
 * All weights are float32, since those of an edit need it and the others lose nothing.
 */
final class CheckpointWriter {
  /** What is copied as it is, where the model has it. */
  private static final List<String> COPIED =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "spiece.model",
          "preprocessor_config.json",
          "processor_config.json",
          "words.txt",
          Caution.FILE);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Checkpoint checkpoint;
  private final Clip clip;
  private final ClipConfig config;

  CheckpointWriter(Checkpoint checkpoint, Clip clip) {
    this.checkpoint = checkpoint;
    this.clip = clip;
    this.config = clip.config();
  }

  /** The directory appears under its name only when it is whole. */
  void write(Path given, Map<String, String> metadata, Progress progress) {
    checkExpressible();
    List<String> besideLayers = config.family().savedBesideLayers(checkpoint, config.hasText());
    Path directory = given.toAbsolutePath().normalize();
    try {
      checkEmpty(directory);
      // The folder that a link names is filled, and the link stays.
      Path real = Files.exists(directory) ? directory.toRealPath() : directory;
      Path parent = real.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      AtomicFile.folder(real, folder -> fill(folder, besideLayers, metadata, progress));
    } catch (IOException e) {
      Progress.checkInterrupt();
      throw new EngramException(
          "Cannot save the model in %s: %s.".formatted(directory, e.getMessage()), e);
    }
  }

  /** Whether weights and configuration say all that the model computes. */
  private void checkExpressible() {
    if (!clip.vision().suppressed().isEmpty()) {
      throw new EngramException(
          "A model that suppresses neurons in the residual stream cannot be saved, since no weights"
              + " express that; undo the residual removal of %s, or remove completely."
                  .formatted(clip.vision().suppressed()));
    }
    if (!hasOwnSize()) {
      throw new EngramException(
          "Images of %d px are not what the files of this model ask for, and a saved model has those files and the positions that were learned; load it without a resolution to save it."
              .formatted(config.imageSize()));
    }
  }

  /** Whether images have the size that the model's files ask for. */
  private boolean hasOwnSize() {
    int size = config.imageSize();
    Family family = config.family();
    return family.interpolatesPositions()
        ? ImageProcessor.of(checkpoint.directory, size, family, checkpoint.naming).crop() == size
        : !clip.isResized();
  }

  private void fill(
      Path folder, List<String> besideLayers, Map<String, String> metadata, Progress progress)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter();
    metadata.forEach(writer::metadata);
    tensors(besideLayers).forEach((name, t) -> writer.floats(name, t.shape, t.values));
    writer.write(folder.resolve("model.safetensors"), progress);
    copyFiles(folder);
    write(folder.resolve("config.json"), configuration());
  }

  private static void checkEmpty(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.isDirectory(directory)) {
      throw new EngramException(directory + " is a file; give a folder that is not there yet.");
    }
    try (Stream<Path> files = Files.list(directory)) {
      if (files.findAny().isPresent()) {
        throw new EngramException(
            "The folder %s is not empty; give one that is not there yet.".formatted(directory));
      }
    }
  }

  // ---------------------------------------------------------------- tensors

  private record Tensor(long[] shape, Supplier<float[]> values) {}

  private SortedMap<String, Tensor> tensors(List<String> besideLayers) {
    SortedMap<String, Tensor> all = new TreeMap<>();
    for (String name : besideLayers) {
      boolean optional =
          name.equals("logit_scale") || (name.startsWith("visual_") && !config.hasText());
      if (!optional || checkpoint.has(name)) {
        put(all, name);
      }
    }
    for (Weight.Kind kind : Weight.Kind.of(config.vision())) {
      for (int l = 0; config.hasText() && l < config.text().layers(); l++) {
        put(all, "text_model.encoder.layers." + l + "." + kind.tensor());
      }
      for (int l = 0; l < config.vision().layers(); l++) {
        Weight w = new Weight(l, kind);
        long[] shape = kind.shape(config.vision());
        StoredTensor as = saved(w.tensor());
        all.put(as.name(), new Tensor(shape, () -> clip.values(w)));
        if (!as.scale().isEmpty()) { // it is multiplied into the values
          all.put(as.scale(), new Tensor(new long[] {shape[0]}, () -> ones((int) shape[0])));
        }
      }
    }
    return all;
  }

  private void put(SortedMap<String, Tensor> all, String name) {
    long[] stored = checkpoint.shape(name);
    boolean scalar = name.equals("logit_scale") && config.family().hasScalarLogitScale();
    long[] shape = scalar ? new long[0] : stored;
    StoredTensor as = saved(name);
    all.put(
        as.name(),
        new Tensor(
            as.storedShape(shape),
            () -> {
              try (var array = checkpoint.tensor(clip.manager(), name, stored)) {
                return array.toFloatArray();
              }
            }));
  }

  /** Names of transformers stay as they are; all others become those of its CLIPModel. */
  private StoredTensor saved(String name) {
    return checkpoint.naming.isTransformers() ? checkpoint.stored(name) : StoredTensor.whole(name);
  }

  private static float[] ones(int n) {
    float[] ones = new float[n];
    Arrays.fill(ones, 1);
    return ones;
  }

  // ---------------------------------------------------------------- other files

  private void copyFiles(Path to) throws IOException {
    Path from = checkpoint.directory;
    // a file of transformers is not what OpenCLIP's weights were read with
    boolean copiesProcessor = clip.processor().rule() == CropRule.TRANSFORMERS;
    for (String name : COPIED) {
      if (Files.isRegularFile(from.resolve(name))
          && (copiesProcessor || !name.contains("processor_config"))) {
        Files.copy(from.resolve(name), to.resolve(name));
      }
    }
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(CheckpointWriter::isLicence).toList()) {
        Files.copy(file, to.resolve(file.getFileName().toString()));
      }
    }
    if (!Files.exists(to.resolve("preprocessor_config.json"))
        && !Files.exists(to.resolve("processor_config.json"))) {
      write(to.resolve("preprocessor_config.json"), imageProcessor());
    }
    if (config.hasText() && !Files.exists(to.resolve("tokenizer_config.json"))) {
      write(
          to.resolve("tokenizer_config.json"),
          JSON.createObjectNode()
              .put("tokenizer_class", "CLIPTokenizer")
              .put("model_max_length", config.contextLength()));
    }
  }

  private static boolean isLicence(Path file) {
    return Files.isRegularFile(file)
        && file.getFileName().toString().matches("(?i)(licen[cs]e|notice)s?(\\.\\w+)?");
  }

  private static void write(Path file, ObjectNode json) throws IOException {
    JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), json);
  }

  private ObjectNode imageProcessor() {
    ImageProcessor p = clip.processor();
    ObjectNode node =
        JSON.createObjectNode()
            .put("image_processor_type", "CLIPImageProcessor")
            .put("do_convert_rgb", true)
            .put("do_resize", true)
            .put("resample", p.filter().number())
            .put("do_center_crop", true)
            .put("do_rescale", true)
            .put("rescale_factor", 1 / 255.0)
            .put("do_normalize", true);
    ObjectNode size = node.putObject("size");
    if (p.squash()) {
      size.put("height", p.size()).put("width", p.size());
    } else {
      size.put("shortest_edge", p.size());
    }
    node.putObject("crop_size").put("height", p.crop()).put("width", p.crop());
    ArrayNode mean = node.putArray("image_mean");
    p.mean().forEach(m -> mean.add(m.doubleValue()));
    ArrayNode std = node.putArray("image_std");
    p.std().forEach(s -> std.add(s.doubleValue()));
    if (p.rule() == CropRule.TORCHVISION && !p.squash()) {
      // transformers has no such rule and passes over the key; Engram reads it again
      node.put(ImageProcessor.RULE_KEY, p.rule().title());
    }
    return node;
  }

  private ObjectNode configuration() {
    Path given = checkpoint.directory.resolve("config.json");
    if (checkpoint.naming.isTransformers() && Files.exists(given)) {
      ObjectNode copy = (ObjectNode) Json.object(given);
      copy.remove(List.of("dtype", "torch_dtype"));
      return copy.put("torch_dtype", "float32");
    }
    if (!config.hasText()) {
      ObjectNode root = tower(JSON.createObjectNode(), config.vision());
      root.putArray("architectures")
          .add(
              checkpoint.has("visual_projection.weight")
                  ? "CLIPVisionModelWithProjection"
                  : "CLIPVisionModel");
      return root.put("model_type", "clip_vision_model")
          .put("num_channels", 3)
          .put("image_size", config.imageSize())
          .put("patch_size", config.patchSize())
          .put("torch_dtype", "float32");
    }
    ObjectNode root =
        JSON.createObjectNode()
            .put("model_type", "clip")
            .put("projection_dim", config.projectionWidth())
            .put("torch_dtype", "float32");
    root.putArray("architectures").add("CLIPModel");
    tower(root.putObject("vision_config"), config.vision())
        .put("model_type", "clip_vision_model")
        .put("num_channels", 3)
        .put("image_size", config.imageSize())
        .put("patch_size", config.patchSize());
    tower(root.putObject("text_config"), config.text())
        .put("model_type", "clip_text_model")
        .put("vocab_size", config.vocabularySize())
        .put("max_position_embeddings", config.contextLength())
        // 2 is transformers' sign for "the largest id", as in OpenAI's code
        .put("eos_token_id", config.endOfTextId() < 0 ? 2 : config.endOfTextId());
    return root;
  }

  private ObjectNode tower(ObjectNode node, ClipConfig.Tower tower) {
    return node.put("hidden_size", tower.width())
        .put("intermediate_size", tower.ffnWidth())
        .put("num_hidden_layers", tower.layers())
        .put("num_attention_heads", tower.heads())
        .put("hidden_act", tower.activation().configName())
        .put("layer_norm_eps", tower.layerNormEps())
        .put("projection_dim", config.projectionWidth());
  }
}
