package dev.engram.kernel.jjava;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class ErrorReportTest {
  @Test
  void aMagicsFailureIsItsSentence() {
    ErrorReport report =
        ErrorReport.of(
            "RuntimeException",
            "dev.engram.magic.MagicFailure, There is no magic %x.",
            List.of("long"));
    assertEquals(
        new ErrorReport(
            "EngramException", "There is no magic %x.", List.of("There is no magic %x.")),
        report);
  }

  @Test
  void ofAStackTraceTheUsersFramesRemain() {
    ErrorReport report =
        ErrorReport.of(
            "RuntimeException",
            "java.lang.ArithmeticException, / by zero",
            List.of(
                "\u001b[31mjava.lang.ArithmeticException: / by zero\u001b[0m",
                "\tat java.base/java.lang.Math.floorDiv(Math.java:1)",
                "\tat .f(#21:1)",
                "\tat .(#22:1)",
                "\tat org.dflib.jjava.kernel.execution.CodeEvaluator.evalSingle(X.java:1)",
                "\tat java.base/java.util.concurrent.FutureTask.run(FutureTask.java:264)"));
    assertEquals("ArithmeticException", report.name());
    assertEquals(
        List.of(
            "ArithmeticException: / by zero",
            "\tat java.base/java.lang.Math.floorDiv(Math.java:1)",
            "\tat .f(#21:1)",
            "\tat .(#22:1)"),
        report.traceback());
  }

  @Test
  void anInterruptIsOneSentence() {
    ErrorReport report = ErrorReport.of("EvaluationInterruptedException", "", List.of("x", "y"));
    assertEquals("Interrupted", report.name());
    assertEquals(List.of("Interrupted: the cell was stopped."), report.traceback());
    String running = "Evaluator was interrupted while executing: '%s'";
    assertEquals(
        "Interrupted: the interrupted magic changed nothing.",
        ErrorReport.of(
                "EvaluationInterruptedException",
                running.formatted(MagicCall.CODE.ofLine("images")),
                List.of())
            .message());
  }

  @Test
  void compileErrorsShowMagicsAsTyped() {
    String line = "int x = " + MagicCall.CODE.ofLine("words L1F2");
    assertEquals(
        List.of("int x = %words L1F2"),
        ErrorReport.of("CompilationException", "", List.of(line)).traceback());
  }

  @Test
  void anAmbiguousNameSaysWhatToWrite() {
    String both =
        "  both class dev.engram.magic.view.Page in dev.engram.magic.view"
            + " and class tech.tablesaw.plotly.components.Page in tech.tablesaw.plotly.components match";
    ErrorReport report =
        ErrorReport.of(
            "CompilationException",
            "[snippet: [Page a = null;], status: REJECTED]",
            List.of(
                "\u001b[1m|   \u001b[0m\u001b[1m\u001b[31mPage\u001b[0m a = null;",
                "\u001b[1m\u001b[31mreference to Page is ambiguous\u001b[0m",
                "\u001b[1m\u001b[31m" + both + "\u001b[0m"));
    assertEquals(
        "Page is ambiguous, because dev.engram.magic.view.Page and"
            + " tech.tablesaw.plotly.components.Page are both imported; write import"
            + " dev.engram.magic.view.Page; or import tech.tablesaw.plotly.components.Page;"
            + " to say which one Page is.",
        report.message());
    assertEquals(report.message(), report.traceback().get(0));
    assertEquals(5, report.traceback().size(), "the place of the name is shown, too");
  }

  @Test
  void anAmbiguousMethodIsTheCompilersMatter() {
    List<String> lines =
        List.of(
            "reference to of is ambiguous",
            "  both method of(int) in A and method of(long) in A match");
    assertEquals(lines, ErrorReport.of("CompilationException", "", lines).traceback());
  }
}
