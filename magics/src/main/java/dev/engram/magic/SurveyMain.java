package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.atlas.Atlas;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * {@code %survey} without a notebook: the main class of {@code ./lab survey} and of {@code
 * spark-submit}. It takes the words of {@code %survey} and those of {@code %model} that say which
 * model: {@code --model NAME}, {@code --device}, {@code --precision}, {@code --resolution}. Ctrl-C
 * keeps what is done, and the same line goes on with it.
 */
public final class SurveyMain {
  private static final List<String> OF_MODEL = List.of("--device", "--precision", "--resolution");
  private static final int INTERRUPTED = 130;
  private static final long PATIENCE_SECONDS = 60;

  private SurveyMain() {}

  /**
   * @param args as {@code %survey} and {@code %model} take them; where a program listens, it writes
   *     them to the standard input
   */
  public static void main(String[] args) throws IOException {
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT); // as in a notebook
    boolean isTold = System.getenv(SurveyEvents.VARIABLE) != null;
    List<String> words = isTold ? SurveyEvents.arguments(System.in) : List.of(args);
    Host host = isTold ? new SurveyEvents(System.out) : new TerminalHost(System.out, System.err);
    CountDownLatch ended = stopWhenAsked(Thread.currentThread());
    int status;
    try {
      status = run(words, host, System.out, System.err);
    } finally {
      ended.countDown();
    }
    System.exit(status);
  }

  /** Ctrl-C, or the end of whoever started this, interrupts the work, which then keeps itself. */
  private static CountDownLatch stopWhenAsked(Thread worker) {
    CountDownLatch ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  worker.interrupt();
                  try {
                    if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                      System.err.println("The survey did not stop in time.");
                    }
                  } catch (InterruptedException e) {
                    // then it ends now
                  }
                },
                "engram stop"));
    return ended;
  }

  /** The status of the process. */
  static int run(List<String> args, Host host, PrintStream out, PrintStream err) {
    MagicRunner runner = new MagicRunner(Magics.all(), host);
    try {
      List<String> model = new ArrayList<>();
      List<String> survey = new ArrayList<>();
      split(args, model, survey);
      boolean isHelp = survey.stream().anyMatch(List.of("--help", "-h", "?")::contains);
      if (isHelp) {
        out.println(runner.help("survey").text());
        return 0;
      }
      runner.asked("model", model);
      Object made = runner.asked("survey", survey);
      if (host instanceof SurveyEvents events && made instanceof Atlas atlas) {
        events.made(atlas.folder());
      } else if (made != null) {
        out.println(runner.view(made).text());
      }
      return 0;
    } catch (MagicFailure | EngramException e) {
      boolean isInterrupted = Sentences.INTERRUPTED.equals(e.getMessage());
      String sentence =
          isInterrupted
              ? "Interrupted: what is done is kept, and the same line goes on with it."
              : String.valueOf(e.getMessage());
      if (host instanceof SurveyEvents events) {
        events.failed(sentence);
      } else {
        err.println(sentence);
      }
      return isInterrupted ? INTERRUPTED : 1;
    }
  }

  /**
   * How a process of its own is told of the open model.
   *
   * @throws EngramException if it has edits, which no other process sees
   */
  static List<String> modelOptions(EngramSession session) {
    Clip clip = session.model();
    if (!session.history().edits().isEmpty()) {
      throw new EngramException(
          "The open model has edits, which another process does not see: %save it, load it (%model DIR) and ask again.");
    }
    boolean isEmbedded = clip.directory().equals(Iconclip.model());
    String name = isEmbedded ? ModelNames.ICONCLIP : clip.directory().toAbsolutePath().toString();
    List<String> out = new ArrayList<>(List.of("--model", name));
    out.addAll(List.of("--precision", clip.precision().toString()));
    out.addAll(List.of("--device", clip.device().startsWith("gpu") ? "gpu" : "cpu"));
    if (clip.isResized()) {
      out.addAll(List.of("--resolution", "" + clip.config().imageSize()));
    }
    return out;
  }

  private static void split(List<String> args, List<String> model, List<String> survey) {
    for (int i = 0; i < args.size(); i++) {
      String[] word = args.get(i).split("=", 2);
      boolean isName = word[0].equals("--model");
      if (!isName && !OF_MODEL.contains(word[0])) {
        survey.add(args.get(i));
        continue;
      }
      if (word.length < 2 && i + 1 == args.size()) {
        throw new EngramException(word[0] + " needs a value after it.");
      }
      String value = word.length == 2 ? word[1] : args.get(++i);
      model.addAll(isName ? List.of(value) : List.of(word[0], value));
    }
  }
}
