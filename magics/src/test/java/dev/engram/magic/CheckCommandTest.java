package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.Json;
import dev.engram.attribution.Attribution;
import dev.engram.course.Course;
import dev.engram.course.Exercise;
import dev.engram.lab.ModelCard;
import dev.engram.magic.completion.Candidate;
import dev.engram.trace.Neuron;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Each exercise of the course takes its right answer and no other, and gives none away. */
@ExtendWith(OwnCache.class)
class CheckCommandTest {
  private static final JsonNode ANSWERS = Json.object(Path.of("..", "tests", "answers.json"));

  private final FakeHost host = new FakeHost();
  private final MagicRunner runner = new MagicRunner(Magics.all(), host);
  private final Course course = CheckCommand.course();

  private String check(String line) {
    return String.valueOf(runner.run("check " + line, null));
  }

  /** As the chapter's own code has computed it. */
  private static String right(Exercise exercise) {
    String chapter = "%2s".formatted(exercise.number().split("\\.")[0]).replace(' ', '0');
    String[] lines = ANSWERS.path(chapter).path(exercise.number()).asText().split("\n");
    return lines[lines.length - 1];
  }

  private static List<String> wrong(Exercise exercise) {
    return switch (exercise.kind()) {
      case NUMBER -> {
        BigDecimal value = new BigDecimal(right(exercise));
        BigDecimal off = exercise.unit().multiply(new BigDecimal(exercise.tolerance() + 2));
        yield List.of(
            value.add(off).toString(),
            value.subtract(off).toString(),
            value.negate().toString(),
            value.movePointRight(2).toString());
      }
      case NEURON -> List.of("L0F0", "L4A0H42");
      case NEURONS -> List.of("L0F0", right(exercise) + " L0F0", right(exercise).split(" ")[0]);
      case NAME -> List.of("nobody");
    };
  }

  @Test
  void eachTakesTheRightAnswer() {
    assertTrue(course.exercises().size() >= 25);
    for (Exercise each : course.exercises()) {
      String answer = right(each);
      assertFalse(answer.isEmpty(), each.number());
      String said = check(each.number() + " " + answer);
      assertEquals(each.number() + ": right. " + each.why(), said);
    }
  }

  @Test
  void eachRefusesAWrongAnswerAndGivesNothingAway() {
    for (Exercise each : course.exercises()) {
      for (String answer : wrong(each)) {
        String said = check(each.number() + " " + answer);
        assertTrue(said.startsWith(each.number() + ": not yet. "), each.number() + " " + answer);
        assertTrue(said.length() > 25, said);
      }
      String told =
          each.asks() + each.hint() + each.why() + String.join(" ", each.mistakes().values());
      if (each.kind() == Exercise.Kind.NUMBER && each.unit().compareTo(BigDecimal.ONE) < 0) {
        String digits = new BigDecimal(right(each)).abs().toPlainString();
        assertFalse(told.contains(digits.substring(0, Math.min(5, digits.length()))), told);
      } else if (each.kind() != Exercise.Kind.NUMBER) {
        assertFalse(told.contains(right(each)), told);
      }
    }
  }

  @Test
  void someAnswersAreThoseOfTheLibrary() {
    ModelCard card = (ModelCard) Objects.requireNonNull(runner.run("model", null));
    assertTrue(card.clip().hash().startsWith(course.model()), "the answers are another model's");
    Attribution mean = attribution("santa_claus");
    Attribution one = attribution("santa_claus/0");
    Attribution active = attribution("santa_claus --by activation");
    Set<Neuron> both = new TreeSet<>(active.top(10).stream().map(r -> r.neuron()).toList());
    both.retainAll(mean.top(10).stream().map(r -> r.neuron()).toList());
    Map<String, Object> computed =
        Map.of(
            "1.1", both.size(),
            "2.1", one.score(Neuron.parse("L4A0H42")),
            "2.2", mean.top(50).stream().filter(r -> r.coefficient() < 0).count(),
            "2.3", Arrays.stream(one.means()).sum());
    computed.forEach(
        (number, value) -> {
          host.variables.put("mine", value);
          assertTrue(check(number + " mine").contains(": right. "), number + " " + value);
          assertTrue(check(number + " {{mine}}").contains(": right. "), number + " " + value);
        });
  }

  private Attribution attribution(String line) {
    return (Attribution) Objects.requireNonNull(runner.run("attribute " + line, null));
  }

  @Test
  void aVariableMayHoldASet() {
    List<Neuron> neurons =
        Arrays.stream(right(course.exercise("4.1")).split(" ")).map(Neuron::parse).toList();
    host.variables.put("both", new TreeSet<>(neurons));
    assertTrue(check("4.1 both").contains(": right. "));
    assertTrue(check("4.1 {{both}}").contains(": right. "));
    host.variables.put("castle", new Object());
    assertTrue(check("1.2 castle").contains(": right. "), "a variable that can be no answer");
  }

  @Test
  void whatThereIsIsListed() {
    String list = String.valueOf(runner.run("check", null));
    course.exercises().forEach(each -> assertTrue(list.contains(each.number() + "  "), list));
    String unknown = message("7.9 1");
    assertTrue(
        unknown.contains("There is no exercise '7.9' to check; there are 1.1, 1.2"), unknown);
    assertTrue(message("2.2").contains("%check 2.2 needs your answer"), message("2.2"));
  }

  @Test
  void tabOffersTheExercises() {
    List<String> offered =
        runner.magics().completer().complete("check 10.").candidates().stream()
            .map(Candidate::text)
            .toList();
    assertEquals(List.of("10.1", "10.3"), offered);
  }

  private String message(String line) {
    return String.valueOf(assertThrows(MagicFailure.class, () -> check(line)).getMessage());
  }
}
