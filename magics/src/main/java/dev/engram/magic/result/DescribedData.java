package dev.engram.magic.result;

import static dev.engram.magic.result.ExplorationData.number;
import static dev.engram.magic.result.ExplorationData.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Histogram;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.NeuronReport;
import dev.engram.dissect.NeuronReport.Seen;
import dev.engram.dissect.NeuronReport.Suppressed;
import dev.engram.dissect.QueryEffects.QueryNeuron;
import dev.engram.dissect.Survey.Effect;
import dev.engram.lab.Described;
import dev.engram.lab.ExploredNeuron;
import dev.engram.magic.view.PictureData;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A report of one neuron as the JSON that {@code explorer.js} draws: the page of an exploration
 * without its list. All of it comes from the report.
 */
final class DescribedData {
  /** Characters for all images together. */
  private static final int IMAGES = 900_000;

  /** Entities at either end, as in the figure. */
  private static final int ENTITIES = NeuronFigures.ENDS;

  private final Described described;
  private final NeuronReport report;
  private final Map<LabelledImage, Integer> images = new LinkedHashMap<>();

  DescribedData(Described described) {
    this.described = described;
    this.report = described.report();
    seen().forEach(s -> images.putIfAbsent(s.image(), images.size()));
  }

  private Stream<Seen> seen() {
    return Stream.of(report.highest(), report.lowest(), report.random()).flatMap(List::stream);
  }

  /** The largest share of any patch: the end of the scale of all heatmaps. */
  double scale() {
    return seen()
        .flatMapToDouble(s -> Arrays.stream(s.heatmap().map()))
        .map(Math::abs)
        .max()
        .orElse(0);
  }

  /**
   * @param sign what the sign is and which entity decides it, a sentence
   * @param without what stands where it has no words, no entities, and none that misses it
   */
  ObjectNode json(String sign, Without without) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("title", text("Neuron " + report.neuron() + " of " + described.source().model()));
    out.put("single", true);
    out.put("foot", text(Footnote.of(report.provenance())));
    Effect decisive = report.decisive().orElse(null);
    ArrayNode scores = out.putArray("scores");
    ArrayNode subjects = out.putArray("subjects");
    ObjectNode n = JsonNodeFactory.instance.objectNode();
    ArrayNode scored = n.putArray("scores");
    if (decisive != null) {
      scores.add("improvement of %s, %s".formatted(title(decisive), report.reading()));
      scored.addArray().add(number(decisive.improvement())).add(decisive.rank());
    }
    subjects.addObject();
    ArrayNode pictures = out.putArray("images");
    List<String> urls =
        PictureData.urls(
            images.keySet().stream().map(i -> described.heatmap(i).picture().image()).toList(),
            IMAGES);
    images.forEach(
        (image, i) -> pictures.addObject().put("title", title(image)).put("src", urls.get(i)));
    out.putArray("neurons").add(fill(n, sign, without));
    return out;
  }

  /**
   * Sentences for what a report does not have.
   *
   * @param words without a dictionary
   * @param entities without entities
   * @param fall without an entity that misses the neuron
   */
  record Without(String words, String entities, String fall) {}

  private static String title(Effect of) {
    return text(of.entity().title());
  }

  private String title(LabelledImage image) {
    return text(described.heatmap(image).picture().title());
  }

  private ObjectNode fill(ObjectNode n, String sign, Without without) {
    Neuron neuron = report.neuron();
    n.put("name", neuron.toString());
    n.put("layer", neuron.layer());
    n.put("place", text(ExplorationData.place(neuron) + " of " + described.source().model()));
    n.put("subject", 0);
    n.put("sign", report.sign());
    n.put("told", text(sign));
    n.put("unit", ExploredNeuron.unit(neuron));
    n.put("scale", scale());
    looks(n);
    Interpretation said = report.words(neuron).orElse(null);
    ArrayNode words = n.putArray("words");
    if (said != null) {
      said.words().forEach(w -> words.addArray().add(text(w.word())).add(number(w.weight())));
    }
    ByChance.put(
        said == null ? Double.NaN : said.residual(), said == null ? null : described.chance(), n);
    n.put("wordless", without.words());
    ExplorationData.effects(report.effects(), ENTITIES, n);
    n.put("noEntities", without.entities());
    queries(n);
    ArrayNode missed = n.putArray("without");
    for (Suppressed s : report.suppressed()) {
      missed
          .addArray()
          .add(text(s.entity().title()))
          .add(number(s.before()))
          .add(number(s.residual()))
          .add(number(s.complete()));
    }
    n.put("unmissed", without.fall());
    histogram(n);
    return n;
  }

  private void looks(ObjectNode n) {
    ArrayNode looks = n.putArray("looks");
    seen()
        .forEach(
            s ->
                looks
                    .addObject()
                    .put("i", images.get(s.image()))
                    .put("z", ExplorationData.shares(s.heatmap(), scale()))
                    .set("m", number(s.coefficient())));
    ArrayNode on = n.putArray("on"); // of which the strongest is shown first
    for (int i = 0; i < looks.size(); i++) {
      on.add(i);
    }
    n.putArray("drive");
    ArrayNode groups = n.putArray("groups");
    int first = 0;
    boolean turned = report.sign() < 0;
    first = group(groups, "Highest coefficients", report.highest(), first);
    first =
        group(groups, turned ? "Lowest: these drive it most" : "Lowest", report.lowest(), first);
    group(groups, "At random, from the others", report.random(), first);
  }

  private static int group(ArrayNode groups, String title, List<Seen> images, int first) {
    if (!images.isEmpty()) {
      ArrayNode which = groups.addArray().add(title).addArray();
      for (int i = 0; i < images.size(); i++) {
        which.add(first + i);
      }
    }
    return first + images.size();
  }

  private void queries(ObjectNode n) {
    Seen strongest = report.strongest();
    ObjectNode queries = n.putObject("queries");
    queries.put("image", images.get(strongest.image()));
    queries.set("c", number(report.queries().coefficients()[0]));
    ArrayNode list = queries.putArray("list");
    for (QueryNeuron q : report.topQueries()) {
      list.addArray()
          .add(q.neuron().toString())
          .add(number(q.effect()))
          .add(text(ExplorationData.says(report.words(q.neuron()).orElse(null))));
    }
    n.put("driven", text(QueriesPresenter.summary(report.queries())));
  }

  private void histogram(ObjectNode n) {
    Histogram histogram = NeuronFigures.counted(report);
    ObjectNode out = n.putObject("histogram");
    ArrayNode centres = out.putArray("centres");
    Arrays.stream(histogram.centres()).forEach(c -> centres.add(number(c)));
    out.put("log", NeuronFigures.isLog(report.neuron()));
    out.put("told", NeuronFigures.counts(report));
    ArrayNode groups = out.putArray("groups");
    List<String> names = new ArrayList<>(NeuronFigures.GROUPS);
    for (int g = 0; g < names.size(); g++) {
      double[] shares = histogram.shares(g);
      if (Arrays.stream(shares).sum() > 0) {
        ArrayNode each = groups.addObject().put("name", names.get(g)).putArray("shares");
        Arrays.stream(shares).forEach(s -> each.add(number(s)));
      }
    }
  }
}
