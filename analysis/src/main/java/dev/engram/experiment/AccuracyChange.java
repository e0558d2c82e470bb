package dev.engram.experiment;

import dev.engram.data.DatasetClass;
import dev.engram.experiment.ZeroShot.ClassAccuracy;
import dev.engram.experiment.ZeroShot.Prediction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * Zero-shot accuracy before and after an edit (Tables 3, 4 and 8): on the classes that were edited,
 * and on all others, which the edit should leave as they are.
 *
 * @param before with the model as it was
 * @param after with the edited model, on the same images
 * @param edited indices of the classes that were edited
 */
public record AccuracyChange(ZeroShot.Result before, ZeroShot.Result after, Set<Integer> edited) {
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
   * @param images of it
   * @param before how many were taken for it
   * @param after how many are now
   */
  public record ClassChange(DatasetClass shown, int images, int before, int after) {}

  private static List<?> images(ZeroShot.Result result) {
    return result.predictions().stream().map(Prediction::image).toList();
  }

  /**
   * @return accuracy on the edited classes before
   */
  public Estimate editedBefore() {
    return accuracy(before, true);
  }

  /**
   * @return accuracy on the edited classes after
   */
  public Estimate editedAfter() {
    return accuracy(after, true);
  }

  /**
   * @return accuracy on all other classes before
   */
  public Estimate restBefore() {
    return accuracy(before, false);
  }

  /**
   * @return accuracy on all other classes after
   */
  public Estimate restAfter() {
    return accuracy(after, false);
  }

  private Estimate accuracy(ZeroShot.Result result, boolean ofEdited) {
    return Estimate.of(
        result.predictions().stream()
            .filter(p -> edited.contains(p.image().classIndex()) == ofEdited)
            .mapToDouble(p -> p.correct() ? 1 : 0)
            .toArray());
  }

  /**
   * @return how many images of other classes are taken for something else than before
   */
  public int restMoved() {
    int moved = 0;
    for (int i = 0; i < before.predictions().size(); i++) {
      Prediction b = before.predictions().get(i);
      boolean rest = !edited.contains(b.image().classIndex());
      moved += rest && b.predicted() != after.predictions().get(i).predicted() ? 1 : 0;
    }
    return moved;
  }

  /**
   * @return the other classes of which more or fewer images are taken for what they are; those that
   *     lost most first
   */
  public List<ClassChange> restChanges() {
    List<ClassChange> out = new ArrayList<>();
    List<ClassAccuracy> was = before.classes();
    List<ClassAccuracy> is = after.classes();
    for (int c = 0; c < was.size(); c++) {
      ClassAccuracy b = was.get(c);
      if (!edited.contains(c) && b.correct() != is.get(c).correct()) {
        out.add(new ClassChange(b.shown(), b.images(), b.correct(), is.get(c).correct()));
      }
    }
    out.sort(Comparator.comparingInt(c -> c.after() - c.before()));
    return out;
  }
}
