package dev.engram.magic.result;

import static dev.engram.magic.result.Reproductions.say;

import dev.engram.dissect.Interpretation;
import dev.engram.experiment.Figure2;
import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import dev.engram.model.ImageProcessor;
import dev.engram.model.ImageReader;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * The pictures of {@code %reproduce figure2}: for each entity its knowledge neurons, and for each
 * neuron its words and the images that drive it most, each beside its heatmap.
 *
 * @param entries in the order in which they are shown
 */
public record KnowledgeGallery(List<Entry> entries) implements Viewable {
  /** Side of a picture on the page; they are kept no larger. */
  private static final int SIDE = 84;

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

  /**
   * @param processor of the model, which says what it sees of an image
   */
  public static Reproduction reproduction(Figure2.Result r, ImageProcessor processor) {
    List<Figure2.Illustration> all = r.illustrations();
    Table table =
        Table.create(
            "Figure 2: knowledge neurons and their words",
            StringColumn.create("category", all.stream().map(i -> i.entity().category())),
            StringColumn.create("entity", all.stream().map(i -> i.entity().title())),
            StringColumn.create("neuron", all.stream().map(KnowledgeGallery::name)),
            DoubleColumn.create(
                "improvement",
                all.stream().mapToDouble(Figure2.Illustration::improvement).toArray()),
            StringColumn.create("words", all.stream().map(KnowledgeGallery::words)),
            DoubleColumn.create(
                "residual", all.stream().mapToDouble(Figure2.Illustration::residual).toArray()));
    long named = all.stream().filter(KnowledgeGallery::namesItself).count();
    return new Reproduction(
        "figure2",
        List.of(
            say(
                "%d of these %d neurons have a word of the entity's name among their words.",
                named, all.size()),
            "The paper shows chosen neurons of CLIP (Figure 2), DFN (Figure 9) and MetaCLIP"
                + " (Figure 10), all ViT-L/14, whose words name the entity. These here are not"
                + " chosen: the first entity of each category with its top neurons."),
        r,
        table,
        List.of(new KnowledgeGallery(all.stream().map(i -> entry(i, processor)).toList())),
        r.provenance());
  }

  private static boolean namesItself(Figure2.Illustration i) {
    List<String> name = List.of(i.entity().title().toLowerCase(Locale.ROOT).split(" "));
    return i.words().stream()
        .flatMap(w -> List.of(w.word().toLowerCase(Locale.ROOT).split(" ")).stream())
        .anyMatch(name::contains);
  }

  private static Entry entry(Figure2.Illustration i, ImageProcessor processor) {
    List<Gallery.Item> pictures = new ArrayList<>();
    for (Figure2.Look look : i.looks()) {
      String image = i.entity().name() + "/" + i.entity().images().indexOf(look.image());
      BufferedImage seen = processor.crop(ImageReader.read(look.image().file()));
      HeatmapFigure figure = new HeatmapFigure(look.heatmap(), seen, image);
      pictures.add(new Gallery.Item(figure.picture(SIDE), image));
      pictures.add(new Gallery.Item(figure.overlay(SIDE), say("m = %.2f", look.coefficient())));
    }
    String category = i.entity().category();
    return new Entry(
        (category.isEmpty() ? "" : category + ": ") + i.entity().title(),
        say("%s, improvement %.4f", name(i), i.improvement()),
        words(i),
        pictures);
  }

  private static String name(Figure2.Illustration i) {
    return i.neuron() + (i.sign() < 0 ? " (turned)" : "");
  }

  private static String words(Figure2.Illustration i) {
    return i.words().stream().map(KnowledgeGallery::word).collect(Collectors.joining(", "));
  }

  private static String word(Interpretation.Weighted w) {
    return say("%s %+.2f", w.word(), w.weight());
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
