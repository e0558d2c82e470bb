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

  /** In one line, without control characters, and not too long: its middle is left out. */
  private static String line(String message) {
    String line = message.replaceAll("[\\p{Cntrl}\\u0085\\u2028\\u2029]+", " ");
    return line.length() <= LONGEST
        ? line
        : line.substring(0, LONGEST - END) + " … " + line.substring(line.length() - END);
  }
}
