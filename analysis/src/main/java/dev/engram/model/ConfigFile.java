package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import dev.engram.model.ClipConfig.Activation;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A configuration that is being read: its settings, each held against what it can be, and what is
 * to be noted of them.
 *
 * @param path the file, or the model's folder where there is none
 * @param root what is in it
 * @param notes gets what was inferred rather than read, one sentence each
 */
record ConfigFile(Path path, JsonNode root, List<String> notes) {
  /** The name of the file without its folder. */
  Path name() {
    return path.getFileName();
  }

  void note(String sentence) {
    notes.add(sentence);
  }

  /** Notes settings that are not read. */
  void noteUnread(List<String> unread) {
    if (!unread.isEmpty()) {
      int most = 8;
      note(
          "%s says what Engram does not know and did not read: %s%s."
              .formatted(
                  name(),
                  String.join(", ", unread.subList(0, Math.min(most, unread.size()))),
                  unread.size() > most ? " and %d more".formatted(unread.size() - most) : ""));
    }
  }

  /** A size that the file states; OpenCLIP may write both sides of a square. */
  int size(JsonNode c, String key, int otherwise) {
    JsonNode n = c.path(key);
    if (n.isArray() && n.size() == 2 && n.get(0).equals(n.get(1))) {
      n = n.get(0);
    }
    if (n.isMissingNode() || n.isNull()) {
      return otherwise;
    }
    if (!n.isIntegralNumber() || !n.canConvertToInt() || n.intValue() < 1) {
      throw wrong(key, c.path(key), "a whole number from 1");
    }
    return n.intValue();
  }

  double epsilon(JsonNode c, double otherwise) {
    JsonNode n = c.path("layer_norm_eps");
    if (n.isMissingNode() || n.isNull()) {
      return otherwise;
    }
    if (!n.isNumber() || !(n.doubleValue() >= 0 && n.doubleValue() < 1)) {
      throw wrong("layer_norm_eps", n, "a number from 0 to 1");
    }
    return n.doubleValue();
  }

  Activation activation(String name) {
    return switch (name) {
      case "quick_gelu" -> Activation.QUICK_GELU;
      case "gelu" -> Activation.GELU;
      case "gelu_pytorch_tanh" -> Activation.GELU_PYTORCH_TANH;
      default ->
          throw new EngramException(
              "The activation '%s' in %s is not implemented, expected quick_gelu, gelu or gelu_pytorch_tanh."
                  .formatted(name, path));
    };
  }

  EngramException wrong(String key, JsonNode got, String expected) {
    return new EngramException(
        "The configuration %s says %s %s, expected %s."
            .formatted(path, Settings.shown(key), Settings.shown(got.toString()), expected));
  }

  EngramException unknown(String type) {
    return UnreadFamilies.refusal(Stream.of(type), path)
        .orElseGet(
            () ->
                new EngramException(
                    "The architecture '%s' is not implemented: expected one of these: %s."
                        .formatted(type, Families.described())));
  }
}
