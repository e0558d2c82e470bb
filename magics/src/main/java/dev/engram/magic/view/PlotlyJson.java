package dev.engram.magic.view;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;

/**
 * Brings a Plotly tree into the one form that plotly.js 3 and later reads: titles are {@code {text:
 * …}}, their fonts inside them, and numbers that JSON does not have are null.
 */
final class PlotlyJson {
  /** Under these names lies the user's own data, which is left as it is. */
  private static final Set<String> DATA = Set.of("customdata", "meta", "ids");

  private PlotlyJson() {}

  /** The same tree, changed in place where it must be. */
  static JsonNode normalised(JsonNode node) {
    if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        array.set(i, normalised(array.get(i)));
      }
    } else if (node instanceof ObjectNode object) {
      for (String name : List.copyOf(names(object))) {
        if (!DATA.contains(name)) {
          object.set(name, normalised(object.path(name)));
        }
      }
      title(object);
    } else if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
      return JsonNodeFactory.instance.nullNode();
    }
    return node;
  }

  private static List<String> names(ObjectNode object) {
    return object.properties().stream().map(e -> e.getKey()).toList();
  }

  private static void title(ObjectNode object) {
    if (object.path("title").isTextual()) {
      String text = object.path("title").asText();
      object.putObject("title").put("text", text);
    }
    JsonNode font = object.remove("titlefont");
    if (font != null) {
      object.withObject("/title").set("font", font);
    }
  }
}
