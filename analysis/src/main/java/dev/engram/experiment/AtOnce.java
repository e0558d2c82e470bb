package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.edit.EditHistory;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/** How many names one weight takes: all at once by MEMIT, or one ROME after another. */
public final class AtOnce {
  private AtOnce() {}

  /** How names are taught. */
  public enum Way {
    /** Not at all: the model as it is, on the same images. */
    ORIGINAL("original"),
    /** One edit for all of them (Eq. 25). */
    MEMIT("MEMIT"),
    /** A rank-one edit each (Eq. 7), each computed from what the former left. */
    ROME("one ROME after another");

    private final String title;

    Way(String title) {
      this.title = title;
    }

    /** The name in a legend. */
    @Override
    public String toString() {
      return title;
    }
  }

  /**
   * Accuracies with so many names taught; sampled are the random orders.
   *
   * @param edited on the held-out images of the taught names
   * @param rest on the images of all other names; NaN without any
   * @param restHeldOut on those of them that the model was not trained on; NaN where the set does
   *     not say which
   * @param general on general objects; NaN without any
   * @param generalHeldOut on those of them that the model was not trained on, likewise
   */
  public record Point(
      Way way,
      int names,
      Estimate edited,
      Estimate rest,
      Estimate restHeldOut,
      Estimate general,
      Estimate generalHeldOut) {}

  /**
   * @param points by the number of names, then by way
   * @param available how many names the set can teach
   * @param leftOut counts that would take more
   */
  public record Result(List<Point> points, int available, List<Integer> leftOut) {
    /** Keeps copies. */
    public Result {
      points = List.copyOf(points);
      leftOut = List.copyOf(leftOut);
    }

    /** The point of a way, by the number of names. */
    public List<Point> of(Way way) {
      return points.stream().filter(p -> p.way == way).toList();
    }
  }

  /** What each step of one order sees. */
  private record Chain(List<NearestClasses> steps) {}

  static Result run(
      Insertions insertions,
      Lessons lessons,
      NearestClasses original,
      Weight where,
      Scaling.Settings settings) {
    List<Integer> teachable = lessons.teachable();
    List<Integer> counts = settings.counts().stream().filter(n -> n <= teachable.size()).toList();
    List<Integer> leftOut = settings.counts().stream().filter(n -> n > teachable.size()).toList();
    if (counts.isEmpty()) {
      throw new EngramException(
          "%s can teach %d names; none of %s is that few."
              .formatted(lessons.study().set().name(), teachable.size(), leftOut));
    }
    List<List<Integer>> orders =
        IntStream.range(0, settings.draws()).mapToObj(seed -> shuffled(teachable, seed)).toList();
    List<Chain> memit = memit(insertions, lessons, where, orders, counts);
    List<Chain> rome = rome(insertions, lessons, where, orders, counts);
    List<Point> points = new ArrayList<>();
    for (int c = 0; c < counts.size(); c++) {
      int at = c;
      int n = counts.get(c);
      points.add(point(Way.ORIGINAL, lessons, orders, n, order -> original));
      points.add(point(Way.MEMIT, lessons, orders, n, order -> memit.get(order).steps.get(at)));
      points.add(point(Way.ROME, lessons, orders, n, order -> rome.get(order).steps.get(at)));
    }
    return new Result(points, teachable.size(), leftOut);
  }

  private static List<Integer> shuffled(List<Integer> all, int seed) {
    List<Integer> order = new ArrayList<>(all);
    Collections.shuffle(order, new Random(seed));
    return order;
  }

  private static List<Chain> memit(
      Insertions insertions,
      Lessons lessons,
      Weight where,
      List<List<Integer>> orders,
      List<Integer> counts) {
    List<List<Integer>> taught =
        orders.stream().flatMap(o -> counts.stream().map(n -> o.subList(0, n))).toList();
    List<NearestClasses> seen =
        lessons
            .study()
            .each(
                new Study.Task<>(
                    "scaling",
                    "teaching several",
                    NearestClasses.class,
                    insertions.everything(where)),
                taught.stream().map(insertions::part).toList(),
                i -> insertions.seen(insertions.memit(where, taught.get(i))));
    return IntStream.range(0, orders.size())
        .mapToObj(o -> new Chain(seen.subList(o * counts.size(), (o + 1) * counts.size())))
        .toList();
  }

  private static List<Chain> rome(
      Insertions insertions,
      Lessons lessons,
      Weight where,
      List<List<Integer>> orders,
      List<Integer> counts) {
    int most = counts.get(counts.size() - 1);
    List<List<Integer>> taught = orders.stream().map(o -> o.subList(0, most)).toList();
    return lessons
        .study()
        .each(
            new Study.Task<>(
                "scaling",
                "teaching one after another",
                Chain.class,
                insertions.everything(where, counts)),
            taught.stream().map(insertions::part).toList(),
            i -> rome(insertions, lessons.study().clip(), where, taught.get(i), counts));
  }

  private static Chain rome(
      Insertions insertions, Clip clip, Weight where, List<Integer> order, List<Integer> counts) {
    List<NearestClasses> steps = new ArrayList<>();
    try (EditHistory history = new EditHistory(clip)) {
      for (int lesson : order) {
        history.apply(insertions.rankOne(history.model(), where, lesson));
        if (counts.contains(history.edits().size())) {
          steps.add(insertions.seen(history.model(), where.layer()));
        }
      }
    }
    return new Chain(steps);
  }

  /** What a model sees that was taught in a certain order. */
  @FunctionalInterface
  private interface Model {
    NearestClasses seen(int order);
  }

  private static Point point(
      Way way, Lessons lessons, List<List<Integer>> orders, int names, Model model) {
    List<Double> edited = new ArrayList<>();
    List<Double> rest = new ArrayList<>();
    List<Double> heldOut = new ArrayList<>();
    List<Double> general = new ArrayList<>();
    List<Double> generalHeldOut = new ArrayList<>();
    for (int o = 0; o < orders.size(); o++) {
      Set<Integer> taught = Set.copyOf(orders.get(o).subList(0, names));
      NearestClasses seen = model.seen(o);
      int[] others =
          IntStream.range(0, lessons.all().size()).filter(i -> !taught.contains(i)).toArray();
      edited.add(seen.accuracy(lessons, taught.stream().mapToInt(i -> i), taught).mean());
      rest.add(seen.accuracy(lessons, IntStream.of(others), taught).mean());
      heldOut.add(seen.untrained(lessons, IntStream.of(others), taught).mean());
      general.add(lessons.general().accuracy(seen.general()).mean());
      generalHeldOut.add(lessons.general().untrained(seen.general()).mean());
    }
    return new Point(
        way, names, over(edited), over(rest), over(heldOut), over(general), over(generalHeldOut));
  }

  private static Estimate over(List<Double> shares) {
    return Estimate.of(Sample.each(Sample.Unit.ORDER, shares).asShares());
  }
}
