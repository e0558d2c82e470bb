package dev.engram.magic.save;

import dev.engram.magic.draw.Canvas;
import dev.engram.magic.draw.FigureDrawing;
import dev.engram.magic.draw.PdfCanvas;
import dev.engram.magic.draw.PngCanvas;
import dev.engram.magic.draw.SvgCanvas;
import dev.engram.magic.view.PlotlyFigure;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** In what a figure can be written. */
enum PictureFormat {
  /** Vectors, texts as texts. */
  SVG,
  /** Pixels, two for each point of the page. */
  PNG,
  /** Vectors on a page of the figure's size, texts as outlines. */
  PDF;

  /** Far enough to find who wrote a file. */
  private static final int HEAD = 512;

  /** For each point, either way. */
  private static final int PIXELS = 2;

  byte[] bytes(PlotlyFigure figure) {
    FigureDrawing drawing = new FigureDrawing(figure.toJson());
    return switch (this) {
      case SVG -> drawing.on(new SvgCanvas(drawing.width(), drawing.height()));
      case PNG -> drawing.on(new PngCanvas(drawing.width(), drawing.height(), PIXELS));
      case PDF -> drawing.on(new PdfCanvas(drawing.width(), drawing.height()));
    };
  }

  /** Whether a file is one that Engram wrote in this format. */
  static boolean isOurs(byte[] file) {
    String head = new String(file, 0, Math.min(file.length, HEAD), StandardCharsets.ISO_8859_1);
    return head.contains(Canvas.MARK);
  }

  static Optional<PictureFormat> of(String file) {
    String end = file.substring(file.lastIndexOf('.') + 1).toUpperCase(Locale.ROOT);
    return Arrays.stream(values()).filter(format -> format.name().equals(end)).findFirst();
  }
}
