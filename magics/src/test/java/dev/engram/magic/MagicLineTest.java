package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.engram.EngramException;
import java.util.List;
import org.junit.jupiter.api.Test;

class MagicLineTest {
  private static void check(String line, String... words) {
    assertEquals(
        new MagicLine(words[0], List.of(words).subList(1, words.length)), MagicLine.parse(line));
  }

  @Test
  void whiteSpaceSeparates() {
    check("attribute  statue \t --top 3 ", "attribute", "statue", "--top", "3");
    check("", "");
  }

  @Test
  void quotesHoldTogether() {
    check("a \"b c\" 'd \"e\"' --label='x y'", "a", "b c", "d \"e\"", "--label=x y");
    check("a '' \"\"", "a", "", "");
    check("a \"it's\"", "a", "it's");
  }

  @Test
  void backslashesStandForThemselvesExceptBeforeQuotesAndSpace() {
    check("a C:\\images\\new", "a", "C:\\images\\new");
    check("a \\\\server\\share", "a", "\\\\server\\share");
    check("a \"C:\\my images\\x\"", "a", "C:\\my images\\x");
    check("a \"C:\\dir\\\\\" b", "a", "C:\\dir\\", "b");
    check("a \"say \\\"hi\\\"\"", "a", "say \"hi\"");
    check("a it\\'s my\\ cat.png", "a", "it's", "my cat.png");
  }

  @Test
  void tailIsDropped() {
    check("a b;", "a", "b");
    check("a b ; ; ", "a", "b");
    check("a b // why", "a", "b");
    check("a b; // why", "a", "b");
    check("a;", "a");
    check("a \"b;\"", "a", "b;");
    check("a b;c", "a", "b;c");
    check("a https://host/x 'see // this'", "a", "https://host/x", "see // this");
    assertEquals(List.of("b"), MagicLine.withoutTail(List.of("b;", "//", "why")));
    assertEquals(List.of(), MagicLine.withoutTail(List.of(";")));
  }

  @Test
  void unicodeAndReferences() {
    check("a größe 自由の女神 🗽", "a", "größe", "自由の女神", "🗽");
    check("a {{ x }} y{{z}}", "a", "{{ x }}", "y{{z}}");
  }

  @Test
  void unclosedQuoteIsOneSentence() {
    EngramException e = assertThrows(EngramException.class, () -> MagicLine.parse("a \"b c"));
    assertEquals(
        "The quote that opens before 'b c' is not closed: put a \" at its end.", e.getMessage());
  }
}
