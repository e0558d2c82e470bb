package dev.engram.lab;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks what each attention head writes to the embedding of images, and what the heads of some
 * layers say in words.
 *
 * @param target the images; an entity means the mean over its images
 * @param label the text that contributions are held against; null for the images' own
 * @param layers whose heads are put into words, from 0; empty for the last four
 * @param sample at most so many of the open images, evenly spread, over which a head's outputs vary
 * @param words null for the model's own
 */
public record ReadHeads(
    Target target,
    @Nullable String label,
    List<Integer> layers,
    int sample,
    @Nullable Vocabulary words) {
  /** As many images as a head of 64 channels needs, and twice more. */
  public static final int SAMPLE = 200;

  /** Keeps a copy. */
  public ReadHeads {
    layers = List.copyOf(layers);
  }

  /**
   * The heads of the last four layers, over 200 of the open images.
   *
   * @param targets names of entities, images, files or folders
   */
  public static ReadHeads of(String... targets) {
    return of(Target.of(targets));
  }

  /** The same of a target. */
  public static ReadHeads of(Target target) {
    return new ReadHeads(target, null, List.of(), SAMPLE, null);
  }

  /**
   * @param text that the images are held against; null for their own label
   */
  public ReadHeads label(@Nullable String text) {
    return new ReadHeads(target, text, layers, sample, words);
  }

  /**
   * @param which from 0; empty for the last four
   */
  public ReadHeads layers(List<Integer> which) {
    return new ReadHeads(target, label, which, sample, words);
  }

  /**
   * @param images at most so many
   */
  public ReadHeads sample(int images) {
    return new ReadHeads(target, label, layers, images, words);
  }

  /**
   * @param dictionary null for the model's own
   */
  public ReadHeads words(@Nullable Vocabulary dictionary) {
    return new ReadHeads(target, label, layers, sample, dictionary);
  }
}
