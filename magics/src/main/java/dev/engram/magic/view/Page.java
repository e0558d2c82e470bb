package dev.engram.magic.view;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A page of titled sections. In a cell each part is an output of its own, so that figures stay
 * interactive; {@link #standalone} is the same as one HTML file that refers to nothing outside
 * itself.
 *
 * @param title over the page, plain text
 * @param sections in order, at least one
 */
public record Page(String title, List<Section> sections) implements Viewable, Standalone {
  private static final String STYLE =
      """
      body{font-family:system-ui,sans-serif;line-height:1.45;color:#222;background:#fff;
        max-width:1000px;margin:0 auto;padding:1em}
      h1{font-size:1.6em} h2{font-size:1.2em;border-top:1px solid #ddd;padding-top:1em}
      nav a{display:inline-block;margin-right:1em}
      table{font-size:90%} tbody tr:nth-child(odd){background:#f5f5f5}
      section>div{overflow-x:auto} img{max-width:100%} pre{overflow-x:auto;background:#f5f5f5;padding:.6em}
      """;

  /** A script of ours: none holds the end of one in a text. */
  private static final Pattern SCRIPT = Pattern.compile("(?s)<script>.*?</script>");

  /** Keeps a copy. */
  public Page {
    sections = List.copyOf(sections);
  }

  /**
   * Some views under a title.
   *
   * @param title a few words, plain text
   * @param parts what is shown, downwards
   */
  public record Section(String title, List<View> parts) {
    /** Keeps a copy. */
    public Section {
      parts = List.copyOf(parts);
    }

    /** A section of one or more parts. */
    public Section(String title, View... parts) {
      this(title, List.of(parts));
    }
  }

  @Override
  public View view() {
    List<View> all = new ArrayList<>();
    all.add(heading("h2", title));
    for (Section section : sections) {
      all.add(heading("h3", section.title));
      all.addAll(section.parts);
    }
    List<View> outputs = joined(all);
    int last = outputs.size() - 1;
    return outputs.get(last).below(outputs.subList(0, last).toArray(View[]::new));
  }

  private static View heading(String element, String text) {
    return View.html(Html.element(element, Html.escape(text)), text);
  }

  /** Neighbours of HTML alone become one output, as few as figures allow. */
  private static List<View> joined(List<View> views) {
    List<View> out = new ArrayList<>();
    for (View v : views) {
      View before = out.isEmpty() ? null : out.get(out.size() - 1);
      if (before != null && isPlain(before) && isPlain(v)) {
        out.set(
            out.size() - 1,
            View.html(
                TableView.withOneScript(before.html() + v.html()),
                before.text() + "\n" + v.text()));
      } else {
        out.add(v);
      }
    }
    return out;
  }

  /**
   * The page as one output in which nothing runs: figures are pictures, and tables stay as they
   * are.
   *
   * @param kept titles of sections that a script which draws the page takes over as they are
   */
  public View still(Set<String> kept) {
    StringBuilder html = new StringBuilder(Html.element("h2", Html.escape(title)));
    StringBuilder text = new StringBuilder(title);
    for (Section section : sections) {
      StringBuilder inner = new StringBuilder(Html.element("h3", Html.escape(section.title)));
      text.append('\n').append(section.title);
      for (View part : section.parts) {
        inner.append(SCRIPT.matcher(part.html()).replaceAll(""));
        text.append('\n').append(part.text());
      }
      String use = kept.contains(section.title) ? "engram-kept" : "engram-drawn";
      html.append(Html.element("section", inner.toString(), "class", use));
    }
    return View.html(html.toString(), text.toString());
  }

  private static boolean isPlain(View v) {
    return v.data().keySet().equals(Set.of(View.TEXT, View.HTML)) && v.plotly().isEmpty();
  }

  /**
   * The whole page as one HTML document, with a table of contents; the figures' library comes once,
   * at its end.
   */
  @Override
  public String standalone() {
    StringBuilder body = new StringBuilder(Html.element("h1", Html.escape(title)));
    StringBuilder contents = new StringBuilder();
    for (int i = 0; i < sections.size(); i++) {
      String name = Html.escape(sections.get(i).title);
      contents.append(Html.element("a", name, "href", "#section-" + i));
    }
    body.append(Html.element("nav", contents.toString()));
    EnumSet<PlotlyEdition> editions = EnumSet.noneOf(PlotlyEdition.class);
    for (int i = 0; i < sections.size(); i++) {
      Section section = sections.get(i);
      section.parts.forEach(p -> p.plotly().ifPresent(editions::add));
      String parts =
          section.parts.stream()
              .map(p -> Html.element("div", p.html()))
              .collect(Collectors.joining("\n"));
      body.append(
          Html.element(
              "section",
              Html.element("h2", Html.escape(section.title)) + parts,
              "id",
              "section-" + i));
    }
    editions.forEach(e -> body.append(e.script()));
    return """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        %s
        <title>%s</title><style>%s</style></head>
        <body>%s</body></html>
        """
        .formatted(
            PageFile.MARK, Html.escape(title), STYLE, TableView.withOneScript(body.toString()));
  }
}
