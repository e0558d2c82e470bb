package dev.engram.magic.view;

/**
 * What is made for a page: a figure, a gallery, a page itself. A result is none of these: it is a
 * plain value, and {@link dev.engram.magic.result.Presenters} knows how it is shown.
 */
@FunctionalInterface
public interface Viewable {
  /** What a cell shows. */
  View view();
}
