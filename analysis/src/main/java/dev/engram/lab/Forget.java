package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.edit.Removal;
import org.jspecify.annotations.Nullable;

/**
 * Removes what the model knows about an entity (Sec. 4.4, A.7): its strongest knowledge neurons.
 *
 * @param target the entity, or images of it
 * @param label the text that stands for it; null for its own
 * @param top how many neurons
 * @param mode how they are removed
 * @param unrelated images for the lower bounds; null for the other entities of its category, or all
 *     others where it is alone
 * @param accuracy where zero-shot accuracy is measured before and after
 */
public record Forget(
    Target target,
    @Nullable String label,
    int top,
    Removal.Mode mode,
    @Nullable Target unrelated,
    Accuracy accuracy) {
  /** Refuses a removal of nothing. */
  public Forget {
    if (top < 1) {
      throw new EngramException("A removal takes a number of neurons from 1; got " + top + ".");
    }
  }

  /**
   * The paper's removal: the three strongest neurons, from the last residual stream.
   *
   * @param target the entity, or images of it
   */
  public static Forget of(Target target) {
    return new Forget(target, null, 3, Removal.Mode.RESIDUAL, null, Accuracy.onOpenImages());
  }

  /**
   * The paper's removal: the three strongest neurons, from the last residual stream.
   *
   * @param targets names of entities, images, files or folders
   */
  public static Forget of(String... targets) {
    return of(Target.of(targets));
  }

  /**
   * @param text that stands for the entity; null for its own
   */
  public Forget label(@Nullable String text) {
    return new Forget(target, text, top, mode, unrelated, accuracy);
  }

  /**
   * @param neurons how many, from 1
   */
  public Forget top(int neurons) {
    return new Forget(target, label, neurons, mode, unrelated, accuracy);
  }

  /**
   * @param how they are removed
   */
  public Forget mode(Removal.Mode how) {
    return new Forget(target, label, top, how, unrelated, accuracy);
  }

  /**
   * @param images for the lower bounds; null for the other entities of its category
   */
  public Forget unrelated(@Nullable Target images) {
    return new Forget(target, label, top, mode, images, accuracy);
  }

  /**
   * @param where zero-shot accuracy is measured before and after
   */
  public Forget accuracy(Accuracy where) {
    return new Forget(target, label, top, mode, unrelated, where);
  }
}
