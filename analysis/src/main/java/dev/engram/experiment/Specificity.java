package dev.engram.experiment;

import dev.engram.Progress;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Who else a rank-one edit touches: the names whose images lie nearest to the taught one's, and all
 * others. Near is the cosine of the mean image embeddings of the original model.
 */
public final class Specificity {
  private Specificity() {}

  /**
   * Images before and after names were taught, one at a time; sampled are names.
   *
   * @param whose images
   * @param before accuracy of the original model on them
   * @param after with the edit
   * @param change after minus before, paired
   * @param takenBefore share that the original model takes for the taught name
   * @param takenAfter with the edit
   */
  public record Group(
      String whose,
      Estimate before,
      Estimate after,
      Estimate change,
      Estimate takenBefore,
      Estimate takenAfter) {}

  /**
   * @param own the taught name's held-out images
   * @param near images of its nearest neighbours
   * @param far images of all others
   * @param neighbours how many count as near
   */
  public record Result(Group own, Group near, Group far, int neighbours) {}

  /** Mean of the unit embeddings of a lesson's images. */
  private record Centre(double[] mean) {}

  static Result run(
      Insertions insertions,
      Lessons lessons,
      NearestClasses original,
      Weight where,
      List<Integer> cases,
      int neighbours) {
    int near = Math.min(neighbours, Math.max(1, lessons.all().size() - 2));
    List<Integer> measured =
        IntStream.range(0, lessons.all().size())
            .filter(i -> !lessons.all().get(i).measured().isEmpty())
            .boxed()
            .toList();
    List<List<Integer>> order = order(insertions, lessons, measured, cases);
    List<NearestClasses> after = insertions.taught(where, cases);
    Groups groups = new Groups(lessons, original, after, cases);
    return new Result(
        groups.of("the name itself", c -> IntStream.of(cases.get(c))),
        groups.of(near + " nearest names", c -> order.get(c).stream().limit(near).mapToInt(i -> i)),
        groups.of("all other names", c -> order.get(c).stream().skip(near).mapToInt(i -> i)),
        near);
  }

  /** For each case the other names, the nearest first. */
  private static List<List<Integer>> order(
      Insertions insertions, Lessons lessons, List<Integer> measured, List<Integer> cases) {
    Clip clip = lessons.study().clip();
    List<Centre> centres =
        lessons
            .study()
            .each(
                new Study.Task<>(
                    "scaling", "reading centres", Centre.class, List.of(lessons.about())),
                insertions.parts(measured),
                i ->
                    centre(
                        clip.embedImages(
                            lessons.all().get(measured.get(i)).measured(), Progress.NONE)));
    return cases.stream()
        .map(
            c -> {
              double[] own = centres.get(measured.indexOf(c)).mean;
              return IntStream.range(0, centres.size())
                  .filter(i -> !measured.get(i).equals(c))
                  .boxed()
                  .sorted(Comparator.comparingDouble(i -> -cosine(own, centres.get(i).mean)))
                  .map(measured::get)
                  .toList();
            })
        .toList();
  }

  private static Centre centre(float[][] embeddings) {
    double[] mean = new double[embeddings[0].length];
    for (float[] z : embeddings) {
      double length = 0;
      for (float x : z) {
        length = Math.hypot(length, x);
      }
      for (int i = 0; i < mean.length; i++) {
        mean[i] += z[i] / length / embeddings.length;
      }
    }
    return new Centre(mean);
  }

  private static double cosine(double[] a, double[] b) {
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  }

  private static double dot(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
  }

  /** Sums up over the cases. */
  private record Groups(
      Lessons lessons, NearestClasses original, List<NearestClasses> after, List<Integer> cases) {
    Group of(String whose, IntFunction<IntStream> which) {
      List<double[]> rows = new ArrayList<>();
      for (int c = 0; c < cases.size(); c++) {
        Set<Integer> taught = Set.of(cases.get(c));
        int right = cases.get(c);
        double before = original.accuracy(lessons, which.apply(c), taught).mean();
        double now = after.get(c).accuracy(lessons, which.apply(c), taught).mean();
        rows.add(
            new double[] {
              before,
              now,
              now - before,
              original.takenFor(right, which.apply(c)),
              after.get(c).takenFor(right, which.apply(c))
            });
      }
      return new Group(
          whose,
          Estimate.of(column(rows, 0).asShares()),
          Estimate.of(column(rows, 1).asShares()),
          Estimate.of(column(rows, 2)),
          Estimate.of(column(rows, 3).asShares()),
          Estimate.of(column(rows, 4).asShares()));
    }

    private static Sample column(List<double[]> rows, int column) {
      return Sample.each(
          Sample.Unit.NAME,
          rows.stream().mapToDouble(r -> r[column]).filter(x -> !Double.isNaN(x)).toArray());
    }
  }
}
