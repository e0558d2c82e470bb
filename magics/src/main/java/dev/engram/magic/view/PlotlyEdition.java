package dev.engram.magic.view;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.zip.GZIPOutputStream;

/**
 * The two builds of plotly.js that a page without a network can draw with. The small one serves
 * every figure of Engram's; the full one is for a user's figure with other types of trace, as 3D.
 */
public enum PlotlyEdition {
  /** The project's own cartesian build: 1.5 MB, half a megabyte compressed. */
  CARTESIAN("/dev/engram/magic/view/plotly-cartesian-4.1.1.min.js.gz"),
  /** Every type of trace. */
  FULL("/META-INF/resources/webjars/plotly.js-dist/3.3.1/plotly.js");

  /** What the cartesian build can draw. */
  private static final Set<String> CARTESIAN_TRACES =
      Set.of(
          "bar",
          "box",
          "contour",
          "heatmap",
          "histogram",
          "histogram2d",
          "histogram2dcontour",
          "image",
          "pie",
          "scatter",
          "scatterternary",
          "violin");

  private final String resource;

  PlotlyEdition(String resource) {
    this.resource = resource;
  }

  /**
   * @param traceTypes the types of trace in a figure
   * @return the smallest build that draws them
   */
  static PlotlyEdition drawing(Set<String> traceTypes) {
    return CARTESIAN_TRACES.containsAll(traceTypes) ? CARTESIAN : FULL;
  }

  /** The name by which scripts on a page know it. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * A script element that carries the library, compressed, and draws the figures that wait for it.
   * The library stays out of {@code window.Plotly} and away from AMD and CommonJS loaders, so that
   * it meets no other one on the page; loading it twice does nothing.
   */
  public String script() {
    return """
        <script>(function () {
          var engram = window.EngramFigures = window.EngramFigures || {waiting: []};
          if (engram.full || engram.%1$s) { return; }
          var packed = Uint8Array.from(atob("%2$s"), function (c) { return c.charCodeAt(0); });
          var unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
          new Response(unpacked).text().then(function (source) {
            var other = window.Plotly;
            new Function("define", "module", "exports", source).call(window);
            engram.%1$s = window.Plotly;
            window.Plotly = other;
            engram.waiting = engram.waiting.filter(function (draw) { return !draw(); });
          });
        })();</script>
        """
        .formatted(key(), Base64.getEncoder().encodeToString(compressed()));
  }

  private byte[] compressed() {
    try (InputStream in = PlotlyEdition.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the class path lacks " + resource);
      }
      byte[] bytes = in.readAllBytes();
      if (resource.endsWith(".gz")) {
        return bytes;
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length / 4);
      try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
        gzip.write(bytes);
      }
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
