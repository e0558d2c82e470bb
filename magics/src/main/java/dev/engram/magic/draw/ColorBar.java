package dev.engram.magic.draw;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import dev.engram.magic.draw.Canvas.Anchor;
import dev.engram.magic.draw.Canvas.Style;
import java.awt.Color;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.List;

/**
 * Colours that stand for numbers, of a heatmap or of points, and the bar beside the axes that says
 * which.
 */
final class ColorBar {
  /** Room beside the axes. */
  static final double ROOM = 78;

  private static final double BAR = 14;

  /** Letters of a line of the title. */
  private static final int LETTERS = 13;

  private final Colours.Scale scale;
  private final PlotAxis values;
  private final boolean isShown;
  private final RichText title;

  /**
   * @param colored a heatmap or a marker
   * @param least the name of the end of its scale, as {@code zmin}
   * @param most the name of the other end
   * @param numbers of which the others are taken
   * @param shown whether there is a bar where the figure says nothing
   * @throws EngramException if its colours have a name that is not known
   */
  ColorBar(JsonNode colored, String least, String most, Iterable<JsonNode> numbers, boolean shown) {
    JsonNode named = colored.path("colorscale");
    Colours.Scale known = Colours.scale(named, colored.path("reversescale").asBoolean(false));
    if (known == null) {
      throw new EngramException(
          "A still picture has the colours Viridis, RdBu, Greys or a list of its own; this figure has %s. Save it as .html."
              .formatted(named.asText()));
    }
    scale = known;
    values = new PlotAxis(colored.path("colorbar"), List.of(), false);
    if (colored.has(least) && colored.has(most)) {
      values.include(colored.path(least).asDouble());
      values.include(colored.path(most).asDouble());
    } else {
      JsonNode middle = colored.path(least.charAt(0) + "mid");
      for (JsonNode number : numbers) {
        double value = number.isNumber() ? number.asDouble() : Double.NaN;
        values.include(value);
        if (!middle.isMissingNode()) { // as far below it as above
          values.include(2 * middle.asDouble() - value);
        }
      }
    }
    values.settle(false);
    values.lie(0, 1);
    isShown = colored.path("showscale").asBoolean(shown);
    title = new RichText(TitleLines.broken(values.title(), LETTERS), 11, Colours.TEXT, false);
  }

  boolean isShown() {
    return isShown;
  }

  /** The colour of a number, 0xRRGGBB. */
  int rgb(double value) {
    return scale.rgb(values.at(value));
  }

  /** The scale itself at the right of the axes, the greatest value above. */
  void on(Canvas canvas, Rectangle2D plot) {
    BufferedImage image = new BufferedImage(1, 256, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 256; i++) {
      image.setRGB(0, 255 - i, scale.rgb(i / 255.0));
    }
    double left = plot.getMaxX() + 14;
    double top = plot.getMinY() + (title.isEmpty() ? 0 : title.height() + 4);
    Rectangle2D bar = new Rectangle2D.Double(left, top, BAR, Math.max(10, plot.getMaxY() - top));
    canvas.picture(image, bar, 1);
    values.lie(bar.getMaxY(), bar.getMinY());
    for (PlotAxis.Tick t : values.ticks()) {
      Style style = new Style(11, false, Anchor.START, 0, Colours.TEXT);
      canvas.text(t.label(), left + BAR + 4, values.at(t.value()) + 4, style);
    }
    values.lie(0, 1);
    title.write(canvas, left, plot.getMinY() - 2, Anchor.START, ROOM - 4);
  }

  /** Colours of a trace's points: one for all, one for each, or what their numbers stand for. */
  interface OfPoints {
    Color at(int point);
  }
}
