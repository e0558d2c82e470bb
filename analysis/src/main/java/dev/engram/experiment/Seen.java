package dev.engram.experiment;

import java.util.List;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * What a model takes images for.
 *
 * @param lessons nearest class of each measured image of each lesson
 * @param general nearest class of each general object
 */
record Seen(int[][] lessons, int[] general) {
  /** Those of each lesson one behind the other, then the general objects. */
  static Seen of(List<Lesson> lessons, int[] nearest, int[] general) {
    int[][] byLesson = new int[lessons.size()][];
    int at = 0;
    for (int i = 0; i < byLesson.length; i++) {
      int n = lessons.get(i).measured().size();
      byLesson[i] = java.util.Arrays.copyOfRange(nearest, at, at + n);
      at += n;
    }
    return new Seen(byLesson, general);
  }

  /** What is measured when some lessons were taught: of these only what never teaches. */
  InsertionAccuracy accuracy(Lessons of, int lesson, Set<Integer> taught) {
    return new InsertionAccuracy(
        Estimate.of(correct(of, lesson, taught).toArray()),
        accuracy(of, IntStream.range(0, lessons.length), taught),
        of.general().accuracy(general));
  }

  /** Accuracy on the images of some lessons; sampled are images. */
  Estimate accuracy(Lessons of, IntStream which, Set<Integer> taught) {
    return Estimate.of(which.boxed().flatMapToDouble(i -> correct(of, i, taught)).toArray());
  }

  /** 1 for each image of a lesson that is taken for what it is, else 0. */
  private DoubleStream correct(Lessons of, int lesson, Set<Integer> taught) {
    int right = of.right(lesson);
    int n = taught.contains(lesson) ? of.all().get(lesson).heldOut() : lessons[lesson].length;
    return IntStream.of(lessons[lesson]).limit(n).mapToDouble(c -> c == right ? 1 : 0);
  }

  /** The share of the images of some lessons that are taken for another one. */
  double takenFor(int right, IntStream which) {
    return which
        .boxed()
        .flatMapToInt(i -> IntStream.of(lessons[i]))
        .mapToDouble(c -> c == right ? 1 : 0)
        .average()
        .orElse(Double.NaN);
  }
}
