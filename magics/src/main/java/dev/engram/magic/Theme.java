package dev.engram.magic;

/** What a magic is for: the headings of {@code %lsmagic}, in its order. */
enum Theme {
  /** What is looked at. */
  OPEN("Model and images"),
  /** From images to neurons. */
  FIND("Find neurons"),
  /** One neuron, or a few. */
  READ("Read neurons"),
  /** The whole network. */
  TRACE("Look through the network"),
  /** Edits of weights. */
  EDIT("Change what the model knows"),
  /** Accuracy, and the paper's numbers. */
  MEASURE("Measure"),
  /** The notebook itself. */
  SESSION("Session");

  private final String title;

  Theme(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }
}
