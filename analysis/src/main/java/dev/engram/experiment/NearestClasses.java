package dev.engram.experiment;

import dev.engram.data.Split;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a model takes images for.
 *
 * @param lessons nearest class of each measured image of each lesson
 * @param general nearest class of each general object
 */
record NearestClasses(int[][] lessons, int[] general) {
  /** Those of each lesson one after the other, then the general objects. */
  static NearestClasses of(List<Lesson> lessons, int[] nearest, int[] general) {
    int[][] byLesson = new int[lessons.size()][];
    int at = 0;
    for (int i = 0; i < byLesson.length; i++) {
      int n = lessons.get(i).measured().size();
      byLesson[i] = java.util.Arrays.copyOfRange(nearest, at, at + n);
      at += n;
    }
    return new NearestClasses(byLesson, general);
  }

  /** What is measured when some lessons were taught: of these only what never teaches. */
  InsertionAccuracy accuracy(Lessons of, int lesson, Set<Integer> taught) {
    return new InsertionAccuracy(
        Estimate.of(accuracy(of, IntStream.of(lesson), taught)),
        Estimate.of(accuracy(of, IntStream.range(0, lessons.length), taught)),
        Estimate.of(untrained(of, IntStream.range(0, lessons.length), taught)),
        Estimate.of(of.general().accuracy(general)),
        Estimate.of(of.general().untrained(general)));
  }

  /** 1 for each image of some lessons that is taken for what it is, else 0; sampled are classes. */
  Sample accuracy(Lessons of, IntStream which, Set<Integer> taught) {
    return sample(which.mapToObj(i -> correct(of, i, taught, image -> true)));
  }

  /**
   * The same on those of these images that the model was not trained on, as far as the set says so;
   * no value where it does not.
   */
  Sample untrained(Lessons of, IntStream which, Set<Integer> taught) {
    return sample(
        which.mapToObj(
            i ->
                correct(
                    of,
                    i,
                    taught,
                    image ->
                        of.all().get(i).measuredFiles().get(image).split() == Split.HELD_OUT)));
  }

  private static Sample sample(Stream<double[]> correct) {
    return Sample.of(Sample.Unit.CLASS, correct.toList()).asShares();
  }

  private double[] correct(Lessons of, int lesson, Set<Integer> taught, IntPredicate images) {
    int n = taught.contains(lesson) ? of.all().get(lesson).heldOut() : lessons[lesson].length;
    return IntStream.range(0, n)
        .filter(images)
        .mapToDouble(i -> lessons[lesson][i] == lesson ? 1 : 0)
        .toArray();
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
