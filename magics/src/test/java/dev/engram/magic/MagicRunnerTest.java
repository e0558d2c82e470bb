package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.EngramException;
import dev.engram.magic.view.View;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

class MagicRunnerTest {
  enum Ranking {
    IMPROVEMENT,
    ACTIVATION
  }

  record Thing(String name) {}

  @Command(name = "greet", description = "Greets somebody.")
  static final class Greet implements EngramMagic {
    @Parameters(paramLabel = "WHO")
    String who = "";

    @Option(names = "--top", defaultValue = "10")
    int top;

    @Option(names = "--by", defaultValue = "improvement")
    Ranking by = Ranking.IMPROVEMENT;

    @Option(names = "--thing")
    @Nullable Thing thing;

    @Override
    public String run(MagicContext context) {
      switch (who) {
        case "nobody" -> throw new EngramException("There is nobody.");
        case "slow" -> throw new CancellationException();
        case "unpacked" ->
            throw new UncheckedIOException("It is not there: why.", new IOException());
        case "unread" -> throw new UncheckedIOException(new IOException("x"));
        case "null" -> throw new IllegalStateException("a\nb");
        default -> {
          return who + top + by + (thing == null ? "" : thing.name()) + context.body();
        }
      }
    }

    @Override
    public boolean takesBody() {
      return true;
    }
  }

  /** Works with a bar on the page, and fails or succeeds. */
  @Command(name = "work", description = "Works.")
  static final class Work implements EngramMagic {
    @Parameters boolean succeeds;

    @Override
    public String run(MagicContext context) throws InterruptedException {
      try (MagicProgress progress = context.progress()) {
        Thread.sleep(350);
        progress.report("work", 1, 2);
        if (!succeeds) {
          throw new EngramException("No.");
        }
        return "";
      }
    }
  }

  /** Goes on after an interrupt, until it is let go. */
  @Command(name = "stubborn", description = "Works on.")
  record Stubborn(CountDownLatch started, CountDownLatch letGo) implements EngramMagic {
    @Override
    public String run(MagicContext context) {
      started.countDown();
      boolean interrupted = false;
      while (letGo.getCount() > 0) {
        try {
          letGo.await();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        throw new CancellationException();
      }
      return "";
    }
  }

  /** Of two types, one comes out. */
  @Command(name = "either", description = "Gives a number.")
  static final class Either implements EngramMagic {
    @Parameters int number;

    @Override
    public Number run(MagicContext context) {
      return number;
    }
  }

  private final CountDownLatch started = new CountDownLatch(1);
  private final CountDownLatch letGo = new CountDownLatch(1);
  private final FakeHost host = new FakeHost();
  private final MagicRunner runner =
      new MagicRunner(
          Magics.of(
              List.of(Greet::new, Work::new, Either::new, () -> new Stubborn(started, letGo)),
              List.of(new Magics.Fact("device", () -> "cpu"))),
          host);

  private String failure(String line) {
    return String.valueOf(
        assertThrows(MagicFailure.class, () -> runner.run(line, null)).getMessage());
  }

  @Test
  void runsLinesAndCells() {
    assertEquals("Ann3ACTIVATION", runner.run("greet Ann --top 3 --by activation;", null));
    assertEquals("Ann10IMPROVEMENTbody", runner.run("greet Ann --as x", "body"));
    assertEquals("Ann10IMPROVEMENTbody", host.variables.get("x"));
    assertEquals("Ann10IMPROVEMENT", runner.run("greet", List.of("Ann", ";"), null));
  }

  @Test
  void variablesAreReplaced() {
    host.variables.put("n", 7);
    host.variables.put("t", new Thing("T"));
    assertEquals("a 710IMPROVEMENT", runner.run("greet \"a {{n}}\"", null));
    assertEquals("x7IMPROVEMENTT", runner.run("greet x --top {{n}} --thing {{ t }}", null));
    assertEquals("There is no variable 'u'.", failure("greet {{u}}"));
    assertTrue(failure("greet x --thing T").contains("expected a variable of type Thing"));
  }

  @Test
  void mistakesAreOneSentence() {
    assertEquals("There is no magic %gret; did you mean %greet?", failure("gret x"));
    assertEquals("There is no magic %zzzzzz.", failure("zzzzzz"));
    assertEquals("%greet has no option '--tpo'; did you mean --top?", failure("greet x --tpo 3"));
    assertEquals(
        "%greet takes no further argument, got 'y'; a name of several words stands in quotes: \"x"
            + " y\".",
        failure("greet x y"));
    assertEquals("%greet needs WHO; %greet? shows how it is used.", failure("greet"));
    assertEquals("--top takes a whole number, such as 5, got 'x'.", failure("greet a --top x"));
    assertEquals(
        "--by takes improvement, activation, got 'activatoin'; did you mean activation?",
        failure("greet a --by activatoin"));
    assertEquals("There is nobody.", failure("greet nobody"));
    assertEquals("Interrupted: nothing was changed.", failure("greet slow"));
    assertEquals(
        "%greet failed with an IllegalStateException (a); %engram trace shows the stack trace.",
        failure("greet null"));
    assertEquals("It is not there: why.", failure("greet unpacked"));
    assertEquals(
        "%greet failed with an UncheckedIOException (java.io.IOException: x); %engram trace shows"
            + " the stack trace.",
        failure("greet unread"));
    assertEquals("--as takes the name of a Java variable, got '1x'.", failure("greet a --as 1x"));
    assertTrue(failure("engram --hlp").contains("did you mean --help?"));
  }

