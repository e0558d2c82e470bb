package dev.engram.kernel.jjava;

/** Positions in a cell: the protocol counts code points, Java counts chars. */
final class CodePoints {
  private CodePoints() {}

  /**
   * The index of Java for a position of the protocol.
   *
   * @param position one outside of the code means its nearest end
   */
  static int index(String code, int position) {
    int points = Math.max(0, Math.min(position, code.codePointCount(0, code.length())));
    return code.offsetByCodePoints(0, points);
  }
}
