package dev.engram.magic.view;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import tech.tablesaw.plotly.components.Figure;
import tech.tablesaw.plotly.traces.Trace;

/**
 * Turns any jsplot {@link Figure} into a {@link PlotlyFigure}. jsplot has no JSON output, only
 * templates of JavaScript object literals, so those are read by a lenient parser.
 */
public final class PlotlyFigures {
  private static final JsonMapper LENIENT =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_UNQUOTED_FIELD_NAMES)
          .enable(JsonReadFeature.ALLOW_SINGLE_QUOTES)
          .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
          .enable(JsonReadFeature.ALLOW_MISSING_VALUES)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(JsonReadFeature.ALLOW_LEADING_DECIMAL_POINT_FOR_NUMBERS)
          .enable(JsonReadFeature.ALLOW_TRAILING_DECIMAL_POINT_FOR_NUMBERS)
          .enable(JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS)
          .enable(JsonReadFeature.ALLOW_BACKSLASH_ESCAPING_ANY_CHARACTER)
          .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
          .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
          .build();

  private PlotlyFigures() {}

  /**
   * @param figure any figure of jsplot's
   * @return the same figure as a JSON tree; event handlers, which are JavaScript, are left out
   * @throws IllegalArgumentException if jsplot wrote something that is no object literal
   */
  public static PlotlyFigure of(Figure figure) {
    ObjectNode tree = PlotlyFigure.JSON.createObjectNode();
    ArrayNode data = tree.putArray("data");
    Trace[] traces = figure.getTraces();
    for (int i = 0; i < traces.length; i++) {
      data.add(literal(traces[i].asJavascript(i)));
    }
    tree.putObject("layout");
    if (figure.getLayout() != null) {
      tree.set("layout", literal(figure.getLayout().asJavascript()));
    }
    if (figure.getConfig() != null) {
      tree.set("config", literal(figure.getConfig().asJavascript()));
    }
    return PlotlyFigure.ofTree(tree);
  }

  /** Reads {@code var name = {…};}. */
  private static JsonNode literal(String javascript) {
    int from = javascript.indexOf('{');
    int to = javascript.lastIndexOf('}');
    String object =
        from < 0 || to < from ? javascript : unescaped(javascript.substring(from, to + 1));
    try {
      return LENIENT.readTree(object);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "jsplot wrote JavaScript that cannot be read: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * The templates escape for HTML, which plotly.js undoes for {@code <}, {@code >} and {@code &}
   * when it shows a text (and must: it reads tags), but not for quotes. An escaped quote is a quote
   * in a string, and a delimiter outside of one.
   */
  private static String unescaped(String literal) {
    StringBuilder out = new StringBuilder(literal.length());
    char quote = 0;
    for (int i = 0; i < literal.length(); i++) {
      char c = literal.charAt(i);
      String entity = c == '&' ? entityAt(literal, i) : "";
      if (!entity.isEmpty()) {
        char meant = entity.equals("&quot;") ? '"' : '\'';
        out.append(quote == 0 ? String.valueOf(meant) : "\\" + meant);
        i += entity.length() - 1;
      } else {
        out.append(c);
        if (c == '\\' && quote != 0 && i + 1 < literal.length()) {
          out.append(literal.charAt(++i));
        } else if (quote == 0 && (c == '"' || c == '\'')) {
          quote = c;
        } else if (c == quote) {
          quote = 0;
        }
      }
    }
    return out.toString();
  }

  private static String entityAt(String text, int at) {
    for (String entity : new String[] {"&quot;", "&#39;", "&#x27;"}) {
      if (text.startsWith(entity, at)) {
        return entity;
      }
    }
    return "";
  }
}
