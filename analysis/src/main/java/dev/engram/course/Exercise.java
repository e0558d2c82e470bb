package dev.engram.course;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.Sha256;
import dev.engram.trace.Neuron;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * A question of a chapter, with its right answer as a hash, so that the answer cannot be read. A
 * mistake is recognised by what it does to the right answer: if the answer with its sign turned is
 * right, the sign was wrong.
 *
 * @param number of chapter and exercise: {@code 3.1}
 * @param asks what is wanted, in words
 * @param kind what an answer is
 * @param unit of a number: answers are rounded to it; 1 for counts
 * @param tolerance by how many units an answer may differ
 * @param right hash of the right answer
 * @param members hashes of the neurons of a set, else empty
 * @param mistakes hashes of wrong answers that are likely, with what each tells
 * @param hint what to look at, if the mistake is not known
 * @param why one sentence, told with a right answer
 */
public record Exercise(
    String number,
    String asks,
    Kind kind,
    BigDecimal unit,
    int tolerance,
    String right,
    List<String> members,
    Map<String, String> mistakes,
    String hint,
    String why) {
  private static final String MINUS = "−";

  /** What an answer is. */
  public enum Kind {
    /** A count, or a number that is rounded. */
    NUMBER,
    /** A neuron by its name. */
    NEURON,
    /** Several neurons, in any order. */
    NEURONS,
    /** A word, or the name of an entity or category. */
    NAME
  }

  /**
   * What is said of an answer.
   *
   * @param isRight whether it is the right one, within the tolerance
   * @param sentence why the answer matters, or a hint that does not give it away
   */
  public record Verdict(boolean isRight, String sentence) {}

  /** Forbids changes. */
  public Exercise {
    members = List.copyOf(members);
    mistakes = Map.copyOf(mistakes);
  }

  /**
   * Compares an answer with the right one.
   *
   * @param answer as it is typed: {@code 0.58}, {@code 58 %}, {@code L5F237}, {@code [L5F1, L5F2]}
   * @throws EngramException if it is not of the kind that is asked for
   */
  public Verdict check(String answer) {
    return switch (kind) {
      case NUMBER -> number(answer);
      case NEURON -> neuron(neuronOf(answer));
      case NEURONS -> neurons(answer);
      case NAME -> name(answer);
    };
  }

  /**
   * @param number of the exercise
   * @param text an answer in its one spelling
   * @return what stands for it in a list of exercises
   */
  public static String hash(String number, String text) {
    return Sha256.of((number + " " + text).getBytes(UTF_8)).substring(0, 16);
  }

  private Verdict number(String answer) {
    BigDecimal given = numberOf(answer);
    if (isNear(given, right)) {
      return new Verdict(true, why);
    }
    for (Map.Entry<String, String> mistake : mistakes.entrySet()) {
      if (isNear(given, mistake.getKey())) {
        return wrong(mistake.getValue());
      }
    }
    if (isNear(given.negate(), right)) {
      return wrong("The size is right. Look at the sign.");
    }
    if (isNear(given.movePointLeft(2), right) || isNear(given.movePointRight(2), right)) {
      return wrong("The digits are right. Is it a share, from 0 to 1, or a percentage?");
    }
    if (unit.compareTo(BigDecimal.ONE) < 0 && isNear(BigDecimal.ONE.subtract(given), right)) {
      return wrong("That is what is left of 1. Asked is the other part.");
    }
    return wrong(hint);
  }

  private boolean isNear(BigDecimal value, String hash) {
    long units = value.divide(unit, 0, RoundingMode.HALF_EVEN).longValue();
    return LongStream.rangeClosed(units - tolerance, units + tolerance)
        .anyMatch(n -> hash(number, String.valueOf(n)).equals(hash));
  }

  private BigDecimal numberOf(String answer) {
    String text = answer.strip().replace(MINUS, "-");
    boolean percent = text.endsWith("%");
    try {
      BigDecimal value = new BigDecimal(text.replaceAll("%$", "").strip().replace(",", ""));
      if (value.precision() - value.scale() > 15) {
        throw new NumberFormatException("too large");
      }
      return percent ? value.movePointLeft(2) : value;
    } catch (NumberFormatException e) {
      throw new EngramException(
          unfit("a number, as 12 or 0.34 (with a point, not a comma)", answer), e);
    }
  }

  private Verdict neuron(Neuron given) {
    if (is(given)) {
      return new Verdict(true, why);
    }
    String known = mistakes.get(hash(number, given.toString()));
    if (known != null) {
      return wrong(known);
    }
    if (countsFromOne(given)) {
      return wrong("Near. Every index of Engram counts from 0: do yours count from 1?");
    }
    return members.contains(hash(number, place(given)))
        ? wrong("Layer and block are right, the neuron is another one.")
        : wrong(hint);
  }

  /** Whether it is the right one with one or more of its indices too high by 1. */
  private boolean countsFromOne(Neuron given) {
    for (int way = 1; way < 8; way++) {
      int layer = given.layer() - (way & 1);
      int head = given.head() - (way >> 1 & 1);
      int channel = given.channel() - (way >> 2 & 1);
      if (Math.min(layer, Math.min(head, channel)) >= 0
          && is(new Neuron(given.block(), layer, head, channel))) {
        return true;
      }
    }
    return false;
  }

  private boolean is(Neuron neuron) {
    return hash(number, neuron.toString()).equals(right);
  }

  /** The block that a neuron is in, as its name begins. */
  private static String place(Neuron neuron) {
    return neuron.toString().replaceFirst("(?<=[AF]).*", "");
  }

  private Neuron neuronOf(String answer) {
    String name = answer.strip().toUpperCase(Locale.ROOT);
    if (!Neuron.isName(name)) {
      throw new EngramException(unfit("a neuron, as L3F7 or L3A0H11", answer));
    }
    return Neuron.parse(name);
  }

  private Verdict neurons(String answer) {
    List<String> given =
        Arrays.stream(answer.replaceAll("[\\[\\]{},;]", " ").strip().split("\\s+"))
            .map(name -> neuronOf(name).toString())
            .distinct()
            .sorted()
            .toList();
    if (hash(number, String.join(" ", given)).equals(right)) {
      return new Verdict(true, why);
    }
    long found = given.stream().filter(n -> members.contains(hash(number, n))).count();
    return wrong(
        String.format(
            Locale.ROOT,
            "%d of your %d belong to the set%s. %s",
            found,
            given.size(),
            found < members.size() ? ", and some are missing" : "",
            hint));
  }

  private Verdict name(String answer) {
    String given = spelling(answer);
    if (given.isEmpty()) {
      throw new EngramException(unfit("a word or a name", answer));
    }
    String hash = hash(number, given);
    return hash.equals(right) ? new Verdict(true, why) : wrong(mistakes.getOrDefault(hash, hint));
  }

  /** A name as all its spellings have it: {@code Santa Claus} and {@code santa_claus}. */
  public static String spelling(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]", "");
  }

  private static Verdict wrong(String hint) {
    return new Verdict(false, hint);
  }

  private String unfit(String expected, String answer) {
    return "Exercise %s asks for %s: expected %s, got '%s'."
        .formatted(number, asks, expected, answer);
  }
}
