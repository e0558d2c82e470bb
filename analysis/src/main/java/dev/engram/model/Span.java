package dev.engram.model;

/**
 * A part of a file.
 *
 * @param from index of its first byte
 * @param to index after its last
 */
record Span(int from, int to) {
  /** What is not there. */
  static final Span NONE = new Span(0, 0);

  int length() {
    return to - from;
  }
}
