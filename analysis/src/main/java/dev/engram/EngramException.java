package dev.engram;

/**
 * A mistake that the user can mend, told in one sentence: what was expected, what came, what to do.
 * Whatever raises it has changed nothing; a notebook shows the sentence without a stack trace.
 */
public class EngramException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one sentence for the user
   */
  public EngramException(String message) {
    super(message);
  }

  /**
   * @param message one sentence for the user
   * @param cause what lies behind it
   */
  public EngramException(String message, Throwable cause) {
    super(message, cause);
  }
}
