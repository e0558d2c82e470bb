package dev.engram.experiment;

import dev.engram.data.DatasetClass;
import dev.engram.experiment.ZeroShot.Prediction;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Zero-shot accuracy before and after an edit (Tables 3, 4 and 8): on the images that the edit is
 * about, and on all others, which it should leave as they are.
 *
 * @param before with the model as it was
 * @param after with the edited model, on the same images
 * @param edited files of the images that the edit is about
 */
public record AccuracyChange(ZeroShot.Result before, ZeroShot.Result after, Set<Path> edited) {
  /** Keeps a copy; refuses results on other images. */
  public AccuracyChange {
    edited = Set.copyOf(edited);
    if (!images(before).equals(images(after))) {
      throw new IllegalArgumentException("before and after need the same images");
    }
  }

  /**
   * A class whose images fare better or worse.
   *
   * @param shown the class
   * @param images of it that the edit is not about
   * @param before how many were taken for it
   * @param after how many are now
   */
  public record ClassChange(DatasetClass shown, int images, int before, int after) {}

  private static List<?> images(ZeroShot.Result result) {
    return result.predictions().stream().map(Prediction::image).toList();
  }

  /** Accuracy on the images that the edit is about before. */
  public Estimate editedBefore() {
    return accuracy(before, true);
  }

  /** Accuracy on the images that the edit is about after. */
  public Estimate editedAfter() {
    return accuracy(after, true);
  }

  /** Accuracy on all other images before. */
  public Estimate restBefore() {
    return accuracy(before, false);
  }

  /** Accuracy on all other images after. */
  public Estimate restAfter() {
    return accuracy(after, false);
  }

  private Estimate accuracy(ZeroShot.Result result, boolean ofEdited) {
    return Estimate.of(Recognised.sample(result.predictions().stream().filter(about(ofEdited))));
  }

  private Predicate<Prediction> about(boolean ofEdited) {
    return p -> edited.contains(p.image().file()) == ofEdited;
  }

  /**
   * How much the accuracy on all other images changes: after minus before, paired; sampled are
   * classes.
   */
  public Estimate restChange() {
    return restAfter().minus(restBefore());
  }

  /**
   * Accuracy before on those of the other images that the model was not trained on; empty where the
   * data set does not say which it was trained on.
   */
  public Optional<Estimate> heldOutBefore() {
    return heldOut(before);
  }

  /** Accuracy after on those other images, empty as before. */
  public Optional<Estimate> heldOutAfter() {
    return heldOut(after);
  }

  private Optional<Estimate> heldOut(ZeroShot.Result result) {
    return Recognised.heldOut(
        result.dataset(), result.predictions().stream().filter(about(false)).toList());
  }

  /** How many other images are taken for something else than before. */
  public int restMoved() {
    int moved = 0;
    for (int i = 0; i < before.predictions().size(); i++) {
      Prediction b = before.predictions().get(i);
      boolean rest = !edited.contains(b.image().file());
      moved += rest && b.predicted() != after.predictions().get(i).predicted() ? 1 : 0;
    }
    return moved;
  }

  /**
   * The classes of which more or fewer of the other images are taken for what they are; those that
   * lost most first.
   */
  public List<ClassChange> restChanges() {
    int n = before.dataset().classes().size();
    int[] images = new int[n];
    int[] was = new int[n];
    int[] is = new int[n];
    for (int i = 0; i < before.predictions().size(); i++) {
      Prediction b = before.predictions().get(i);
      if (!edited.contains(b.image().file())) {
        int c = b.image().classIndex();
        images[c]++;
        was[c] += b.correct() ? 1 : 0;
        is[c] += after.predictions().get(i).correct() ? 1 : 0;
      }
    }
    return IntStream.range(0, n)
        .filter(c -> was[c] != is[c])
        .mapToObj(c -> new ClassChange(before.dataset().classes().get(c), images[c], was[c], is[c]))
        .sorted(Comparator.comparingInt(c -> c.after() - c.before()))
        .toList();
  }
}
