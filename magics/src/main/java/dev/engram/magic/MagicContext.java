package dev.engram.magic;

import dev.engram.magic.result.DisplayLimits;
import dev.engram.magic.view.View;

/** One call of a magic: the cell it runs in, and what it may do there. */
public final class MagicContext {
  private final Host host;
  private final String body;
  private final MagicProgress progress;
  private final String lastTrace;
  private DisplayLimits shown = DisplayLimits.BY_DEFAULT;

  MagicContext(Host host, String body, MagicProgress progress, String lastTrace) {
    this.host = host;
    this.body = body;
    this.progress = progress;
    this.lastTrace = lastTrace;
  }

  /** The lines under {@code %%name}; "" for a line magic. */
  public String body() {
    return body;
  }

  /**
   * Says how much of the magic's value its cell shows.
   *
   * @param how as the line asks for it
   * @param value of the magic
   * @return the value
   */
  public <T> T showing(DisplayLimits how, T value) {
    shown = how;
    return value;
  }

  DisplayLimits shown() {
    return shown;
  }

  /** Shows a view above the magic's value. */
  public void display(View view) {
    host.display(view);
  }

  /** Where long work reports to; close it when the work is done, best in a {@code try (…)}. */
  public MagicProgress progress() {
    return progress;
  }

  /** The kernel. */
  public Host host() {
    return host;
  }

  /** The stack trace of the last failure, "" if nothing failed yet. */
  public String lastTrace() {
    return lastTrace;
  }
}
