package dev.engram.sae;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.Progress;
import dev.engram.model.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** Writes small autoencoders as SAELens and ViT-Prisma do: of noise, or of what a test gives. */
final class SaeFixture {
  static final ObjectMapper JSON = new ObjectMapper();

  final int width;
  final int features;
  final Map<String, float[]> tensors = new LinkedHashMap<>();
  final Map<String, long[]> shapes = new LinkedHashMap<>();
  final ObjectNode config = JSON.createObjectNode();

  /** A standard one of SAELens, of small random weights. */
  SaeFixture(String hook, int width, int features, long seed) {
    this.width = width;
    this.features = features;
    Random random = new Random(seed);
    noise("W_enc", random, 0.3, width, features);
    noise("b_enc", random, 0.1, features);
    noise("W_dec", random, 0.3, features, width);
    noise("b_dec", random, 0.1, width);
    config.put("architecture", "standard").put("d_in", width).put("d_sae", features);
    config.put("hook_name", hook).put("activation_fn_str", "relu");
    config.put("normalize_activations", "none").putNull("hook_head_index");
  }

  /** Features that are ±1 times what is read, so that x̂ = x: {@code 2 width} of them. */
  static SaeFixture ofUnits(String hook, int width) {
    SaeFixture sae = new SaeFixture(hook, width, 2 * width, 0);
    float[] encoder = sae.put("W_enc", width, 2 * width);
    float[] decoder = sae.put("W_dec", 2 * width, width);
    sae.put("b_enc", 2 * width);
    sae.put("b_dec", width);
    for (int i = 0; i < width; i++) {
      encoder[i * 2 * width + i] = 1;
      encoder[i * 2 * width + width + i] = -1;
      decoder[i * width + i] = 1;
      decoder[(width + i) * width + i] = -1;
    }
    return sae;
  }

  /** A tensor of zeros. */
  float[] put(String name, long... shape) {
    int n = 1;
    for (long s : shape) {
      n *= (int) s;
    }
    float[] values = new float[n];
    tensors.put(name, values);
    shapes.put(name, shape);
    return values;
  }

  SaeFixture noise(String name, Random random, double scale, long... shape) {
    float[] values = put(name, shape);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (scale * random.nextGaussian());
    }
    return this;
  }

  SaeFixture set(String key, Object value) {
    config.set(key, JSON.valueToTree(value));
    return this;
  }

  SaeFixture without(String key) {
    config.remove(key);
    return this;
  }

  /** As SAELens writes it. */
  Path write(Path folder) throws IOException {
    return write(folder, "sae_weights.safetensors", "cfg.json");
  }

  Path write(Path folder, String weights, String json) throws IOException {
    Files.createDirectories(folder);
    SafetensorsWriter writer = new SafetensorsWriter();
    tensors.forEach(
        (name, values) ->
            writer.floats(name, Objects.requireNonNull(shapes.get(name)), () -> values));
    writer.write(folder.resolve(weights), Progress.NONE);
    Files.writeString(folder.resolve(json), JSON.writeValueAsString(config));
    return folder;
  }
}
