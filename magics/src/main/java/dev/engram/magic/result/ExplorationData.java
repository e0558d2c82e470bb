package dev.engram.magic.result;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.Printable;
import dev.engram.atlas.Atlas;
import dev.engram.attribution.Score;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Heatmap;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Survey.Effect;
import dev.engram.lab.Exploration;
import dev.engram.lab.ExploredNeuron;
import dev.engram.lab.ExploredNeuron.Look;
import dev.engram.lab.ExploredNeuron.Scored;
import dev.engram.magic.view.PictureData;
import dev.engram.trace.Neuron;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An exploration as the JSON that {@code explorer.js} draws. Images come once, in one list;
 * heatmaps as 16-bit integers in base64, of which 32767 is the neuron's scale.
 */
final class ExplorationData {
  /** Characters for all images together, of the 3 MB that a page may have. */
  static final int IMAGES = 1_900_000;

  /** Entities at either end. */
  static final int ENTITIES = 6;

  /** Words of a query neuron that fit into its box. */
  private static final int QUERY_WORDS = 3;

  /** Images of an atlas that a page names. */
  private static final int ATLAS = 8;

  private static final MathContext DIGITS = new MathContext(6);
  private static final JsonNodeFactory NEW = JsonNodeFactory.instance;

  private final Exploration from;
  private final Map<LabelledImage, Integer> images = new LinkedHashMap<>();

  ExplorationData(Exploration from) {
    this.from = from;
    from.pictures().keySet().forEach(image -> images.put(image, images.size()));
  }

  ObjectNode json(String summary) {
    ObjectNode out = NEW.objectNode();
    out.put("title", text(from.title()));
    out.put("summary", text(summary));
    out.put("foot", text(Footnote.of(from.provenance())));
    ArrayNode names = out.putArray("scores");
    from.scores().forEach(s -> names.add(name(s)));
    out.set("sorts", sorts());
    out.set("subjects", subjects());
    out.set("images", pictures());
    out.put("atlas", from.atlas() == null ? "" : text(from.atlas().images()));
    ArrayNode neurons = out.putArray("neurons");
    from.neurons().forEach(n -> neurons.add(neuron(n, neurons.size())));
    return out;
  }

  /** A score as its method and its reading, or what else it is. */
  static String name(Score score) {
    return score.match(
        reading -> Score.IMPROVEMENT + ", " + reading,
        baseline ->
            switch (baseline) {
              case ACTIVATION -> "activation, mean m";
              case GRADIENT, COMBINED -> baseline.method();
            });
  }

  private ArrayNode sorts() {
    ArrayNode out = NEW.arrayNode();
    for (int i = 0; i < from.scores().size(); i++) {
      sort(out, name(from.scores().get(i)), false).add("scores").add(i).add(0);
    }
    sort(out, "residual of the words", true).add("residual");
    sort(out, "fall of the cosine, direct part out", false).add("drop").add(0);
    sort(out, "fall of the cosine, removed", false).add("drop").add(1);
    sort(out, "layer", true).add("layer");
    return out;
  }

  /** One more way of sorting. */
  static ArrayNode sort(ArrayNode all, String name, boolean ascending) {
    return all.addObject().put("name", name).put("ascending", ascending).putArray("path");
  }

  private ArrayNode subjects() {
    ArrayNode out = NEW.arrayNode();
    for (Exploration.Subject s : from.subjects()) {
      out.addObject()
          .put("title", text(s.title()))
          .put("label", text(s.label()))
          .put("shown", s.shown().size())
          .put("images", s.images())
          .set("cosine", number(s.cosine()));
    }
    return out;
  }

  private ArrayNode pictures() {
    List<String> urls =
        PictureData.urls(
            images.keySet().stream().map(i -> from.picture(i).image()).toList(), IMAGES);
    ArrayNode out = NEW.arrayNode();
    images.forEach(
        (image, i) ->
            out.addObject()
                .put("title", text(from.picture(image).title()))
                .put("src", urls.get(i)));
    return out;
  }

  private ObjectNode neuron(ExploredNeuron n, int order) {
    ObjectNode out = NEW.objectNode();
    out.put("name", n.neuron().toString());
    out.put("order", order);
    out.put("kind", n.neuron().block().toString());
    out.put("layer", n.neuron().layer());
    out.put("place", place(n.neuron()));
    out.put("subject", n.subject());
    out.put("sign", n.sign());
    out.put("unit", n.unit());
    out.set("scale", NEW.numberNode(n.scale()));
    ArrayNode scores = out.putArray("scores");
    for (Score s : from.scores()) {
      Scored scored = Objects.requireNonNull(n.scores().get(s));
      scores.addArray().add(number(scored.value())).add(scored.rank());
    }
    looks(n, out);
    ArrayNode words = out.putArray("words");
    n.words().words().forEach(w -> words.addArray().add(text(w.word())).add(number(w.weight())));
    ByChance.put(n.words().residual(), from.chance(), out);
    effects(n.effects(), ENTITIES, out);
    queries(n, out);
    double before = n.fall().before();
    out.putArray("fall")
        .add(number(before))
        .add(number(n.fall().residual()))
        .add(number(n.fall().complete()));
    out.putArray("drop")
        .add(number(before - n.fall().residual()))
        .add(number(before - n.fall().complete()));
    out.put("undefined", text(n.undefined()));
    ArrayNode atlas = out.putArray("atlas");
    strongest(n).forEach(top -> atlas.addArray().add(text(top.image())).add(number(top.value())));
    return out;
  }

