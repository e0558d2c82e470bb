package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.data.Dataset;
import dev.engram.data.DatasetClass;
import dev.engram.data.ImageSelection;
import dev.engram.data.ImageSet;
import dev.engram.data.Templates;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One name that is taught, with its images.
 *
 * @param name as it was given
 * @param label the text that stands for it
 * @param taught images that teach it
 * @param heldOut images on which it is measured; empty for the same
 */
record NamedImages(String name, String label, ImageSelection taught, ImageSelection heldOut) {
  /**
   * What is measured.
   *
   * @param dataset with the names as classes
   * @param edited files of the images that the edit is about
   */
  record Measured(Dataset dataset, Set<Path> edited) {}

  /**
   * @param from all its images
   * @param template the text that the name becomes; null for the caption of an entity of that name,
   *     else {@code a photo of {}}
   * @param shots how many of the images teach it, the first ones; null for all
   */
  static NamedImages of(
      String name,
      ImageSelection from,
      @Nullable String template,
      @Nullable Integer shots,
      OpenImages open) {
    int n = from.images().size();
    if (shots != null && shots > n) {
      throw new EngramException(
          "Of the %d images of %s, 1 to %d can teach it; got %d."
              .formatted(n, from.title(), n, shots));
    }
    int count = shots == null ? n : shots;
    return new NamedImages(
        name, label(name, template, open), from.part(0, count), from.part(count, n));
  }

  /** The text that stands for a name. */
  static String label(String name, @Nullable String template, OpenImages open) {
    if (template != null) {
      return Templates.fill(template, name);
    }
    return open.isOpen() && open.set().hasEntity(name)
        ? open.set().entity(name).label()
        : ImageSet.DEFAULT_TEMPLATE.replace("{name}", name);
  }

  ImageSelection measured() {
    return heldOut.isEmpty() ? taught : heldOut;
  }

  /**
   * Each name is a class. It is measured on the images that were kept back, else on those that the
   * data set has of it, else on the ones that taught it.
   */
  static Measured measured(Dataset all, List<NamedImages> lessons) {
    Set<Path> own = new HashSet<>();
    for (NamedImages l : lessons) {
      own.addAll(l.taught.files());
      own.addAll(l.heldOut.files());
    }
    Dataset dataset = all.without(own);
    Set<Path> edited = new HashSet<>();
    for (NamedImages l : lessons) {
      DatasetClass named = new DatasetClass(l.name, l.name, l.label);
      if (l.heldOut.isEmpty() && dataset.hasClass(l.name) && !dataset.filesOf(l.name).isEmpty()) {
        edited.addAll(dataset.filesOf(l.name));
      } else {
        dataset = dataset.plus(named, l.measured().images());
        edited.addAll(l.measured().files());
      }
    }
    return new Measured(dataset, edited);
  }
}
