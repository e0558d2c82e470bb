package dev.engram.magic.view;

import dev.engram.Progress;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.model.ImageReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The value of {@code %images}: one picture for each entity of a set, by category; all pictures of
 * one entity; or those of a set without entities. It keeps the pictures as small as it shows them.
 *
 * @param set the images
 * @param groups heading and pictures, as they are shown
 */
public record ImageGallery(ImageSet set, List<Group> groups) {
  /** Longest side of a picture on the page, in pixels. */
  public static final int SIDE = 64;

  /** Pictures of one group; the rest is counted. */
  private static final int MOST = 60;

  /**
   * Pictures under a heading.
   *
   * @param heading a category or an entity
   * @param pictures those that are shown
   * @param more how many are not shown
   */
  public record Group(String heading, List<Gallery.Item> pictures, int more) {
    /** Keeps a copy. */
    public Group {
      pictures = List.copyOf(pictures);
    }
  }

  /** Keeps a copy. */
  public ImageGallery {
    groups = List.copyOf(groups);
  }

  /** One picture to be read. */
  private record Wanted(LabelledImage image, String caption) {}

  /**
   * @param progress asked before each picture whether to go on
   * @return the first picture of each entity, or the pictures of a set that has none
   */
  public static ImageGallery of(ImageSet set, Progress progress) {
    Map<String, List<Wanted>> wanted = new LinkedHashMap<>();
    for (Entity e : set.entities()) {
      wanted
          .computeIfAbsent(e.category(), k -> new ArrayList<>())
          .add(new Wanted(e.images().get(0), e.name()));
    }
    if (wanted.isEmpty()) {
      wanted.put("images", set.background().stream().map(i -> new Wanted(i, i.name())).toList());
    }
    return new ImageGallery(set, read(wanted, progress));
  }

  /** Pictures of one entity, with the numbers by which magics take them. */
  public static ImageGallery of(ImageSet set, Entity entity, Progress progress) {
    List<Wanted> wanted = new ArrayList<>();
    for (LabelledImage image : entity.images()) {
      wanted.add(new Wanted(image, entity.name() + "/" + wanted.size()));
    }
    String heading = entity.title() + ", \"" + entity.label() + "\"";
    return new ImageGallery(set, read(Map.of(heading, wanted), progress));
  }

  private static List<Group> read(Map<String, List<Wanted>> wanted, Progress progress) {
    int total = wanted.values().stream().mapToInt(w -> Math.min(w.size(), MOST)).sum();
    int done = 0;
    List<Group> groups = new ArrayList<>();
    for (Map.Entry<String, List<Wanted>> e : wanted.entrySet()) {
      List<Gallery.Item> items = new ArrayList<>();
      for (Wanted w : e.getValue().subList(0, Math.min(e.getValue().size(), MOST))) {
        progress.step("reading images", done++, total);
        // shrunk at once: photographs of twelve megapixels would fill the memory
        items.add(
            new Gallery.Item(
                Gallery.shrunk(ImageReader.read(w.image().file()), SIDE), w.caption()));
      }
      groups.add(new Group(e.getKey(), items, e.getValue().size() - items.size()));
    }
    return groups;
  }

  /** How many entities and images there are, and how a magic takes one. */
  public String summary() {
    if (set.entities().isEmpty()) {
      return "%s: %d images and no entities. A magic takes an image by its file name."
          .formatted(set.name(), set.background().size());
    }
    long pictures = set.entities().stream().mapToLong(e -> e.images().size()).sum();
    String background =
        set.background().isEmpty() ? "" : ", and " + set.background().size() + " background images";
    return "%s: %d entities with %d images%s. A magic takes an entity, or one image as entity/0."
        .formatted(set.name(), set.entities().size(), pictures, background);
  }

  @Override
  public String toString() {
    return summary();
  }
}
