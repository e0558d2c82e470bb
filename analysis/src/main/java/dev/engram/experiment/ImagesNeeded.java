package dev.engram.experiment;

import dev.engram.model.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * How many images a rank-one edit needs: a name is taught with its first images only. Beyond those
 * that a set has, with {@link Variations} of them, which is another question and is named so.
 */
public final class ImagesNeeded {
  /** What is done to images where there are too few of them. */
  public static final String VARIATIONS = Variations.IN_WORDS;

  private ImagesNeeded() {}

  /**
   * Accuracies with so many images; sampled are names.
   *
   * @param images that teach each name
   * @param variations how many of them are variations of the others
   * @param before of the original model on the held-out images of the same names
   * @param edited on the name's held-out images
   * @param rest on the images of all other names
   * @param restHeldOut on those of them that the model was not trained on; NaN where the set does
   *     not say which
   */
  public record Point(
      int images,
      int variations,
      Estimate before,
      Estimate edited,
      Estimate rest,
      Estimate restHeldOut) {}

  /**
   * @param points by the number of images: of the names that have so many; with variations, of the
   *     names of the last point without them
   * @param available the most images that a name has
   */
  public record Result(List<Point> points, int available) {
    /** Keeps a copy. */
    public Result {
      points = List.copyOf(points);
    }
  }

  static Result run(
      Insertions insertions,
      Lessons lessons,
      NearestClasses original,
      Weight where,
      List<Integer> cases,
      List<Integer> counts) {
    int most = cases.stream().mapToInt(c -> images(lessons, c)).max().orElse(0);
    int last = counts.stream().filter(n -> n <= most).reduce(1, Math::max);
    List<Point> points = new ArrayList<>();
    for (int count : counts) {
      List<Integer> of =
          cases.stream().filter(c -> images(lessons, c) >= Math.min(count, last)).toList();
      int fewest = of.stream().mapToInt(c -> images(lessons, c)).min().orElse(0);
      int own = count <= most ? count : fewest;
      List<NearestClasses> seen = insertions.taught(where, of, c -> own, count - own);
      points.add(point(lessons, original, of, count, count - own, seen));
    }
    return new Result(points, most);
  }

  private static int images(Lessons lessons, int lesson) {
    return lessons.all().get(lesson).images().size();
  }

  private static Point point(
      Lessons lessons,
      NearestClasses original,
      List<Integer> cases,
      int images,
      int variations,
      List<NearestClasses> seen) {
    List<Double> before = new ArrayList<>();
    List<Double> edited = new ArrayList<>();
    List<Double> rest = new ArrayList<>();
    List<Double> heldOut = new ArrayList<>();
    for (int c = 0; c < cases.size(); c++) {
      int lesson = cases.get(c);
      Set<Integer> taught = Set.of(lesson);
      int[] others = IntStream.range(0, lessons.all().size()).filter(i -> i != lesson).toArray();
      before.add(original.accuracy(lessons, IntStream.of(lesson), taught).mean());
      edited.add(seen.get(c).accuracy(lessons, IntStream.of(lesson), taught).mean());
      rest.add(seen.get(c).accuracy(lessons, IntStream.of(others), taught).mean());
      heldOut.add(seen.get(c).untrained(lessons, IntStream.of(others), taught).mean());
    }
    return new Point(images, variations, over(before), over(edited), over(rest), over(heldOut));
  }

  private static Estimate over(List<Double> shares) {
    return Estimate.of(Sample.each(Sample.Unit.NAME, shares).asShares());
  }
}
