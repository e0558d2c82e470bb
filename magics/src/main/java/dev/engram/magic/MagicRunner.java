package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Suggest;
import dev.engram.magic.result.DisplayLimits;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.save.ResultFile;
import dev.engram.magic.view.View;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs magics for a kernel: finds, parses, runs, and turns every failure into one sentence. One
 * instance serves one notebook; it remembers the last stack trace and the progress bar on the page.
 * Magics run one at a time: an interrupted one works on until it notices, while the kernel already
 * takes the next cell; a magic that waits for it longer than a second is refused.
 */
public final class MagicRunner {
  /** As long a magic waits for one that was interrupted and has not stopped yet. */
  private static final long PATIENCE_MILLIS = 800;

  /** A word of a line, without the quotes around it. */
  private static final Pattern WORD = Pattern.compile("[^\\s\"';]+");

  private final Magics magics;
  private final Host host;
  private final ReentrantLock oneAtATime = new ReentrantLock(true);
  private volatile @Nullable Running running;
  private volatile String lastTrace = "";
  private volatile @Nullable Answer last;
  private volatile @Nullable MagicProgress progress;

  /** A magic at work, since a time of {@link System#nanoTime()}. */
  private record Running(String name, Thread worker, long since) {}

  /** The value of the last magic, and how its line wants it to be shown. */
  private record Answer(WeakReference<Object> value, DisplayLimits shown) {}

  /**
   * @param magics what can be run
   * @param host the kernel it runs in
   */
  public MagicRunner(Magics magics, Host host) {
    this.magics = magics;
    this.host = host;
  }

  /**
   * @param line a magic's line, as it was typed, without percent signs
   * @param body the lines below {@code %%name}, or null for a line magic
   * @return the magic's value, or a view of its help
   * @throws MagicFailure with one sentence
   */
  public @Nullable Object run(String line, @Nullable String body) {
    return run(line, body, Object.class);
  }

  /**
   * @param line a magic's line, as it was typed, without percent signs
   * @param body the lines below {@code %%name}, or null for a line magic
   * @param wanted the type that the notebook assigns the value to
   * @return the magic's value, or a view of its help
   * @throws MagicFailure with one sentence; before anything is computed where the type of the
   *     magic's value is known and is another one
   */
  public @Nullable Object run(String line, @Nullable String body, Class<?> wanted) {
    MagicLine parsed;
    try {
      parsed = MagicLine.parse(line);
    } catch (EngramException unclosed) {
      throw failure("", unclosed);
    }
    return run(parsed, body, wanted);
  }

  /**
   * @param words arguments that a stock kernel has split by its own rules
   * @param body the lines below {@code %%name}, or null for a line magic
   * @return the magic's value, or a view of its help
   * @throws MagicFailure with one sentence
   */
  public @Nullable Object run(String name, List<String> words, @Nullable String body) {
    return run(new MagicLine(name, MagicLine.withoutTail(words)), body, Object.class);
  }

  /**
   * @param words arguments as a shell has split them: none is a comment, none ends a Java statement
   * @return the magic's value
   * @throws MagicFailure with one sentence
   */
  @Nullable Object asked(String name, List<String> words) {
    return run(new MagicLine(name, words), null, Object.class);
  }

  /**
   * The help of a magic.
   *
   * @throws EngramException if there is none of that name
   */
  public View help(String name) {
    return command(name).help().view();
  }

  /**
   * What Shift-Tab shows at a place of a magic's line: a neuron, an entity or an image in small, an
   * option, else the help of the magic.
   *
   * @param line as it was typed, without percent signs
   * @param cursor a position in it
   * @return empty where there is no magic of that name
   */
  public Optional<View> inspect(String line, int cursor) {
    Matcher words = WORD.matcher(line);
    String name = words.find() ? words.group() : "";
    String word = "";
    while (words.find() && words.start() <= cursor) {
      word = cursor <= words.end() ? words.group() : "";
    }
    String asked = word;
    return magics
        .command(name.replaceFirst("\\?+$", ""))
        .map(MagicCommand::help)
        .map(
            help ->
                help.option(asked.split("=", 2)[0]).or(() -> inspect(asked)).orElseGet(help::view));
  }

  /**
   * What a word names, in small.
   *
   * @param word anything
   * @return empty if it names nothing that is at hand, or a magic is at work
   */
  public Optional<View> inspect(String word) {
    if (!oneAtATime.tryLock()) {
      return Optional.empty();
    }
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(MagicRunner.class.getClassLoader());
    try {
      return magics.pages().of(word);
    } catch (EngramException e) {
      return Optional.empty(); // the magic itself tells what is wrong
    } finally {
      Thread.currentThread().setContextClassLoader(before);
      oneAtATime.unlock();
    }
  }

  /**
   * The page that a cell shows of a value: that of the last magic as its line asks, every other one
   * as results of its type are shown by default.
   *
   * @throws EngramException if it is no result
   */
  public View view(Object value) {
    Answer answer = last;
    View view =
        Presenters.view(
            value,
            answer != null && answer.value.refersTo(value)
                ? answer.shown
                : DisplayLimits.BY_DEFAULT);
    List<View> parts = new ArrayList<>(view.before());
    parts.add(view);
    magics.recentNeurons().note(parts.stream().map(View::text).collect(Collectors.joining("\n")));
    return view;
  }

