package dev.engram.experiment;

import dev.engram.data.Entity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * On which images of an entity its neurons are judged: on those that found them, as in the paper,
 * which flatters every method that looks at the images, or on the others.
 */
public record Judging(
    @About(
            "whether one half of each entity's images, drawn at random, finds the neurons, and the"
                + " other judges them")
        boolean otherHalf,
    @About("seed of the draw of the halves; another one draws other halves") long seed) {
  /** Found and judged on the same images. */
  public static final Judging SAME_IMAGES = new Judging(false, 0);

  /**
   * @param seed another one draws other halves
   * @return found on one half, judged on the other
   */
  public static Judging otherHalf(long seed) {
    return new Judging(true, seed);
  }

  /** Those with which it can be done: a half takes an image at least. */
  List<Entity> of(List<Entity> entities) {
    return otherHalf ? entities.stream().filter(e -> e.images().size() > 1).toList() : entities;
  }

  /**
   * In words.
   *
   * @param entities how many are left out since they have one image
   */
  String leavingOut(int entities) {
    return this
        + (entities == 0 ? "" : "; %d entities with one image left out".formatted(entities));
  }

  /** Indices of the images that find the neurons, the larger half. */
  int[] finding(int images, int entity) {
    return otherHalf
        ? shuffled(images, entity).limit((images + 1) / 2).sorted().toArray()
        : IntStream.range(0, images).toArray();
  }

  /** Indices of the images that judge them. */
  int[] judging(int images, int entity) {
    return otherHalf
        ? shuffled(images, entity).skip((images + 1) / 2).sorted().toArray()
        : IntStream.range(0, images).toArray();
  }

  private IntStream shuffled(int images, int entity) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, images).boxed().toList());
    Collections.shuffle(order, new Random(1_000_003L * seed + entity));
    return order.stream().mapToInt(Integer::intValue);
  }

  /** The values at some places. */
  static double[] pick(double[] values, int[] at) {
    return IntStream.of(at).mapToDouble(i -> values[i]).toArray();
  }

  /** In words, for provenance. */
  @Override
  public String toString() {
    return otherHalf
        ? "one half of each entity's images finds the neurons, the other judges them, seed " + seed
        : "the same images find the neurons and judge them";
  }
}
