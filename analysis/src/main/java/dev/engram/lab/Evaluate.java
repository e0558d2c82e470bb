package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.data.Dataset;
import dev.engram.experiment.ZeroShot;
import java.util.List;

/**
 * Asks for the zero-shot accuracy on the entities of the open images, or on a data set.
 *
 * @param where which images
 * @param settings by which prompts, and whether images that cannot be read are left out
 * @param fresh whether everything is computed again, whatever is kept
 */
public record Evaluate(Accuracy where, ZeroShot.Settings settings, boolean fresh) {
  /** Refuses to measure nowhere. */
  public Evaluate {
    if (where.place() == Accuracy.Place.NONE) {
      throw new EngramException("An evaluation takes images; name a data set, or open some.");
    }
  }

  /** On the entities of the open images, by their own labels. */
  public static Evaluate openImages() {
    return new Evaluate(Accuracy.onOpenImages(), ZeroShot.Settings.standard(), false);
  }

  /**
   * @param dataset of which the held-out split is taken, where it has one
   * @return by the classes' own labels
   */
  public static Evaluate on(Dataset dataset) {
    return new Evaluate(Accuracy.on(dataset), ZeroShot.Settings.standard(), false);
  }

  /**
   * @param images which
   */
  public Evaluate where(Accuracy images) {
    return new Evaluate(images, settings, fresh);
  }

  /**
   * @param templates <code>{}</code> where the class is named; none for the classes' own labels
   */
  public Evaluate templates(List<String> templates) {
    return new Evaluate(where, new ZeroShot.Settings(templates, settings.skipUnreadable()), fresh);
  }

  /**
   * @param skip whether images that cannot be read are left out and named
   */
  public Evaluate skipUnreadable(boolean skip) {
    return new Evaluate(where, new ZeroShot.Settings(settings.templates(), skip), fresh);
  }

  /**
   * @param again whether everything is computed again, whatever is kept
   */
  public Evaluate fresh(boolean again) {
    return new Evaluate(where, settings, again);
  }
}
