package dev.engram.magic.view;

import java.util.List;

/**
 * The pictures of {@code %reproduce figure2}: for each entity its knowledge neurons, and for each
 * neuron its words and the images that drive it most, each beside its heatmap.
 *
 * @param entries in the order in which they are shown
 */
public record KnowledgeGallery(List<Entry> entries) implements Viewable {
  /** Side of a picture on the page, in pixels; they are kept no larger. */
  public static final int SIDE = 84;

  /**
   * One neuron.
   *
   * @param heading of its entity
   * @param neuron its name and its improvement
   * @param words with their weights
   * @param pictures image, heatmap, image, heatmap, …
   */
  public record Entry(String heading, String neuron, String words, List<Gallery.Item> pictures) {
    /** Keeps a copy. */
    public Entry {
      pictures = List.copyOf(pictures);
    }
  }

  /** Keeps a copy. */
  public KnowledgeGallery {
    entries = List.copyOf(entries);
  }

  @Override
  public View view() {
    StringBuilder html = new StringBuilder();
    StringBuilder text = new StringBuilder();
    String heading = "";
    for (Entry e : entries) {
      if (!e.heading.equals(heading)) {
        heading = e.heading;
        html.append(Html.element("h4", Html.escape(heading), "style", "margin:1em 0 .2em"));
        text.append(heading).append('\n');
      }
      html.append(
              Html.element(
                  "div",
                  Html.element("b", Html.escape(e.neuron)) + "<br>" + Html.escape(e.words),
                  "style",
                  "margin:.4em 0 0"))
          .append(Gallery.of(e.pictures, SIDE).html());
      text.append("  ").append(e.neuron).append(": ").append(e.words).append('\n');
    }
    return View.html(html.toString(), text.toString().stripTrailing());
  }
}
