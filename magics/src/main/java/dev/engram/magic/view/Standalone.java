package dev.engram.magic.view;

/** What can be written as one HTML file that refers to nothing outside itself. */
public interface Standalone {
  /**
   * The whole page.
   *
   * @return an HTML document, which {@link PageFile} knows for Engram's own
   */
  String standalone();
}
