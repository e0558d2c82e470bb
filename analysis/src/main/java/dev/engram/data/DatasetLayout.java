package dev.engram.data;

/** How a data set lies on disk, and by that which one it is. */
public enum DatasetLayout {
  /** ImageNet's validation images, in folders or flat. */
  IMAGENET("ImageNet"),
  /** Caltech-UCSD Birds. */
  CUB("CUB-200-2011"),
  /** Oxford's flowers. */
  FLOWERS("Flowers-102"),
  /** A list with the columns file and label. */
  LIST("list"),
  /** Folders {@code train}, {@code test} with a folder for each class. */
  SPLIT_FOLDERS("split folders"),
  /** The entities of an image set. */
  ENTITIES("entities");

  private final String title;

  DatasetLayout(String title) {
    this.title = title;
  }

  /** What the data set is called. */
  @Override
  public String toString() {
    return title;
  }
}
