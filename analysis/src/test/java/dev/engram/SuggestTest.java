package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuggestTest {
  private static final List<String> NAMES =
      List.of("statue_of_liberty", "santa_claus", "panda", "penguin", "python", "japan");

  @ParameterizedTest
  @CsvSource({
    "'', '', 0",
    "a, '', 1",
    "'', abc, 3",
    "panda, panda, 0",
    "panda, padna, 1",
    "panda, pnda, 1",
    "panda, pandas, 1",
    "ca, abc, 3",
    "kitten, sitting, 3"
  })
  void countsEdits(String a, String b, int expected) {
    assertEquals(expected, Suggest.distance(a, b));
    assertEquals(expected, Suggest.distance(b, a));
  }

  @ParameterizedTest
  @CsvSource({
    "pnada, panda",
    "PANDA, panda",
    "statue of libery, statue_of_liberty",
    "santa, santa_claus",
    "pengiun, penguin"
  })
  void findsWhatWasMeant(String typed, String meant) {
    assertEquals(meant, Suggest.nearest(typed, NAMES).get(0));
    assertEquals("; did you mean " + meant + "?", Suggest.didYouMean(typed, List.of(meant)));
  }

  @ParameterizedTest
  @CsvSource({"%gret, %greet", "--tpo, --top", "--hlp, --help", "%at, %attribute", "B, b"})
  void findsMagicsAndOptions(String typed, String meant) {
    List<String> known =
        List.of("%greet", "%attribute", "%images", "--top", "--by", "--help", "-h", "b");
    assertEquals(List.of(meant), Suggest.nearest(typed, known));
  }

  @Test
  void namesTheNearestFirstAndAtMostThree() {
    assertEquals(
        "; did you mean panda or panda_bear or pandas?",
        Suggest.didYouMean("panda", List.of("panda_bear", "pandas", "a panda", "panda")));
  }

  @Test
  void saysNothingWhenNothingIsNear() {
    assertEquals(".", Suggest.didYouMean("eiffel tower", NAMES));
    assertEquals(".", Suggest.didYouMean("", NAMES));
    assertEquals(".", Suggest.didYouMean("panda", List.of()));
  }
}
