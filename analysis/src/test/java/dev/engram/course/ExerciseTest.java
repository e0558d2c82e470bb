package dev.engram.course;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.EngramException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers are recognised in their spellings, and mistakes by what they do to the right one. */
class ExerciseTest {
  private static Exercise number(String unit, int tolerance, String right) {
    return new Exercise(
        "9.9",
        "a number",
        Exercise.Kind.NUMBER,
        new BigDecimal(unit),
        tolerance,
        Exercise.hash("9.9", right),
        List.of(),
        Map.of(Exercise.hash("9.9", "77"), "That is the other sum."),
        "Look again.",
        "It matters.");
  }

  private static Exercise other(Exercise.Kind kind, String right, String... members) {
    return new Exercise(
        "9.9",
        "a thing",
        kind,
        BigDecimal.ONE,
        0,
        Exercise.hash("9.9", right),
        List.of(members).stream().map(m -> Exercise.hash("9.9", m)).toList(),
        Map.of(),
        "Look again.",
        "It matters.");
  }

  @ParameterizedTest
  @CsvSource({
    "-0.50, It matters.",
    "−0.495, It matters.",
    "-50 %, It matters.",
    "0.50, The size is right. Look at the sign.",
    "-50, 'The digits are right. Is it a share, from 0 to 1, or a percentage?'",
    "1.5, That is what is left of 1. Asked is the other part.",
    "0.77, That is the other sum.",
    "0.1, Look again.",
    "-0.51, Look again."
  })
  void aNumberIsRoundedAndItsMistakesAreKnown(String answer, String said) {
    Exercise.Verdict verdict = number("0.01", 0, "-50").check(answer);
    assertEquals(said, verdict.sentence());
    assertEquals(said.equals("It matters."), verdict.isRight());
  }

  @Test
  void aToleranceIsOfUnits() {
    assertTrue(number("0.001", 1, "287").check("0.2883").isRight());
    assertFalse(number("0.001", 1, "287").check("0.2891").isRight());
    assertTrue(number("1e-10", 1, "11").check("1.0746E-9").isRight());
  }

  @ParameterizedTest
  @CsvSource({
    "L4F707, It matters.",
    "l4f707, It matters.",
    "L5F708, 'Near. Every index of Engram counts from 0: do yours count from 1?'",
    "L5F707, 'Near. Every index of Engram counts from 0: do yours count from 1?'",
    "L4F12, 'Layer and block are right, the neuron is another one.'",
    "L4A0H7, Look again."
  })
  void aNeuronCountedFromOneIsToldSo(String answer, String said) {
    assertEquals(
        said, other(Exercise.Kind.NEURON, "L4F707", "L4F").check(answer).sentence(), answer);
  }

  @Test
  void aSetIsTheSameInAnyOrder() {
    Exercise set = other(Exercise.Kind.NEURONS, "L4F1 L5A0H2", "L4F1", "L5A0H2");
    assertTrue(set.check("[L5A0H2, L4F1]").isRight());
    assertTrue(set.check("L5A0H2 L4F1 L4F1").isRight());
    assertEquals(
        "1 of your 2 belong to the set, and some are missing. Look again.",
        set.check("L4F1, L3F3").sentence());
    assertEquals(
        "2 of your 3 belong to the set. Look again.", set.check("L4F1 L3F3 L5A0H2").sentence());
  }

  @Test
  void aNameHasManySpellings() {
    Exercise name = other(Exercise.Kind.NAME, "santaclaus");
    for (String each : List.of("santa_claus", "Santa Claus", "\"santa claus\"")) {
      assertTrue(name.check(each).isRight(), each);
    }
    assertFalse(name.check("santa").isRight());
  }

  @ParameterizedTest
  @ValueSource(strings = {"many", "", "1e999999999", "0,,5 x"})
  void whatIsNoNumberIsRefused(String answer) {
    EngramException e =
        assertThrows(EngramException.class, () -> number("0.01", 0, "1").check(answer));
    String said = String.valueOf(e.getMessage());
    assertTrue(said.startsWith("Exercise 9.9 asks for a number: expected"), said);
  }

  @Test
  void whatIsNoNeuronIsRefused() {
    assertThrows(EngramException.class, () -> other(Exercise.Kind.NEURON, "L4F707").check("Santa"));
    assertThrows(EngramException.class, () -> other(Exercise.Kind.NAME, "x").check("?"));
  }

  @Test
  void aListThatCannotBeReadIsRefused() {
    assertThrows(EngramException.class, () -> Course.of("{".getBytes(UTF_8)));
    assertThrows(
        EngramException.class, () -> Course.of("{\"exercises\":[]}".getBytes(UTF_8)).exercise("1"));
  }
}
