package dev.engram;

/**
 * A mistake that the user can mend, told in one sentence: what was expected, what came, what to do.
 * Whatever raises it has changed nothing; a notebook shows the sentence without a stack trace.
 */
public class EngramException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Names of files and values come from strangers, and may have any length. */
  private static final int LONGEST = 900;

  private static final int END = 150;

  /**
   * @param message one sentence for the user
   */
  public EngramException(String message) {
    super(line(message));
  }

  /**
   * @param message one sentence for the user
   * @param cause what lies behind it
   */
  public EngramException(String message, Throwable cause) {
    super(line(message), cause);
  }

  /** In one line, without hidden characters, and not too long: its middle is left out. */
  private static String line(String message) {
    String line = Printable.line(message);
    return line.length() <= LONGEST
        ? line
        : line.substring(0, between(line, LONGEST - END))
            + " … "
            + line.substring(between(line, line.length() - END));
  }

  /** Not within a pair of surrogates. */
  private static int between(String line, int at) {
    return Character.isLowSurrogate(line.charAt(at)) ? at - 1 : at;
  }
}
