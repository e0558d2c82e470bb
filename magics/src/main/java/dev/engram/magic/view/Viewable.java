package dev.engram.magic.view;

/**
 * A result that knows how to show itself. It stays a plain typed value for Java code, and becomes a
 * {@link View} only where it is the value of a cell.
 */
@FunctionalInterface
public interface Viewable {
  /**
   * @return what a cell shows
   */
  View view();
}
