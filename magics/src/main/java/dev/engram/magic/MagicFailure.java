package dev.engram.magic;

/**
 * A magic that failed, as the kernel sees it: one sentence and no stack trace. The trace of what
 * lies behind is kept for {@code %engram trace}.
 */
public final class MagicFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MagicFailure(String sentence) {
    super(sentence, null, false, false);
  }
}
