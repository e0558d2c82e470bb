package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.course.Course;
import dev.engram.course.Exercise;
import dev.engram.data.Entity;
import dev.engram.magic.view.View;
import dev.engram.trace.Neuron;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import javax.lang.model.SourceVersion;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code %check}: compares an answer to an exercise of the course with the right one. */
@Command(
    name = "check",
    description = "Check your answer to an exercise of the chapters; alone, list the exercises.",
    footer = {
      "",
      "The answer is a value, or the name of a variable that holds it: a number, a neuron, a",
      "word, an entity, or a list or set of neurons. A wrong one gets a hint and never the right",
      "one. The right ones are those of the embedded model without edits."
    })
@HelpPage(
    theme = Theme.SESSION,
    examples = {"%check", "%check 1.1 3"})
final class CheckCommand implements EngramMagic {
  private static final String EXERCISES = "exercises.json";

  @Parameters(
      arity = "0..1",
      index = "0",
      paramLabel = "EXERCISE",
      description = "Its chapter and number: 3.1.")
  private @Nullable String exercise;

  @Parameters(
      arity = "0..*",
      index = "1..*",
      paramLabel = "ANSWER",
      description = "A value, {{x}}, or a variable's name.")
  private List<String> answer = List.of();

  @Override
  public View run(MagicContext context) {
    Course course = course();
    if (exercise == null) {
      return View.preformatted(list(course));
    }
    Exercise asked = course.exercise(exercise);
    if (answer.isEmpty()) {
      throw new EngramException(
          "%%check %s needs your answer: %s. Write %%check %s VALUE, or the name of a variable."
              .formatted(asked.number(), asked.asks(), asked.number()));
    }
    Exercise.Verdict verdict = asked.check(value(context.host()));
    return View.text(
        "%s: %s. %s"
            .formatted(
                asked.number(), verdict.isRight() ? "right" : "not yet", verdict.sentence()));
  }

  /** The exercises that can be checked. */
  static Course course() {
    try (InputStream in = CheckCommand.class.getResourceAsStream(EXERCISES)) {
      if (in == null) {
        throw new EngramException("The list of exercises is missing in this build of Engram.");
      }
      return Course.of(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("The list of exercises cannot be read: " + e, e);
    }
  }

  private static String list(Course course) {
    List<String> lines = new ArrayList<>(List.of("%check EXERCISE ANSWER tells whether it is so:"));
    for (Exercise each : course.exercises()) {
      lines.add("%5s  %s".formatted(each.number(), each.asks()));
    }
    return String.join("\n", lines);
  }

  /** What was typed, or what the variable of that name holds, if that can be an answer. */
  private String value(Host host) {
    String typed = String.join(" ", answer);
    if (!SourceVersion.isIdentifier(typed) || SourceVersion.isKeyword(typed)) {
      return typed;
    }
    try {
      String held = text(host.variable(typed));
      return held == null ? typed : held;
    } catch (EngramException e) {
      return typed; // a word, and no variable
    }
  }

  /** A value as an answer; null if it can be none. */
  private static @Nullable String text(@Nullable Object value) {
    if (value instanceof Collection<?> several) {
      return several.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }
    if (value instanceof Entity entity) {
      return entity.name();
    }
    return value instanceof Number || value instanceof Neuron || value instanceof String
        ? value.toString()
        : null;
  }
}
