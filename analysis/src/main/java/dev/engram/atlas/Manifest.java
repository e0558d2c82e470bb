package dev.engram.atlas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.AtomicFile;
import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.trace.NeuronSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What an atlas is of: the model and the images by their hashes, the settings, the version of the
 * files. {@code manifest.json} in the folder of the atlas.
 *
 * @param model its name
 * @param modelHash SHA-256 of all that the model's numbers depend on
 * @param original the hash of the model that was edited; "" of a model without edits
 * @param caution a sentence that belongs under every number of the model; "" for none
 * @param space its neurons
 * @param set the name of the image set
 * @param setHash SHA-256 over the names and contents of the images that were read
 * @param images how many were read
 * @param labelled how many of them have a class
 * @param unreadable how many could not be read
 * @param halved how many blocks of images passed in smaller batches, since memory was full: their
 *     last bits are not those of whole blocks
 * @param classes how many classes have images
 * @param settings what was kept
 * @param dictionary of the words; "" where there are none
 * @param dictionaryHash SHA-256 of its words; "" where there are none, or an older Engram made it
 * @param made when, a date
 * @param key of the survey
 */
public record Manifest(
    String model,
    String modelHash,
    String original,
    String caution,
    NeuronSpace space,
    String set,
    String setHash,
    long images,
    long labelled,
    long unreadable,
    long halved,
    long classes,
    SurveySettings settings,
    String dictionary,
    String dictionaryHash,
    String made,
    String key) {
  /** Of the files of an atlas; raised whenever a column changes its meaning. */
  public static final int VERSION = 2;

  static final String FILE = "manifest.json";
  private static final String FORMAT = "engram-atlas";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** No model has more. */
  private static final long MOST_NEURONS = 20_000_000;

  static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(FILE));
  }

  /**
   * @throws EngramException if there is none, it is damaged, or of another version
   */
  static Manifest read(Path folder) {
    if (!isIn(folder)) {
      throw new EngramException(
          "There is no atlas in %s: it has no %s; %%survey makes one."
              .formatted(folder.toAbsolutePath(), FILE));
    }
    Path file = folder.resolve(FILE);
    JsonNode node = Json.object(file);
    if (!node.path("format").asText().equals(FORMAT)) {
      throw new EngramException("%s is no manifest of an atlas.".formatted(file));
    }
    int version = node.path("version").asInt();
    if (version != VERSION) {
      throw new EngramException(
          "The atlas %s is of version %s, and this Engram reads version %d; survey the images again (%%survey)."
              .formatted(folder, node.path("version").asText(), VERSION));
    }
    JsonNode model = node.path("model");
    JsonNode images = node.path("images");
    JsonNode settings = node.path("settings");
    NeuronSpace space =
        new NeuronSpace(
            count(model, "layers", file),
            count(model, "width", file),
            count(model, "ffn_width", file),
            count(model, "head_width", file));
    long neurons = space.layers() * ((long) space.width() + space.ffnWidth());
    if (neurons > MOST_NEURONS || space.width() % space.headWidth() != 0) {
      throw new EngramException("%s tells of a model that cannot be.".formatted(file));
    }
    return new Manifest(
        text(model, "name", file),
        text(model, "hash", file),
        model.path("original").asText(),
        model.path("caution").asText(),
        space,
        text(images, "set", file),
        text(images, "hash", file),
        images.path("read").asLong(),
        images.path("labelled").asLong(),
        images.path("unreadable").asLong(),
        images.path("halved_blocks").asLong(),
        images.path("classes").asLong(),
        new SurveySettings(
            settings.path("images").isInt() ? settings.path("images").asInt() : null,
            count(settings, "top", file),
            count(settings, "top_classes", file),
            settings.path("threshold").asDouble(Double.NaN),
            settings.path("patches").asBoolean()),
        node.path("dictionary").asText(),
        node.path("dictionary_hash").asText(),
        node.path("made").asText(),
        text(node, "survey", file));
  }

  private static int count(JsonNode node, String name, Path file) {
    int value = node.path(name).asInt();
    if (value < 1) {
      throw new EngramException("%s has no '%s' from 1.".formatted(file, name));
    }
    return value;
  }

  private static String text(JsonNode node, String name, Path file) {
    String value = node.path(name).asText();
    if (value.isEmpty()) {
      throw new EngramException("%s has no '%s'.".formatted(file, name));
    }
    return value;
  }

  void write(Path folder) throws IOException {
    ObjectNode node = JSON.createObjectNode();
    node.put("format", FORMAT).put("version", VERSION).put("made", made).put("survey", key);
    node.putObject("model")
        .put("name", model)
        .put("hash", modelHash)
        .put("original", original)
        .put("caution", caution)
        .put("layers", space.layers())
        .put("width", space.width())
        .put("ffn_width", space.ffnWidth())
        .put("head_width", space.headWidth());
    node.putObject("images")
        .put("set", set)
        .put("hash", setHash)
        .put("read", images)
        .put("labelled", labelled)
        .put("unreadable", unreadable)
        .put("halved_blocks", halved)
        .put("classes", classes);
    ObjectNode kept = node.putObject("settings");
    kept.put("images", settings.images())
        .put("top", settings.top())
        .put("top_classes", settings.classes())
        .put("threshold", settings.threshold())
        .put("patches", settings.patches())
        .put("reading", "literal")
        .put("block", SurveyedImages.BLOCK);
    ArrayNode edges = kept.putArray("histogram_edges");
    for (double edge : LogBins.edges()) {
      edges.add(edge);
    }
    node.put("dictionary", dictionary).put("dictionary_hash", dictionaryHash);
    AtomicFile.write(
        folder.resolve(FILE), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(node));
  }
}
