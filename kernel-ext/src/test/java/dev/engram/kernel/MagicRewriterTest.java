package dev.engram.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.EngramException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MagicRewriterTest {
  private static final MagicCode CODE = new MagicCode(MagicRewriterTest.class);

  private final MagicRewriter rewriter =
      new MagicRewriter(CODE, Set.of("maven")::contains, Set.of("time")::contains);

  @Test
  void linesAreCarriedAsTyped() {
    String typed = "attribute 'C:\\new' \"x\" --top 3; // why";
    String java = rewriter.rewrite("int a = 1;\n  %" + typed + "\nAttribution b = %words L5F4");
    assertTrue(java.startsWith("int a = 1;\n  dev.engram.kernel.MagicRewriterTest.line("), java);
    assertTrue(java.contains("Attribution b = dev.engram"), java);
    assertEquals("int a = 1;\n  %" + typed + "\nAttribution b = %words L5F4", CODE.asTyped(java));
  }

  @Test
  void cellsAreCarriedWhole() {
    String java = rewriter.rewrite("%%edit --as x\nline 1\n%no magic here\n");
    assertTrue(java.matches("dev\\.engram\\.kernel\\.MagicRewriterTest\\.cell\\(\\d+, \\d+\\);"));
    assertEquals("%%edit --as x", CODE.asTyped(java));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "%maven a:b:1",
        "for (;;) {\n  %maven a:b:1\n}",
        "%%time\n1 + 1",
        "int a = b % c;",
        "int a = b %c;",
        "String s = \"%d\".formatted(1); // %x",
        "/* %x */ int a = 'c' %b;",
        "boolean x = a == %b"
      })
  void whatIsNoMagicOfOursIsLeftAlone(String code) {
    assertEquals(code, rewriter.rewrite(code));
  }

  /** A class file holds strings of 65,535 bytes at most. */
  @Test
  void aLineOfAnyLengthMakesShortJava() {
    String long1 = "images " + "x".repeat(1 << 20);
    String java = rewriter.rewrite("%" + long1);
    assertTrue(java.length() < 100, java);
    assertEquals("%" + long1, CODE.asTyped(java));
    assertEquals(java, rewriter.rewrite("%" + long1), "the same line takes memory once");
  }

  @ParameterizedTest
  @ValueSource(strings = {"if (a) { %edits }", "int a = 1; %edits", "{\nint b; %x\n}"})
  void aMagicAfterJavaIsRefused(String code) {
    assertTrue(refusal(code).startsWith("A magic takes the rest of its line"));
  }

  @Test
  void aQuoteThatIsLeftOpenIsRefused() {
    assertTrue(refusal("%images \"a\nb\"").contains("is not closed"));
  }

  private String refusal(String code) {
    return String.valueOf(
        assertThrows(EngramException.class, () -> rewriter.rewrite(code)).getMessage());
  }

  @Test
  void theKernelsResolverFindsNothingInTextBlocks() {
    assertEquals("\"\"\"\n\\u0025x\n\"\"\"", rewriter.rewrite("\"\"\"\n%x\n\"\"\""));
  }

  /** A recursive pattern overflows the stack here; the kernel's thread has a small one. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "String s = \"#\";",
        "String s = \"#",
        "char c = '#';",
        "String s = \"\"\"\n#\"\"\";",
        "String s = \"\"\"\n#",
        "// #\n1",
        "/* # */ 1",
        "/* #"
      })
  void aMegabyteOfWhatIsNoCodeIsLeftAlone(String code) throws InterruptedException {
    for (String piece : List.of("x", "\\\\", "\\t%x ", "\u81ea")) {
      String large = code.replace("#", piece.repeat((1 << 20) / piece.length()));
      List<String> rewritten = new ArrayList<>();
      Thread small = new Thread(null, () -> rewritten.add(rewriter.rewrite(large)), "", 1 << 18);
      small.start();
      small.join();
      assertTrue(rewritten.equals(List.of(large)), code + piece);
    }
  }

  @Test
  void quotesInTextBlocksAreText() {
    String block = "\"\"\"\na \" b \"\" c \\\"\"\" %d\n\"\"\"";
    String java = rewriter.rewrite(block + ";\n%words L1F2");
    assertTrue(java.startsWith(block + ";\ndev.engram.kernel.MagicRewriterTest.line("), java);
    String quotes = "\"\"\"\n" + "\"\" ".repeat(1 << 18) + "\"\"\"";
    assertTrue(rewriter.rewrite(quotes).equals(quotes));
  }

  @Test
  void theMagicAtTheCursor() {
    assertEquals(typed(8, "heatmap x"), MagicRewriter.lineAt("int a;\n%heatmap x\n1", 12));
    assertEquals(typed(9, "words L1F2"), MagicRewriter.lineAt("var w = %words L1F2", 3));
    assertEquals(Optional.empty(), MagicRewriter.lineAt("int a = b % c", 3));
    assertEquals(Optional.empty(), MagicRewriter.lineAt("", 0));
  }

  private static Optional<MagicRewriter.Typed> typed(int start, String line) {
    return Optional.of(new MagicRewriter.Typed(start, line));
  }

  @Test
  void helpIsAskedForAsInIPython() {
    for (String asked : List.of("?%heatmap", "  ??%%heatmap ;", "int a;\n?%heatmap\nint b;")) {
      String typed = CODE.asTyped(rewriter.rewrite(asked));
      assertTrue(typed.contains("%heatmap?"), typed);
    }
    String java = "boolean b = a ?%c : d;";
    assertEquals(java, rewriter.rewrite(java));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          %attr~                              | attr
          %~                                  | ''
          int x = 3;\\n%words L3~ F            | words L3
          Attribution a = %attribute gh~      | attribute gh
          var b = %~                          | ''
          %%attribute ghost --~               | attribute ghost --
          %attribute "statue of ~             | 'attribute "statue of '
          int y = 7 %~                        | -
          int y = 7 % 2~                      | -
          // %attribute gh~                   | -
          String s = \"""\\n%attribute gh~      | -
          %words L1F2\\nint z = ~              | -
          %%attribute ghost\\nint z = ~        | -
          int x = 1;~\\n%words                 | -
          """)
  void findsTheMagicThatIsTyped(String cell, String expected) {
    String source = cell.replace("\\n", "\n");
    int cursor = source.indexOf('~');
    String code = source.replace("~", "");
    Optional<MagicRewriter.Typed> typed = MagicRewriter.typedAt(code, cursor);
    assertEquals(expected, typed.map(MagicRewriter.Typed::line).orElse("-"));
    typed.ifPresent(t -> assertEquals(expected, code.substring(t.start(), cursor)));
  }
}
