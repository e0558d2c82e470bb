package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Suggest;
import dev.engram.magic.view.View;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Runs magics for a kernel: finds, parses, runs, and turns every failure into one sentence. One
 * instance serves one notebook; it remembers the last stack trace and the progress bar on the page.
 * Magics run one at a time: an interrupted one works on until it notices, while the kernel already
 * takes the next cell.
 */
public final class MagicRunner {
  private final Magics magics;
  private final Host host;
  private final ReentrantLock oneAtATime = new ReentrantLock(true);
  private volatile String lastTrace = "";
  private volatile @Nullable MagicProgress progress;

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
    MagicLine parsed;
    try {
      parsed = MagicLine.parse(line);
    } catch (EngramException unclosed) {
      throw failure("", unclosed);
    }
    return run(parsed, body);
  }

  /**
   * @param words arguments that a stock kernel has split by its own rules
   * @param body the lines below {@code %%name}, or null for a line magic
   * @return the magic's value, or a view of its help
   * @throws MagicFailure with one sentence
   */
  public @Nullable Object run(String name, List<String> words, @Nullable String body) {
    return run(new MagicLine(name, MagicLine.withoutTail(words)), body);
  }

  /**
   * @return the help of a magic
   * @throws EngramException if there is none of that name
   */
  public View help(String name) {
    return command(name).help();
  }

  /**
   * @return every magic
   */
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

  private @Nullable Object run(MagicLine line, @Nullable String body) {
    try {
      oneAtATime.lockInterruptibly();
    } catch (InterruptedException e) {
      throw new MagicFailure(Sentences.of(line.name(), e));
    }
    try {
      return runAlone(line, body);
    } finally {
      oneAtATime.unlock();
    }
  }

  private @Nullable Object runAlone(MagicLine line, @Nullable String body) {
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
        return command.help();
      }
      Object value = run(name, command, body, shown);
      shown.done();
      return value;
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
    MagicContext context = new MagicContext(host, body == null ? "" : body, shown, lastTrace);
    Object value = command.magic().run(context);
    if (variable != null && value != null) {
      host.define(variable, value);
    }
    return value;
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