  /** Every magic. */
  public Magics magics() {
    return magics;
  }

  /** Takes a progress bar off the page, while the interrupted cell may still write to it. */
  public void interrupted() {
    MagicProgress shown = progress;
    if (shown != null) {
      shown.end("Interrupted.");
    }
  }

  private @Nullable Object run(MagicLine line, @Nullable String body, Class<?> wanted) {
    try {
      if (!oneAtATime.tryLock(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
        throw failure(line.name(), stillRunning(line.name()));
      }
    } catch (InterruptedException e) {
      throw new MagicFailure(Sentences.of(line.name(), e));
    }
    Running around = running; // a magic may call another
    running = new Running(line.name(), Thread.currentThread(), System.nanoTime());
    try {
      return runAlone(line, body, wanted);
    } finally {
      running = around;
      oneAtATime.unlock();
    }
  }

  /**
   * The magic that is in the way is interrupted once more: the first interrupt may have been caught
   * by a library that went on.
   */
  private EngramException stillRunning(String next) {
    Running before = running;
    if (before == null) {
      return new EngramException("%" + next + " was not run, since another magic ran; try again.");
    }
    before.worker().interrupt();
    return new EngramException(
        String.format(
            Locale.ROOT,
            "%%%s was not run, because %%%s, which began %.0f s ago, has not stopped yet; try again"
                + " in a moment, and restart the kernel if it never stops.",
            next,
            before.name(),
            (System.nanoTime() - before.since()) / 1e9));
  }

  private @Nullable Object runAlone(MagicLine line, @Nullable String body, Class<?> wanted) {
    MagicProgress shown = new MagicProgress(host, System::nanoTime);
    progress = shown;
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    // DJL looks for its engines through the thread's loader; a notebook thread has another one.
    Thread.currentThread().setContextClassLoader(MagicRunner.class.getClassLoader());
    boolean help = line.name().endsWith("?") || List.of("?").equals(line.arguments());
    String name = line.name().replaceFirst("\\?+$", "");
    try {
      MagicCommand command = command(name);
      if (help || command.parse(line.arguments(), new Variables(host))) {
        ResultType.requireHelpFits(name, wanted);
        return command.help().view();
      }
      ResultType.requireFits(name, command.magic(), wanted);
      Object value = run(name, command, body, shown);
      shown.done();
      return value == null || wanted.isInstance(value) ? value : kept(name, value, wanted);
    } catch (Exception | LinkageError | VirtualMachineError | AssertionError e) {
      shown.stopped();
      throw failure(name, e);
    } finally {
      Thread.currentThread().setContextClassLoader(before);
      if (progress == shown) {
        progress = null;
      }
    }
  }

  private @Nullable Object run(
      String name, MagicCommand command, @Nullable String body, MagicProgress shown)
      throws Exception {
    if (body != null && !command.magic().takesBody()) {
      throw new EngramException(
          "%" + name + " is a line magic: write it with one percent sign, each on a line.");
    }
    String variable = command.variable();
    ResultFile file = command.file();
    MagicContext context = new MagicContext(host, body == null ? "" : body, shown, lastTrace);
    Object value;
    try {
      value = command.magic().run(context);
    } finally {
      magics.openedByItself().forEach(sentence -> host.display(View.text(sentence)));
    }
    last = value == null ? null : new Answer(new WeakReference<>(value), context.shown());
    if (variable != null && value != null) {
      host.define(variable, value);
    }
    if (file != null && value != null) {
      save(name, value, file, context.shown());
    }
    return value;
  }

  /** A value that the notebook's variable does not take; what was computed is not lost. */
  private Object kept(String name, Object value, Class<?> wanted) {
    throw new EngramException(
        ResultType.misfit(name, value.getClass(), wanted) + "; " + keep(name, value) + ".");
  }

  private void save(String name, Object value, ResultFile file, DisplayLimits shown) {
    try {
      host.display(View.text(file.write(Presenters.saved(value, shown))));
    } catch (EngramException e) {
      throw new EngramException(
          e.getMessage() + " What was computed: " + keep(name, value) + ".", e);
    }
  }

  private String keep(String name, Object value) {
    String variable = name + "Value";
    host.define(variable, value);
    return "the value is kept in the variable " + variable;
  }

  private MagicCommand command(String name) {
    EngramMagic magic =
        magics
            .create(name)
            .orElseThrow(
                () -> {
                  List<String> known = new ArrayList<>();
                  magics.names().forEach(each -> known.add("%" + each));
                  return new EngramException(
                      "There is no magic %" + name + Suggest.didYouMean("%" + name, known));
                });
    return new MagicCommand(magic);
  }

  private MagicFailure failure(String name, Throwable cause) {
    StringWriter trace = new StringWriter();
    cause.printStackTrace(new PrintWriter(trace, true));
    lastTrace = trace.toString();
    return new MagicFailure(Sentences.of(name, cause));
  }
}
