package dev.engram.data;

import java.util.List;
import java.util.stream.IntStream;

/** Some of many, evenly spread: the one way in which a sample without chance is taken. */
public final class Spread {
  private Spread() {}

  /**
   * @param all in a stable order
   * @param most how many at most, at least 0
   * @return every (n / most)-th, from the first on, in their order; the list itself where it has no
   *     more than that
   */
  public static <T> List<T> of(List<T> all, int most) {
    int n = all.size();
    return n <= most
        ? all
        : IntStream.range(0, most).mapToObj(i -> all.get(place(i, n, most))).toList();
  }

  /**
   * @param i of those that are taken, from 0
   * @param all how many there are
   * @param most how many are taken, at most all
   * @return where it is among all
   */
  public static int place(int i, int all, int most) {
    return (int) ((long) i * all / most);
  }
}