  private List<Atlas.Top> strongest(ExploredNeuron n) {
    Exploration.OfAtlas atlas = from.atlas();
    return atlas == null
        ? List.of()
        : atlas.strongest().getOrDefault(n.neuron(), List.of()).stream().limit(ATLAS).toList();
  }

  static String place(Neuron n) {
    return "%s neuron, layer %d, %schannel %d"
        .formatted(
            n.block(),
            n.layer(),
            n.block() == Neuron.Block.FFN ? "" : "head " + n.head() + ", ",
            n.channel());
  }

  /** An image that is in both lists is looked at once. */
  private void looks(ExploredNeuron n, ObjectNode out) {
    List<LabelledImage> seen = new ArrayList<>();
    ArrayNode looks = out.putArray("looks");
    list(out.putArray("on"), n.onSubject(), n.scale(), seen, looks);
    list(out.putArray("drive"), n.driving(), n.scale(), seen, looks);
  }

  private void list(
      ArrayNode which, List<Look> all, double scale, List<LabelledImage> seen, ArrayNode looks) {
    for (Look look : all) {
      look(look.image(), look.coefficient(), images, which, seen, looks)
          .ifPresent(node -> look.heatmap().ifPresent(map -> node.put("z", shares(map, scale))));
    }
  }

  /**
   * Puts an image into a list of a page, which names its place among all that are looked at.
   *
   * @return what is said of it, if no list has said it
   */
  static Optional<ObjectNode> look(
      LabelledImage image,
      double coefficient,
      Map<LabelledImage, Integer> images,
      ArrayNode which,
      List<LabelledImage> seen,
      ArrayNode looks) {
    int known = seen.indexOf(image);
    which.add(known < 0 ? seen.size() : known);
    if (known >= 0) {
      return Optional.empty();
    }
    seen.add(image);
    ObjectNode node = looks.addObject();
    node.put("i", images.get(image));
    node.set("m", number(coefficient));
    return Optional.of(node);
  }

  /** The shares of the patches, row by row. */
  static String shares(Heatmap heatmap, double scale) {
    return shares(heatmap.map(), scale);
  }

  /** Values of the patches, row by row. */
  static String shares(double[] map, double scale) {
    ByteBuffer bytes = ByteBuffer.allocate(Short.BYTES * map.length).order(ByteOrder.LITTLE_ENDIAN);
    for (double share : map) {
      bytes.putShort((short) Math.round(scale > 0 ? share / scale * Short.MAX_VALUE : 0));
    }
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  /** At most so many entities at either end. */
  static void effects(List<Effect> all, int most, ObjectNode out) {
    List<Effect> raised = all.stream().filter(e -> e.improvement() > 0).toList();
    List<Effect> lowered = all.stream().filter(e -> e.improvement() <= 0).toList();
    effects(raised.stream().limit(most).toList(), out.putArray("raised"));
    int first = Math.max(0, lowered.size() - most);
    effects(lowered.subList(first, lowered.size()), out.putArray("lowered"));
    out.putArray("count").add(raised.size()).add(lowered.size());
  }

  private static void effects(List<Effect> some, ArrayNode out) {
    some.forEach(
        e ->
            out.addArray()
                .add(text(e.entity().title()))
                .add(number(e.improvement()))
                .add(e.rank())
                .add(number(e.coefficient())));
  }

  private void queries(ExploredNeuron n, ObjectNode out) {
    out.putNull("queries");
    n.queries()
        .ifPresent(
            drive -> {
              ObjectNode node = out.putObject("queries");
              node.put("image", images.get(drive.image()));
              node.set("c", number(drive.coefficient()));
              ArrayNode list = node.putArray("list");
              drive
                  .neurons()
                  .forEach(
                      q ->
                          list.addArray()
                              .add(q.neuron().toString())
                              .add(number(q.effect()))
                              .add(text(says(q.neuron()))));
            });
  }

  private String says(Neuron n) {
    return says(from.queryWords().get(n));
  }

  /** The first words of a query neuron. */
  static String says(@Nullable Interpretation said) {
    return said == null
        ? ""
        : said.words().stream()
            .filter(w -> w.weight() > 0)
            .limit(QUERY_WORDS)
            .map(Interpretation.Weighted::word)
            .collect(Collectors.joining(", "));
  }

  /** What came from outside, with hidden characters shown. */
  static String text(String given) {
    return Printable.lines(given);
  }

  static JsonNode number(double value) {
    return Double.isFinite(value)
        ? NEW.numberNode(new BigDecimal(value).round(DIGITS).doubleValue())
        : NEW.nullNode();
  }
}
