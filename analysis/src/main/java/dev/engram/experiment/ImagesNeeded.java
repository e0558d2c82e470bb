package dev.engram.experiment;

import dev.engram.model.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** How many images a rank-one edit needs: a name is taught with its first images only. */
public final class ImagesNeeded {
  private ImagesNeeded() {}

  /**
   * Accuracies with so many images; sampled are names.
   *
   * @param images that teach each name
   * @param before of the original model on the held-out images of the same names
   * @param edited on the name's held-out images
   * @param rest on the images of all other names
   */
  public record Point(int images, Estimate before, Estimate edited, Estimate rest) {}

  /**
   * @param points by the number of images, of the names that have so many
   * @param available the most images that a name has
   * @param leftOut counts that would take more
   */
  public record Result(List<Point> points, int available, List<Integer> leftOut) {
    /** Keeps copies. */
    public Result {
      points = List.copyOf(points);
      leftOut = List.copyOf(leftOut);
    }
  }

  static Result run(
      Insertions insertions,
      Lessons lessons,
      Seen original,
      Weight where,
      List<Integer> cases,
      List<Integer> counts) {
    int most = cases.stream().mapToInt(c -> images(lessons, c)).max().orElse(0);
    List<Point> points = new ArrayList<>();
    for (int count : counts.stream().filter(n -> n <= most).toList()) {
      List<Integer> of = cases.stream().filter(c -> images(lessons, c) >= count).toList();
      points.add(point(lessons, original, of, count, insertions.taught(where, of, count)));
    }
    return new Result(points, most, counts.stream().filter(n -> n > most).toList());
  }

  private static int images(Lessons lessons, int lesson) {
    return lessons.all().get(lesson).images().size();
  }

  private static Point point(
      Lessons lessons, Seen original, List<Integer> cases, int images, List<Seen> seen) {
    List<Double> before = new ArrayList<>();
    List<Double> edited = new ArrayList<>();
    List<Double> rest = new ArrayList<>();
    for (int c = 0; c < cases.size(); c++) {
      int lesson = cases.get(c);
      Set<Integer> taught = Set.of(lesson);
      IntStream all = IntStream.range(0, lessons.all().size());
      before.add(original.accuracy(lessons, IntStream.of(lesson), taught).mean());
      edited.add(seen.get(c).accuracy(lessons, IntStream.of(lesson), taught).mean());
      rest.add(seen.get(c).accuracy(lessons, all.filter(i -> i != lesson), taught).mean());
    }
    return new Point(images, Estimate.of(before), Estimate.of(edited), Estimate.of(rest));
  }
}
