package dev.engram.edit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.model.Safetensors;
import dev.engram.model.SafetensorsWriter;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Edits in one file: a safetensors file whose metadata say what was done, where and from what, and
 * whose tensors are the changes. A rank-one edit takes a few kilobytes; each edit names the hash of
 * the model that it belongs to.
 */
public final class EditFile {
  private static final String KEY = "engram.edits";
  private static final int VERSION = 1;
  private static final ObjectMapper JSON = new ObjectMapper();

  private EditFile() {}

  /**
   * Writes edits in their order, in the place of a file of edits that may be there.
   *
   * @throws EngramException if there are none, another kind of file is there, or the file cannot be
   *     written; what was there is there still
   */
  public static void write(Path file, List<Edit> edits, Progress progress) {
    if (edits.isEmpty()) {
      throw new EngramException("There are no edits to save: the model is as it was read.");
    }
    checkReplaceable(file);
    ObjectNode root = JSON.createObjectNode().put("version", VERSION);
    ArrayNode list = root.putArray("edits");
    SafetensorsWriter writer = new SafetensorsWriter();
    for (int i = 0; i < edits.size(); i++) {
      Edit edit = edits.get(i);
      ObjectNode node =
          list.addObject()
              .put("method", edit.method().name())
              .put("title", edit.title())
              .put("model", edit.model());
      ArrayNode suppressed = node.putArray("suppressed");
      edit.suppressed().forEach(n -> suppressed.add(n.toString()));
      ObjectNode provenance = node.putObject("provenance");
      edit.provenance().entries().forEach(provenance::put);
      edit.provenance().caution().ifPresent(c -> node.put("caution", c));
      ArrayNode changes = node.putArray("changes");
      for (Map.Entry<Weight, Edit.Change> e : edit.changes().entrySet()) {
        ObjectNode change =
            changes
                .addObject()
                .put("layer", e.getKey().layer())
                .put("kind", e.getKey().kind().name())
                .put("before", e.getValue().before());
        write(change, "edit." + i + "." + e.getKey().tensor(), e.getValue().what(), writer);
      }
    }
    writer.metadata(KEY, root.toString()).write(file, progress);
  }

  /** A name mistyped must not cost a model or a page of notes. */
  private static void checkReplaceable(Path file) {
    if (Files.isDirectory(file)) {
      throw new EngramException(file + " is a folder; give the name of a file.");
    }
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !isEdits(file)) {
      throw new EngramException(
          "The file %s exists and holds no edits that Engram wrote; give another name or delete it."
              .formatted(file));
    }
  }

  private static boolean isEdits(Path file) {
    try {
      return Safetensors.open(file).metadata().containsKey(KEY);
    } catch (EngramException e) {
      return false; // what cannot be read is not replaced
    }
  }

  private static void write(
      ObjectNode node, String tensor, WeightChange change, SafetensorsWriter writer) {
    if (change instanceof WeightChange.LowRank c) {
      node.put("change", "low_rank").put("tensor", tensor);
      int rank = c.rank();
      writer.doubles(tensor + ".left", new long[] {c.left().length / rank, rank}, c::left);
      writer.doubles(tensor + ".right", new long[] {rank, c.right().length / rank}, c::right);
    } else if (change instanceof WeightChange.ZeroColumns c) {
      ArrayNode columns = node.put("change", "zero_columns").putArray("columns");
      for (int column : c.which()) {
        columns.add(column);
      }
    } else if (change instanceof WeightChange.Values c) {
      node.put("change", "values").put("tensor", tensor);
      writer.floats(tensor, new long[] {c.values().length}, c::values);
    } else {
      throw new IllegalStateException("an unknown change: " + change.getClass());
    }
  }

  /**
   * Reads edits; {@link EditHistory#applyAll} then says whether they fit a model.
   *
   * @throws EngramException if the file is missing, damaged or holds no edits
   */
  public static List<Edit> read(Path file) {
    Safetensors tensors = Safetensors.open(file);
    String text = tensors.metadata().get(KEY);
    if (text == null) {
      throw new EngramException(file + " holds no edits; expected a file that Engram saved.");
    }
    try {
      JsonNode root = Json.parse(text);
      if (root.path("version").asInt() != VERSION) {
        throw damaged(file, "version " + root.path("version") + ", expected " + VERSION);
      }
      List<Edit> edits = new ArrayList<>();
      for (JsonNode node : root.path("edits")) {
        edits.add(edit(node, tensors));
      }
      return edits;
    } catch (JsonProcessingException e) {
      throw damaged(file, Json.why(e));
    } catch (IllegalArgumentException e) {
      throw damaged(file, String.valueOf(e.getMessage()));
    }
  }

  private static EngramException damaged(Path file, String why) {
    return new EngramException(
        "Cannot read the edits in %s: %s.".formatted(file, why.replaceAll("\\s+", " ")));
  }

  private static Edit edit(JsonNode node, Safetensors tensors) {
    TreeMap<Weight, Edit.Change> changes = new TreeMap<>();
    for (JsonNode c : node.path("changes")) {
      Weight weight =
          new Weight(c.path("layer").asInt(-1), Weight.Kind.valueOf(c.path("kind").asText()));
      changes.put(weight, new Edit.Change(c.path("before").asText(), change(c, tensors)));
    }
    List<Neuron> suppressed = new ArrayList<>();
    node.path("suppressed").forEach(n -> suppressed.add(Neuron.parse(n.asText())));
    Map<String, String> provenance = new LinkedHashMap<>();
    node.path("provenance")
        .properties()
        .forEach(e -> provenance.put(e.getKey(), e.getValue().asText()));
    return new Edit(
        Edit.Method.valueOf(node.path("method").asText()),
        node.path("title").asText(),
        node.path("model").asText(),
        changes,
        suppressed,
        new Provenance(provenance, Optional.ofNullable(node.get("caution")).map(JsonNode::asText)));
  }

  private static int rank(long[] shape) {
    if (shape.length != 2 || shape[0] < 1) {
      throw new IllegalArgumentException(
          "the right factor of a low-rank change has a row for each of its ranks, got the shape "
              + Arrays.toString(shape));
    }
    return Math.toIntExact(shape[0]);
  }

  private static WeightChange change(JsonNode node, Safetensors tensors) {
    String tensor = node.path("tensor").asText();
    return switch (node.path("change").asText()) {
      case "low_rank" ->
          new WeightChange.LowRank(
              rank(tensors.shape(tensor + ".right")),
              tensors.doubles(tensor + ".left"),
              tensors.doubles(tensor + ".right"));
      case "zero_columns" -> {
        int[] columns = new int[node.path("columns").size()];
        Arrays.setAll(columns, i -> node.path("columns").get(i).asInt(-1));
        yield new WeightChange.ZeroColumns(columns);
      }
      case "values" -> {
        double[] wide = tensors.doubles(tensor);
        float[] values = new float[wide.length];
        for (int i = 0; i < wide.length; i++) {
          values[i] = (float) wide[i];
        }
        yield new WeightChange.Values(values);
      }
      default ->
          throw new IllegalArgumentException(
              "an unknown change '" + node.path("change").asText() + "'");
    };
  }
}
