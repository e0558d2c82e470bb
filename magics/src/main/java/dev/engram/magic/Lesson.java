package dev.engram.magic;

import dev.engram.data.Dataset;
import dev.engram.data.DatasetClass;
import dev.engram.magic.EngramSession.Selection;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One name that is taught, with its images.
 *
 * @param name as it was typed
 * @param label the text that stands for it
 * @param taught images that teach it
 * @param heldOut images on which it is measured; empty for the same
 */
record Lesson(String name, String label, Selection taught, Selection heldOut) {
  /**
   * What is measured.
   *
   * @param dataset with the names as classes
   * @param edited files of the images that the edit is about
   */
  record Measured(Dataset dataset, Set<Path> edited) {}

  Selection measured() {
    return heldOut.images().isEmpty() ? taught : heldOut;
  }

  /**
   * Each name is a class. It is measured on the images that were kept back, else on those that the
   * data set has of it, else on the ones that taught it.
   */
  static Measured measured(Dataset all, List<Lesson> lessons) {
    Set<Path> own = new HashSet<>();
    for (Lesson l : lessons) {
      own.addAll(l.taught.files());
      own.addAll(l.heldOut.files());
    }
    Dataset dataset = all.without(own);
    Set<Path> edited = new HashSet<>();
    for (Lesson l : lessons) {
      DatasetClass named = new DatasetClass(l.name, l.name, l.label);
      if (l.heldOut.images().isEmpty()
          && dataset.hasClass(l.name)
          && !dataset.filesOf(l.name).isEmpty()) {
        edited.addAll(dataset.filesOf(l.name));
      } else {
        dataset = dataset.plus(named, l.measured().images());
        edited.addAll(l.measured().files());
      }
    }
    return new Measured(dataset, edited);
  }
}
