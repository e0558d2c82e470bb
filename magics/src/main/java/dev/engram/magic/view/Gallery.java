package dev.engram.magic.view;

import dev.engram.lab.Picture;
import dev.engram.magic.draw.Png;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A grid of pictures with captions: an image set, or the images that drive a neuron. The pictures
 * lie in the page itself, shrunk, so that it needs nothing else.
 */
public final class Gallery {
  private static final String FIGURE =
      "display:inline-block;margin:.3em;text-align:center;vertical-align:top";
  private static final String CAPTION = "font-size:75%;overflow-wrap:break-word;width:";

  /** Room that a caption needs, whatever the size of the picture. */
  private static final int NARROWEST = 78;

  private Gallery() {}

  /**
   * One picture of a gallery.
   *
   * @param picture any size
   * @param caption a word or two, from anywhere
   */
  public record Item(BufferedImage picture, String caption) {}

  /** Side of the pictures of {@link #of(List)}, in pixels. */
  private static final int SIDE = 120;

  /**
   * @param pictures as the model sees them
   * @return items of them, shrunk and with their titles
   */
  public static List<Item> of(List<Picture> pictures) {
    return pictures.stream().map(p -> new Item(shrunk(p.image(), SIDE), p.title())).toList();
  }

  /**
   * @param items in the order in which they are shown
   * @param side longest side of a picture on the page, in pixels
   */
  public static View of(List<Item> items, int side) {
    String html =
        items.stream()
            .map(item -> figure(item, side))
            .collect(Collectors.joining("", "<div>", "</div>"));
    String text = items.stream().map(Item::caption).collect(Collectors.joining("\n"));
    return View.html(html, text);
  }

  private static String figure(Item item, int side) {
    String data = Base64.getEncoder().encodeToString(Png.of(shrunk(item.picture, side)));
    return Html.element(
        "figure",
        Html.open("img", "src", "data:image/png;base64," + data, "alt", item.caption)
            + Html.element(
                "figcaption",
                breakable(Html.escape(item.caption)),
                "style",
                CAPTION + Math.max(side, NARROWEST) + "px"),
        "style",
        FIGURE);
  }

  /** A name of a file or folder may end its line where a reader would, rather than in a word. */
  private static String breakable(String escaped) {
    return escaped.replaceAll("[_/]", "$0<wbr>");
  }

  /**
   * @param side longest side of the result, in pixels
   * @return the picture itself if it is no larger
   */
  public static BufferedImage shrunk(BufferedImage picture, int side) {
    double scale = (double) side / Math.max(picture.getWidth(), picture.getHeight());
    if (scale >= 1) {
      return picture;
    }
    int width = Math.max(1, (int) Math.round(picture.getWidth() * scale));
    int height = Math.max(1, (int) Math.round(picture.getHeight() * scale));
    BufferedImage out = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = out.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    graphics.drawImage(picture, 0, 0, width, height, null);
    graphics.dispose();
    return out;
  }
}
