package dev.engram.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import dev.engram.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names of ImageNet's classes by synset, in the order of their indices. */
final class ClassNames {
  private ClassNames() {}

  /**
   * @param file null for the 1,000 names that CLIP is asked with
   */
  static Map<String, String> of(@Nullable Path file) {
    if (file == null) {
      return ofLines(Resource.lines("imagenet.txt"), "imagenet.txt");
    }
    Map<String, String> names =
        file.toString().toLowerCase(Locale.ROOT).endsWith(".json")
            ? ofJson(file)
            : ofLines(IdList.lines(file), file.toString());
    if (names.isEmpty()) {
      throw new EngramException("The file of class names " + file + " is empty.");
    }
    return names;
  }

  static List<DatasetClass> classes(Map<String, String> names) {
    List<DatasetClass> classes = new ArrayList<>();
    names.forEach(
        (synset, title) ->
            classes.add(new DatasetClass(synset, title, Templates.fill(Templates.PHOTO, title))));
    return classes;
  }

  /** {@code n01440764 tench, Tinca tinca}: the first of several names. */
  private static Map<String, String> ofLines(List<String> lines, String file) {
    Map<String, String> names = new LinkedHashMap<>();
    for (String line : lines) {
      String[] parts = line.strip().split("[\\s,]+", 2);
      if (parts.length == 2) {
        put(names, parts[0], parts[1].replaceFirst(",.*", ""), file);
      } else if (!line.isBlank()) {
        throw new EngramException(
            "%s: a folder's name and a class's name are expected on each line, got '%s'."
                .formatted(file, line.strip()));
      }
    }
    return names;
  }

  /** <code>{"0": ["n01440764", "tench"], …}</code> */
  private static Map<String, String> ofJson(Path file) {
    Map<String, String> names = new LinkedHashMap<>();
    try {
      JsonNode tree = Json.parse(String.join("\n", IdList.lines(file)));
      for (int i = 0; i < tree.size(); i++) {
        JsonNode pair = tree.path(String.valueOf(i));
        if (pair.size() != 2) {
          throw new EngramException(
              "%s: \"%d\": [\"n01440764\", \"tench\"] is expected, got %s."
                  .formatted(file, i, pair));
        }
        put(names, pair.get(0).asText(), ImageSet.words(pair.get(1).asText()), file.toString());
      }
      return names;
    } catch (JsonProcessingException e) {
      throw new EngramException(file + " is not JSON.", e);
    }
  }

  private static void put(Map<String, String> names, String synset, String title, String file) {
    if (names.put(synset, title.strip()) != null) {
      throw new EngramException("%s names %s twice.".formatted(file, synset));
    }
  }
}
