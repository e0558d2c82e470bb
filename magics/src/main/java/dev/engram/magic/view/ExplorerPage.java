package dev.engram.magic.view;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.Sha256;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Linked pages of neurons, or the page of one, that our own script draws from numbers: {@code
 * explorer.js}, {@code elements.js} and {@code explorer.css} lie beside this class and travel with
 * the data, so that it works in a cell, in an export and in a file, with no network. Where no
 * script runs, the still stands.
 *
 * @param title plain text
 * @param data what the script draws; everything in it becomes text
 * @param still what is shown until the script has drawn, and where it may not
 * @param png the still as one picture, for what shows no HTML
 */
public record ExplorerPage(String title, ObjectNode data, View still, byte[] png)
    implements Viewable, Standalone {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The type of a picture that JupyterLab takes only where it may not take HTML. */
  private static final String PNG = "image/png";

  private static final String PAGE_STYLE =
      "body{margin:0;padding:12px;background:#eef0f3}"
          + "@media (prefers-color-scheme:dark){body{background:#0b0e12}}"
          + ".engram-explorer{max-width:1240px;margin:0 auto}";

  @Override
  public View view() {
    return View.html(fragment(), still.text()).with(PNG, Base64.getEncoder().encodeToString(png));
  }

  @Override
  public String standalone() {
    return """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        %s
        <title>%s</title><style>%s</style></head>
        <body><main>%s</main></body></html>
        """
        .formatted(
            PageFile.MARK, Html.escape(title), PAGE_STYLE, fragment("data-alone", "data-alone"));
  }

  /** The address of a state in a page with several explorers begins with this. */
  static String id(String json) {
    return "e" + Sha256.brief(Sha256.of(json.getBytes(StandardCharsets.UTF_8)));
  }

  private String fragment(String... attributes) {
    String json = json(data);
    String identified = json(data.deepCopy().put("id", id(json)));
    String[] all = new String[attributes.length + 2];
    all[0] = "class";
    all[1] = "engram-explorer";
    System.arraycopy(attributes, 0, all, 2, attributes.length);
    return Html.element(
        "div",
        Html.element("style", Html.resource("explorer.css"))
            + Html.element(
                "script",
                Html.scriptSafe(identified),
                "type",
                "application/json",
                "class",
                "engram-data")
            + still.html()
            + Html.element(
                "script",
                Html.resource("elements.js") + TableView.SCRIPTS + Html.resource("explorer.js")),
        all);
  }

  private static String json(ObjectNode node) {
    try {
      return JSON.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
