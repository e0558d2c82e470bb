package dev.engram.magic.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class LinesPngTest {
  private static LinesPng.Line line(String colour, int points, DoubleUnaryOperator height) {
    return new LinesPng.Line(
        "curve",
        colour,
        IntStream.range(0, points)
            .mapToObj(
                i -> {
                  double y = height.applyAsDouble(i);
                  return new LinesPng.Point(i, y, y, y);
                })
            .toList());
  }

  private static BufferedImage drawn(List<String> names, LinesPng.Line... lines)
      throws IOException {
    byte[] png = LinesPng.draw("a title", "x", "y", names, List.of(lines));
    return ImageIO.read(new ByteArrayInputStream(png));
  }

  /** The row of the curve in a column, below the legend; -1 if there is none. */
  private static int row(BufferedImage image, int column) {
    for (int y = 60; y < image.getHeight(); y++) {
      int red = image.getRGB(column, y) >> 16 & 0xff;
      int blue = image.getRGB(column, y) & 0xff;
      if (red < 128 && blue > 200) { // the edges of a curve are smoothed
        return y;
      }
    }
    return -1;
  }

  @Test
  void aCurveGoesThroughEveryColumnAndFalls() throws IOException {
    BufferedImage image = drawn(List.of(), line("#0000ff", 80, i -> 1.0 / (i + 1)));
    int before = 0;
    for (int column = 75; column < 690; column += 10) {
      int row = row(image, column);
      assertTrue(row >= before, "column " + column + ", row " + row);
      before = row;
    }
    assertTrue(before > 300, "the end is at the bottom");
  }

  @Test
  void anIntervalIsABandAroundItsCurve() throws IOException {
    BufferedImage image =
        drawn(
            List.of("one", "two"),
            new LinesPng.Line(
                "curve",
                "#0000ff",
                List.of(new LinesPng.Point(0, 1, 0, 2), new LinesPng.Point(1, 1, 0, 2))));
    int middle = row(image, 390);
    assertTrue(middle > 150 && middle < 250, "row " + middle);
    assertEquals(0xccccff, image.getRGB(390, middle - 40) & 0xffffff);
    assertEquals(0xccccff, image.getRGB(390, middle + 40) & 0xffffff);
  }

  @Test
  void nothingAndNoNumberAreDrawnToo() throws IOException {
    assertEquals(-1, row(drawn(List.of()), 390));
    assertEquals(-1, row(drawn(List.of(), line("#0000ff", 3, i -> Double.NaN)), 390));
    assertTrue(row(drawn(List.of("a"), line("#0000ff", 1, i -> 5)), 385) > 0, "a mark alone");
  }
}
