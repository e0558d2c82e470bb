package dev.engram.magic.result;

import dev.engram.Digits;
import dev.engram.dissect.Heatmap;
import dev.engram.dissect.Maps;
import dev.engram.lab.ImageHeatmap;
import dev.engram.magic.draw.Png;
import dev.engram.magic.view.HeatmapPng;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.View;
import dev.engram.trace.Neuron;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Where one image drives a neuron: the image as the model sees it, and over it the share of each
 * patch in the neuron's coefficient.
 *
 * @param heatmap the shares
 * @param image what the model sees, S × S
 * @param title of the image
 */
record HeatmapFigure(Heatmap heatmap, BufferedImage image, String title) {
  /** Side of the pictures on the page. */
  static final int SIDE = 300;

  private static final String NEGATIVE =
      "The coefficient is negative: dark patches drive the neuron. --turn turns it around (A.2).";

  /** What the library gives, as a figure. */
  HeatmapFigure(ImageHeatmap of) {
    this(of.heatmap(), of.picture().image(), of.picture().title());
  }

  /**
   * @param side in pixels
   * @return what the model sees
   */
  BufferedImage picture(int side) {
    return scaled(image, side);
  }

  /**
   * @param side in pixels
   * @return the picture with the map over it, scaled to [0, 1]
   */
  BufferedImage overlay(int side) {
    return HeatmapPng.overlay(scaled(image, side), rows(side));
  }

  /** An interactive heatmap over the picture: hovering tells the share of a patch. */
  PlotlyFigure figure() {
    return over(image, heatmap.map(), heatmap.side(), heading(), "share").png(sideBySide());
  }

  /**
   * Values of patches over a picture.
   *
   * @param map a value for each patch, row by row
   * @param n patches in a row
   * @param heading over it, from anywhere
   * @param unit what a value is
   */
  static PlotlyFigure over(BufferedImage image, double[] map, int n, String heading, String unit) {
    List<List<Double>> z = new ArrayList<>();
    for (int y = 0; y < n; y++) {
      List<Double> row = new ArrayList<>();
      for (int x = 0; x < n; x++) {
        row.add(map[y * n + x]);
      }
      z.add(row);
    }
    return PlotlyFigure.titled(Html.escape(heading))
        .trace(
            Map.of(
                "type",
                "heatmap",
                "z",
                z,
                "zsmooth",
                "best",
                "opacity",
                0.6,
                "colorscale",
                "Viridis",
                "colorbar",
                Map.of("title", unit),
                "hovertemplate",
                "row %{y}, column %{x}<br>" + unit + " %{z:.4f}<extra></extra>"))
        .image(Png.of(scaled(image, SIDE)), -0.5, -0.5, n, n)
        .layout(
            "xaxis",
            Map.of(
                "range",
                List.of(-0.5, n - 0.5),
                "constrain",
                "domain",
                "title",
                "column of patches"))
        .layout(
            "yaxis",
            Map.of(
                "range",
                List.of(n - 0.5, -0.5),
                "scaleanchor",
                "x",
                "showgrid",
                false,
                "zeroline",
                false,
                "title",
                "row of patches"))
        .layout("width", 520)
        .layout("height", 480);
  }

  /** The picture, and beside it the picture with the map over it. */
  private byte[] sideBySide() {
    return sideBySide(image, overlay(SIDE));
  }

  /** A picture, and beside it the same with something over it, as large as {@link #SIDE}. */
  static byte[] sideBySide(BufferedImage image, BufferedImage overlay) {
    BufferedImage both = new BufferedImage(2 * SIDE + 10, SIDE, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = both.createGraphics();
    g.setColor(java.awt.Color.WHITE);
    g.fillRect(0, 0, both.getWidth(), SIDE);
    g.drawImage(scaled(image, SIDE), 0, 0, null);
    g.drawImage(overlay, SIDE + 10, 0, null);
    g.dispose();
    return Png.of(both);
  }

  private double[][] rows(int side) {
    double[] map = Maps.minMax(heatmap.upsampled(side));
    double[][] rows = new double[side][];
    for (int y = 0; y < side; y++) {
      rows[y] = java.util.Arrays.copyOfRange(map, y * side, (y + 1) * side);
    }
    return rows;
  }

  /** A square of another side, every pixel as it is. */
  static BufferedImage scaled(BufferedImage image, int side) {
    BufferedImage out = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = out.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
    g.drawImage(image, 0, 0, side, side, null);
    g.dispose();
    return out;
  }

  private boolean ffn() {
    return heatmap.neuron().block() == Neuron.Block.FFN;
  }

  private String heading() {
    return String.format(
        Locale.ROOT,
        "%s on %s: coefficient %s%s",
        heatmap.neuron(),
        title,
        Digits.fixed(heatmap.coefficient(), 3),
        ffn() ? " before the activation" : "");
  }

  /** What the coefficient is made of. */
  private String sum() {
    Heatmap.Rest r = heatmap.rest();
    double patches = java.util.Arrays.stream(heatmap.map()).sum();
    String sum =
        String.format(
            Locale.ROOT,
            "%s = patches %s, class token %s%s.",
            Digits.fixed(heatmap.coefficient(), 3),
            Digits.signed(patches, 3),
            Digits.signed(heatmap.tokens()[0], 3),
            r.equals(Heatmap.Rest.NONE)
                ? ""
                : String.format(
                    Locale.ROOT,
                    ", initial embedding %s, earlier FFN blocks %s, biases %s",
                    Digits.signed(r.initial(), 3),
                    Digits.signed(r.ffn(), 3),
                    Digits.signed(r.bias() + r.constant(), 3)));
    return heatmap.coefficient() < 0 ? sum + " " + NEGATIVE : sum;
  }

  /** The figure, and above it what the coefficient is made of. */
  View page() {
    return figure().view().below(Footnote.under(Pages.paragraph(sum()), heatmap.provenance()));
  }
}
