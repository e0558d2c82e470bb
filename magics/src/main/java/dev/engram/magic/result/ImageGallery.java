package dev.engram.magic.result;

import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import dev.engram.model.ImageReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The value of {@code %images}: one picture for each entity of a set, by category; or all pictures
 * of one entity.
 *
 * @param set the images
 * @param groups heading and pictures, as they are shown
 */
public record ImageGallery(ImageSet set, Map<String, List<Gallery.Item>> groups)
    implements Viewable {
  /** Longest side of a picture on the page. */
  private static final int SIDE = 64;

  /** Pictures of one group; the rest is counted. */
  private static final int MOST = 60;

  /**
   * @param progress asked before each picture whether to go on
   * @return the first picture of each entity
   */
  public static ImageGallery of(ImageSet set, dev.engram.Progress progress) {
    Map<String, List<Gallery.Item>> groups = new LinkedHashMap<>();
    int done = 0;
    for (Entity e : set.entities()) {
      progress.step("reading images", done++, set.entities().size());
      List<Gallery.Item> group = groups.computeIfAbsent(e.category(), k -> new ArrayList<>());
      if (group.size() < MOST) {
        group.add(new Gallery.Item(ImageReader.read(e.images().get(0).file()), e.name()));
      }
    }
    return new ImageGallery(set, groups);
  }

  /**
   * @return all pictures of one entity, with the numbers by which magics take them
   */
  public static ImageGallery of(ImageSet set, Entity entity, dev.engram.Progress progress) {
    List<Gallery.Item> items = new ArrayList<>();
    for (LabelledImage image : entity.images()) {
      progress.step("reading images", items.size(), entity.images().size());
      items.add(
          new Gallery.Item(ImageReader.read(image.file()), entity.name() + "/" + items.size()));
    }
    return new ImageGallery(set, Map.of(entity.title() + ", \"" + entity.label() + "\"", items));
  }

  @Override
  public View view() {
    String summary = summary();
    StringBuilder html = new StringBuilder(Html.element("p", Html.escape(summary)));
    StringBuilder text = new StringBuilder(summary);
    groups.forEach(
        (heading, items) -> {
          View gallery = Gallery.of(items, SIDE);
          html.append(Html.element("b", Html.escape(heading))).append(gallery.html());
          text.append('\n').append(heading).append(": ");
          text.append(String.join(", ", items.stream().map(Gallery.Item::caption).toList()));
        });
    set.notes().forEach(n -> html.append(Html.element("p", Html.escape(n))));
    set.notes().forEach(n -> text.append('\n').append(n));
    return View.html(html.toString(), text.toString());
  }

  private String summary() {
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
