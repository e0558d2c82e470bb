package dev.engram.magic.result;

import dev.engram.magic.draw.FigureDrawing;
import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.HeatmapPng;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A grid of small maps on one scale, as heads by layers: each a square of patches, or a single
 * value. As an interactive heatmap, and as a picture where nothing is interactive.
 *
 * @param title over it, from anywhere
 * @param unit of the values
 * @param rows names of the rows
 * @param columns names of the columns
 * @param tiles for each row and column the values of a square, row by row (side²)
 * @param side of a tile in cells
 * @param signed whether 0 is the middle of the scale
 * @param under what lies under each tile of the picture; null for nothing
 */
record MapGrid(
    String title,
    String unit,
    List<String> rows,
    List<String> columns,
    double[][][] tiles,
    int side,
    boolean signed,
    @Nullable BufferedImage under) {
  /** Names of columns that find room under a figure. */
  private static final int MOST_NAMES = 32;

  /** Beyond it the words for each cell would be most of the page. */
  private static final int MOST_WORDS = 30_000;

  private static final int CELL = 26;
  private static final int WIDEST = 1000;

  /**
   * A value for each layer (downwards) and column, around 0.
   *
   * @param values (layers, columns)
   */
  static MapGrid ofLayers(String title, String unit, List<String> columns, double[][] values) {
    return new MapGrid(
        title,
        unit,
        IntStream.range(0, values.length).mapToObj(l -> "layer " + l).toList(),
        columns,
        Arrays.stream(values)
            .map(row -> Arrays.stream(row).mapToObj(v -> new double[] {v}).toArray(double[][]::new))
            .toArray(double[][][]::new),
        1,
        true,
        null);
  }

  /** An interactive heatmap; hovering tells row, column, patch and value. */
  PlotlyFigure figure() {
    int step = side == 1 ? 1 : side + 1; // an empty line between tiles
    int height = rows.size() * step - (step - side);
    int width = columns.size() * step - (step - side);
    List<List<@Nullable Double>> z = new ArrayList<>();
    List<List<String>> words = new ArrayList<>();
    for (int y = 0; y < height; y++) {
      List<@Nullable Double> values = new ArrayList<>(Collections.nCopies(width, null));
      List<String> texts = new ArrayList<>(Collections.nCopies(width, ""));
      for (int x = 0; x < width; x++) {
        if (y % step < side && x % step < side) {
          double value = tiles[y / step][x / step][y % step * side + x % step];
          values.set(x, Double.isFinite(value) ? value : null);
          texts.set(x, cell(y / step, x / step, y % step, x % step));
        }
      }
      z.add(values);
      words.add(texts);
    }
    boolean told = width * height <= MOST_WORDS;
    double most = most();
    Map<String, Object> trace = new HashMap<>();
    trace.put("type", "heatmap");
    trace.put("z", z);
    trace.put("colorscale", signed ? "RdBu" : "Viridis"); // plotly.js's RdBu begins with blue
    trace.put("zmin", signed ? -most : least());
    trace.put("zmax", most);
    trace.put("colorbar", Map.of("title", unit));
    trace.put("hoverongaps", false);
    trace.put("hovertemplate", (told ? "%{text}<br>" : "") + "%{z:.4f}<extra></extra>");
    if (told) {
      trace.put("text", words);
    }
    int tile = side == 1 ? CELL : Math.max(48, Math.min(110, WIDEST / columns.size()));
    PlotlyFigure figure =
        PlotlyFigure.titled(Html.escape(title))
            .trace(trace)
            .layout("xaxis", axis(columns, step, false))
            .layout("yaxis", axis(rows, step, true))
            .layout("width", Math.min(WIDEST, 240 + columns.size() * tile))
            .layout("height", Math.min(WIDEST, 170 + rows.size() * tile));
    return under == null || signed ? figure : figure.png(onPictures(figure, under, tile, step));
  }

  /** The still, with the picture under each tile. */
  private byte[] onPictures(PlotlyFigure figure, BufferedImage picture, int tile, int step) {
    BufferedImage small = Gallery.shrunk(picture, tile);
    double least = least();
    double range = most() - least;
    List<Map<String, ?>> images = new ArrayList<>();
    for (int r = 0; r < rows.size(); r++) {
      for (int c = 0; c < columns.size(); c++) {
        double[][] map = new double[side][side];
        for (int i = 0; i < side * side; i++) {
          map[i / side][i % side] = range > 0 ? (tiles[r][c][i] - least) / range : 0;
        }
        byte[] png = HeatmapPng.over(small, map);
        images.add(PlotlyFigure.placed(png, c * step - 0.5, r * step - 0.5, side, side, "above"));
      }
    }
    return FigureDrawing.still(figure.images(images).toJson()).orElseThrow();
  }

  private String cell(int row, int column, int y, int x) {
    String place = rows.get(row) + ", " + columns.get(column);
    return Html.escape(side == 1 ? place : place + ", patch %d,%d".formatted(y, x));
  }

  private Map<String, Object> axis(List<String> names, int step, boolean reversed) {
    int every = Math.max(1, (names.size() + MOST_NAMES - 1) / MOST_NAMES);
    int[] shown = IntStream.range(0, names.size()).filter(i -> i % every == 0).toArray();
    Map<String, Object> axis = new HashMap<>();
    axis.put("tickmode", "array");
    axis.put(
        "tickvals", Arrays.stream(shown).mapToDouble(i -> i * step + (side - 1) / 2.0).toArray());
    axis.put("ticktext", Arrays.stream(shown).mapToObj(i -> Html.escape(names.get(i))).toList());
    axis.put("showgrid", false);
    axis.put("zeroline", false);
    axis.put("automargin", true);
    if (reversed) {
      axis.put("autorange", "reversed");
    }
    if (side > 1) { // patches are squares
      axis.put("constrain", "domain");
      if (reversed) {
        axis.put("scaleanchor", "x");
      }
    }
    return axis;
  }

  private double most() {
    double most = all().map(v -> signed ? Math.abs(v) : v).max().orElse(0);
    return signed && most == 0 ? 1 : most;
  }

  private double least() {
    return all().min().orElse(0);
  }

  private java.util.stream.DoubleStream all() {
    return Arrays.stream(tiles)
        .flatMap(Arrays::stream)
        .flatMapToDouble(Arrays::stream)
        .filter(Double::isFinite);
  }
}
