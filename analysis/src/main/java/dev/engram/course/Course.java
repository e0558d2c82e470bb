package dev.engram.course;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import dev.engram.Json;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The exercises whose answers can be compared. Their answers belong to one model, and were computed
 * with it.
 *
 * @param model the beginning of its hash
 * @param exercises in the order of the chapters
 */
public record Course(String model, List<Exercise> exercises) {
  /** Forbids changes. */
  public Course {
    exercises = List.copyOf(exercises);
  }

  /**
   * Reads a list of exercises.
   *
   * @param json as {@code tests/answers.py} writes it
   * @throws EngramException if it cannot be read
   */
  public static Course of(byte[] json) {
    try {
      JsonNode root = Json.parse(json);
      List<Exercise> all = new ArrayList<>();
      for (JsonNode each : root.path("exercises")) {
        all.add(exercise(each));
      }
      return new Course(root.path("model").asText(), all);
    } catch (IOException e) {
      throw new EngramException("The list of exercises cannot be read: " + Json.why(e) + ".", e);
    }
  }

  private static Exercise exercise(JsonNode node) {
    List<String> members = new ArrayList<>();
    node.path("members").forEach(hash -> members.add(hash.asText()));
    Map<String, String> mistakes = new LinkedHashMap<>();
    node.path("mistakes")
        .properties()
        .forEach(each -> mistakes.put(each.getKey(), each.getValue().asText()));
    return new Exercise(
        node.path("number").asText(),
        node.path("asks").asText(),
        Exercise.Kind.valueOf(node.path("kind").asText().toUpperCase(Locale.ROOT)),
        new BigDecimal(node.path("unit").asText("1")),
        node.path("tolerance").asInt(),
        node.path("right").asText(),
        members,
        mistakes,
        node.path("hint").asText(),
        node.path("why").asText());
  }

  /**
   * @param number of chapter and exercise: {@code 3.1}
   * @throws EngramException that names what there is, if there is none of that number
   */
  public Exercise exercise(String number) {
    return exercises.stream()
        .filter(each -> each.number().equals(number.strip()))
        .findFirst()
        .orElseThrow(
            () ->
                new EngramException(
                    "There is no exercise '"
                        + number
                        + "' to check; there are "
                        + exercises.stream().map(Exercise::number).collect(Collectors.joining(", "))
                        + "."));
  }
}
