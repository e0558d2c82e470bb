package dev.engram.experiment;

import dev.engram.Progress;
import dev.engram.data.LabelledImage;
import dev.engram.data.Split;
import dev.engram.model.Clip;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Images that an edit is not about, each with a label of its own: what the paper takes from
 * ImageNet, and what the labelled background images of a set stand in for.
 *
 * @param images on which accuracy is measured
 * @param classes the labels among which each is recognised
 */
record GeneralObjects(List<LabelledImage> images, ClassTexts classes) {
  /** Images in one part of the work. */
  private static final int PART = 50;

  /** All labelled background images, each among the labels of all. */
  static GeneralObjects of(Clip clip, List<LabelledImage> labelled) {
    return new GeneralObjects(labelled, classes(clip, labelled));
  }

  /** Every second one, from the second on, among the labels of all; the others may give keys. */
  static GeneralObjects everySecond(Clip clip, List<LabelledImage> labelled) {
    return new GeneralObjects(TracedImages.half(labelled, 1), classes(clip, labelled));
  }

  private static ClassTexts classes(Clip clip, List<LabelledImage> labelled) {
    return ClassTexts.distinct(
        clip, labelled.stream().map(LabelledImage::label).toList(), Progress.NONE);
  }

  /** Some at a time; the part's label plays no part in what is read. */
  List<Study.Part> parts() {
    List<Study.Part> parts = new ArrayList<>();
    for (int i = 0; i < images.size(); i += PART) {
      List<LabelledImage> some = images.subList(i, Math.min(images.size(), i + PART));
      parts.add(new Study.Part(some, some.get(0).label(), List.of()));
    }
    return parts;
  }

  /**
   * 1 for each image that is taken for what it is, else 0; sampled are labels, none without any.
   */
  Sample accuracy(int[] nearest) {
    return accuracy(nearest, image -> true);
  }

  /**
   * The same on those that the model was not trained on, as far as the set says so; no value where
   * it does not. The labels of all are still the classes.
   */
  Sample untrained(int[] nearest) {
    return accuracy(nearest, image -> image.split() == Split.HELD_OUT);
  }

  private Sample accuracy(int[] nearest, Predicate<LabelledImage> which) {
    int[] chosen =
        IntStream.range(0, nearest.length).filter(i -> which.test(images.get(i))).toArray();
    return Sample.by(
            Sample.Unit.LABEL,
            IntStream.of(chosen).mapToObj(i -> images.get(i).label()).toList(),
            IntStream.of(chosen)
                .mapToDouble(
                    i -> classes.labels().get(nearest[i]).equals(images.get(i).label()) ? 1 : 0)
                .toArray())
        .asShares();
  }
}
