package dev.engram.reference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.model.Clip;
import dev.engram.model.Safetensors;
import dev.engram.trace.Neuron;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** One model of the reference set, with its inputs and expected values. */
final class ReferenceModel implements AutoCloseable {
  final String name;
  final Path directory;
  final Safetensors inputs;
  final Safetensors expected;
  final JsonNode json;
  final Clip clip;

  private ReferenceModel(Path directory) {
    this.directory = directory;
    name = directory.getFileName().toString();
    inputs = Safetensors.open(directory.resolve("inputs.safetensors"));
    expected = Safetensors.open(directory.resolve("expected.safetensors"));
    json = json(directory.resolve("expected.json"));
    clip = Clip.from(directory).device("cpu").load();
  }

  /** The root folder: the system property engram.reference, or the copy in the test resources. */
  static Path root() {
    String given = System.getProperty("engram.reference", "");
    return given.isEmpty() ? Path.of("src", "test", "resources", "reference") : Path.of(given);
  }

  /** Every folder below models/ that holds expected values of a whole CLIP. */
  static List<Path> discover() {
    Path models = root().resolve("models");
    if (!Files.isDirectory(models)) {
      return List.of();
    }
    try (Stream<Path> s = Files.list(models)) {
      return s.filter(p -> Files.exists(p.resolve("expected.safetensors")))
          .filter(p -> !json(p.resolve("expected.json")).path("extra").asBoolean(false))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a model has a tensor of every score, and not only of two readings. */
  static boolean hasEveryScore(Path model) {
    return Safetensors.open(model.resolve("expected.safetensors")).names().contains("attr.m_A");
  }

  static ReferenceModel open(Path directory) {
    return new ReferenceModel(directory);
  }

  private static JsonNode json(Path file) {
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean has(String tensor) {
    return expected.names().contains(tensor);
  }

  /** Images of an input tensor, each (3, S, S). */
  List<float[]> images(String tensor) {
    return Arrays.asList(rows(inputs, tensor));
  }

  /** Token ids of an input tensor, one row a text. */
  List<int[]> ids(String tensor) {
    List<int[]> out = new ArrayList<>();
    int width = (int) inputs.shape(tensor)[1];
    double[] all = inputs.doubles(tensor);
    for (int i = 0; i < all.length; i += width) {
      int[] row = new int[width];
      for (int j = 0; j < width; j++) {
        row[j] = (int) all[i + j];
      }
      out.add(row);
    }
    return out;
  }

  /** A tensor split along its first dimension. */
  static float[][] rows(Safetensors file, String tensor) {
    double[] all = file.doubles(tensor);
    int n = (int) file.shape(tensor)[0];
    int width = all.length / n;
    float[][] out = new float[n][width];
    for (int i = 0; i < all.length; i++) {
      out[i / width][i % width] = (float) all[i];
    }
    return out;
  }

  /** ["F", 1, 93] or ["A", 2, 45], the last number the column of the value vector. */
  Neuron neuron(JsonNode node) {
    Neuron.Block block = node.get(0).asText().equals("F") ? Neuron.Block.FFN : Neuron.Block.MSA;
    return Neuron.ofColumn(
        block, node.get(1).asInt(), node.get(2).asInt(), clip.config().vision().headWidth());
  }

  List<Neuron> neurons(JsonNode list) {
    List<Neuron> out = new ArrayList<>();
    list.forEach(n -> out.add(neuron(n)));
    return out;
  }

  @Override
  public void close() {
    clip.close();
  }
}