  @Test
  void aFailureHasNoStackTraceButKeepsOne() {
    MagicFailure failed = assertThrows(MagicFailure.class, () -> runner.run("greet null", null));
    assertEquals(0, failed.getStackTrace().length);
    assertTrue(text("engram trace").contains("IllegalStateException: a"));
  }

  @Test
  void helpIsAskedForInFourWays() {
    for (String line : List.of("greet?", "greet ?", "greet --help", "greet -h")) {
      assertTrue(text(line).startsWith("Usage: %greet"), line);
    }
    assertTrue(text("greet?").contains("--as"));
  }

  @Test
  void engramListsEverything() {
    String all = text("engram");
    for (String part : List.of("%greet", "Greets somebody.", "device", "cpu", "fake", "DJL")) {
      assertTrue(all.contains(part), all);
    }
    MagicFailure noCell = assertThrows(MagicFailure.class, () -> runner.run("engram", "body"));
    assertTrue(String.valueOf(noCell.getMessage()).contains("line magic"));
  }

  @Test
  void progressAppearsLateAndLeavesOneLine() {
    List<Long> clock = new ArrayList<>(List.of(0L));
    MagicProgress progress = new MagicProgress(host, () -> clock.get(0));
    progress.report("embedding images", 1, 10);
    assertTrue(host.shown.isEmpty());
    clock.set(0, 400_000_000L);
    progress.report("embedding images", 2, 10);
    clock.set(0, 450_000_000L);
    progress.report("embedding images", 3, 10);
    assertEquals("embedding images: 2 of 10", host.shown.get(0).text());
    progress.close();
    progress.report("embedding images", 4, 10);
    progress.done();
    progress.stopped();
    assertEquals(1, host.shown.size());
    assertEquals("embedding images: done in 0.5 s", host.shown.get(0).text());
    assertEquals("", host.shown.get(0).html());
  }

  @Test
  void theLastLineTellsWhetherTheMagicSucceeded() {
    runner.run("work true", null);
    assertEquals("No.", failure("work false"));
    assertEquals(2, host.shown.size());
    assertTrue(host.shown.get(0).text().startsWith("work: done in 0."), host.shown.get(0).text());
    assertTrue(
        host.shown.get(1).text().startsWith("work: stopped after 0."), host.shown.get(1).text());
  }

  @Test
  void aMagicThatDoesNotStopNeverBlocksTheNextForLong() throws Exception {
    ExecutorService pool = Executors.newCachedThreadPool(); // as the kernel has it
    try {
      Future<@Nullable Object> first = pool.submit(() -> runner.run("stubborn", null));
      started.await();
      first.cancel(true);
      Future<@Nullable Object> next = pool.submit(() -> runner.run("greet Ann", null));
      ExecutionException refused =
          assertThrows(ExecutionException.class, () -> next.get(20, TimeUnit.SECONDS));
      assertTrue(
          String.valueOf(refused.getMessage())
              .contains("%greet was not run, because %stubborn, which began "),
          refused.getMessage());

      List<String> told = new ArrayList<>();
      Thread third = new Thread(() -> told.add(failure("greet Ben")));
      third.start();
      third.interrupt();
      third.join();
      assertEquals(List.of("Interrupted: nothing was changed."), told);

      letGo.countDown();
      // let go, the magic ends in a moment, and the next one waits for that
      assertEquals("Ann10IMPROVEMENT", runner.run("greet Ann", null));
    } finally {
      letGo.countDown();
      pool.shutdown();
    }
  }

  @Test
  void aTypeThatCannotTakeTheValueIsRefusedBeforeTheWork() {
    letGo.countDown();
    String refused =
        String.valueOf(
            assertThrows(MagicFailure.class, () -> runner.run("stubborn", null, Integer.class))
                .getMessage());
    assertEquals(
        "%stubborn gives a String, which is no Integer: declare the variable as String; nothing was"
            + " computed.",
        refused);
    assertEquals(1, started.getCount(), "it was computed all the same");
    assertEquals("", runner.run("stubborn", null, CharSequence.class));
    assertTrue(
        String.valueOf(
                assertThrows(MagicFailure.class, () -> runner.run("greet?", null, String.class))
                    .getMessage())
            .startsWith("%greet? gives a View"));
  }

  @Test
  void aValueThatIsKnownToMisfitAfterTheWorkIsKept() {
    assertEquals(7, runner.run("either 7", null, Integer.class));
    String kept =
        String.valueOf(
            assertThrows(MagicFailure.class, () -> runner.run("either 7", null, Double.class))
                .getMessage());
    assertTrue(kept.endsWith("the value is kept in the variable eitherValue."), kept);
    assertEquals(7, host.variables.get("eitherValue"));
  }

  private String text(String line) {
    @Nullable Object value = runner.run(line, null);
    return assertInstanceOf(View.class, value).text();
  }
}
