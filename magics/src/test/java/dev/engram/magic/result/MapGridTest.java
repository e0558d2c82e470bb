package dev.engram.magic.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.magic.draw.FigureDrawing;
import dev.engram.magic.view.PlotlyFigure;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** Grids of maps: red is above 0 and blue below, and tiles lie on their picture. */
class MapGridTest {
  private static final Pattern STILL = Pattern.compile("src=\"data:image/png;base64,([^\"]+)\"");

  private static BufferedImage read(byte[] png) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(png));
  }

  private static long count(BufferedImage image, java.util.function.Predicate<Color> which) {
    long n = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth() - 80; x++) { // without the bar of colours
        n += which.test(new Color(image.getRGB(x, y))) ? 1 : 0;
      }
    }
    return n;
  }

  @Test
  void redIsAboveZeroAndBlueBelow() throws IOException {
    double[][] rise = {{1, 1}, {1, -1}};
    JsonNode tree = MapGrid.ofLayers("rise", "cosine", List.of("a", "b"), rise).figure().toJson();
    assertEquals("RdBu", tree.at("/data/0/colorscale").asText());
    assertFalse(tree.at("/data/0/reversescale").asBoolean(), "plotly.js's begins with blue");
    BufferedImage still = read(FigureDrawing.still(tree).orElseThrow());
    long red = count(still, c -> c.getRed() > c.getBlue() + 100);
    long blue = count(still, c -> c.getBlue() > c.getRed() + 100);
    assertTrue(red > 500 && blue > 150, red + " red and " + blue + " blue pixels");
    assertEquals(3, red / (double) blue, 0.3);
  }

  @Test
  void aPictureLiesUnderEachTileOfTheStillAlone() throws IOException {
    BufferedImage green = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 64 * 64; i++) {
      green.setRGB(i % 64, i / 64, 0x00ff00);
    }
    double[][][] tiles = {{{0, 0, 0, 1}, {0, 0, 0, 0}}};
    MapGrid grid =
        new MapGrid("t", "share", List.of("l"), List.of("a", "b"), tiles, 2, false, green);
    PlotlyFigure figure = grid.figure();
    assertTrue(
        figure.toJson().at("/layout/images").isMissingNode(), "it would be most of the page");
    Matcher found = STILL.matcher(figure.view().html());
    assertTrue(found.find());
    BufferedImage still = read(Base64.getDecoder().decode(found.group(1)));
    long shining = count(still, c -> c.getGreen() > 150 && c.getRed() < 100 && c.getBlue() < 100);
    long warm = count(still, c -> c.getRed() > 150 && c.getGreen() > 200 && c.getBlue() < 80);
    assertTrue(shining > 500, "the picture is seen where there is nothing: " + shining);
    assertEquals(7, shining / (double) warm, 0.7, "one patch of eight");
  }
}
