package dev.engram.magic.view;

import dev.engram.Printable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a cell shows: the same thing in several MIME types, of which the front end takes the richest
 * it knows. There is always a text; values are strings or plain JSON trees (maps, lists, numbers).
 *
 * @param data MIME type to content
 * @param plotly the edition of plotly.js that the HTML needs on its page, if any
 * @param before views that are shown above this one, as outputs of their own
 */
public record View(Map<String, Object> data, Optional<PlotlyEdition> plotly, List<View> before)
    implements Viewable {
  /** Plain text, which every view has. */
  public static final String TEXT = "text/plain";

  /** HTML that works without a network. */
  public static final String HTML = "text/html";

  /** GitHub-flavoured Markdown. */
  public static final String MARKDOWN = "text/markdown";

  /** A Plotly figure as a JSON tree, which JupyterLab draws itself. */
  public static final String PLOTLY = "application/vnd.plotly.v1+json";

  /** Keeps the order, forbids changes, insists on a text. */
  public View {
    if (!data.containsKey(TEXT)) {
      throw new IllegalArgumentException("a view needs text/plain, got " + data.keySet());
    }
    Map<String, Object> copy = new LinkedHashMap<>(data);
    copy.computeIfPresent(TEXT, (mime, text) -> Printable.lines(text.toString()));
    data = Collections.unmodifiableMap(copy);
    before = List.copyOf(before);
  }

  /** A view of plain text alone. */
  public static View text(String text) {
    return new View(Map.of(TEXT, text), Optional.empty(), List.of());
  }

  /**
   * @param html trusted HTML; whatever came from outside has been through {@link Html#escape}
   * @param text the same in plain text
   */
  public static View html(String html, String text) {
    return text(text).with(HTML, html);
  }

  /** Text in a fixed-width font, as it stands. */
  public static View preformatted(String text) {
    return html(Html.element("pre", Html.escape(text)), text);
  }

  /** A copy with one more MIME type. */
  public View with(String mime, Object content) {
    Map<String, Object> more = new LinkedHashMap<>(data);
    more.put(mime, content);
    return new View(more, plotly, before);
  }

  /** A copy whose HTML draws with this edition of plotly.js. */
  View needing(PlotlyEdition edition) {
    return new View(data, Optional.of(edition), before);
  }

  /**
   * Shows other views above this one, each as an output of its own, so that each keeps its richest
   * type: a table above a chart.
   */
  public View below(View... first) {
    List<View> all = new ArrayList<>(List.of(first));
    all.addAll(before);
    return new View(data, plotly, all);
  }

  /** The plain text. */
  public String text() {
    return String.valueOf(data.get(TEXT));
  }

  /** The HTML, or "" if there is none. */
  public String html() {
    return data.get(HTML) instanceof String html ? html : "";
  }

  @Override
  public View view() {
    return this;
  }

  @Override
  public String toString() {
    return text();
  }
}
