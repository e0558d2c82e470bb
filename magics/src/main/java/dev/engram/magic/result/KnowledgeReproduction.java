package dev.engram.magic.result;

import static dev.engram.magic.result.Reproductions.say;

import dev.engram.dissect.Interpretation;
import dev.engram.experiment.Figure2;
import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.KnowledgeGallery;
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

/** {@code %reproduce figure2}: the first entity of each category and its knowledge neurons. */
final class KnowledgeReproduction {
  private KnowledgeReproduction() {}

  /**
   * Knowledge neurons and their words, with their pictures.
   *
   * @param processor of the model, which says what it sees of an image
   */
  static Reproduction of(Figure2.Result r, ImageProcessor processor) {
    List<Figure2.Illustration> all = r.illustrations();
    Table table =
        Table.create(
            "Figure 2: knowledge neurons and their words",
            StringColumn.create("category", all.stream().map(i -> i.entity().category())),
            StringColumn.create("entity", all.stream().map(i -> i.entity().title())),
            StringColumn.create("neuron", all.stream().map(KnowledgeReproduction::name)),
            DoubleColumn.create(
                "improvement",
                all.stream().mapToDouble(Figure2.Illustration::improvement).toArray()),
            StringColumn.create("words", all.stream().map(KnowledgeReproduction::words)),
            DoubleColumn.create(
                "residual", all.stream().mapToDouble(Figure2.Illustration::residual).toArray()));
    long named = all.stream().filter(KnowledgeReproduction::namesItself).count();
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

  private static KnowledgeGallery.Entry entry(Figure2.Illustration i, ImageProcessor processor) {
    List<Gallery.Item> pictures = new ArrayList<>();
    for (Figure2.Look look : i.looks()) {
      String image = i.entity().name() + "/" + i.entity().images().indexOf(look.image());
      BufferedImage seen = processor.crop(ImageReader.read(look.image().file()));
      HeatmapFigure figure = new HeatmapFigure(look.heatmap(), seen, image);
      pictures.add(new Gallery.Item(figure.picture(KnowledgeGallery.SIDE), image));
      pictures.add(
          new Gallery.Item(
              figure.overlay(KnowledgeGallery.SIDE), say("m = %.2f", look.coefficient())));
    }
    String category = i.entity().category();
    return new KnowledgeGallery.Entry(
        (category.isEmpty() ? "" : category + ": ") + i.entity().title(),
        say("%s, improvement %.4f", name(i), i.improvement()),
        words(i),
        pictures);
  }

  private static String name(Figure2.Illustration i) {
    return i.neuron() + (i.sign() < 0 ? " (turned)" : "");
  }

  private static String words(Figure2.Illustration i) {
    return i.words().stream().map(KnowledgeReproduction::word).collect(Collectors.joining(", "));
  }

  private static String word(Interpretation.Weighted w) {
    return say("%s %+.2f", w.word(), w.weight());
  }
}
