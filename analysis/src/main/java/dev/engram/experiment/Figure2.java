package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Heatmap;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.WordDictionary;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Figures 2, 9 and 10: knowledge neurons of entities of every category, each with the images that
 * drive it most, its heatmaps on them (Eq. 6) and its words (Sec. 3.3). The paper shows chosen
 * examples of three models; here they are the first entities of each category, of any model.
 */
public final class Figure2 {
  private Figure2() {}

  /** Its entry in the registry. */
  public static final Experiment<Result> EXPERIMENT =
      new Experiment<>(
          "figure2",
          "Figures 2, 9, 10: knowledge neurons of each category with their heatmaps and words",
          true,
          5,
          Set.of(Experiment.Need.WORDS),
          Figure2::standard,
          Result.class);

  /** One entity of each category, three neurons, three images. */
  public static Settings standard() {
    return new Settings(1, 3, 3);
  }

  /** What can be set. */
  public record Settings(
      @About("entities of each category, the first") int entities,
      @About("neurons of each entity, the first of the literal ranking") int neurons,
      @About("images of each neuron, those with the largest coefficients among the entity's")
          int images)
      implements ExperimentSettings<Result> {
    /** Refuses what cannot be run. */
    public Settings {
      if (entities < 1 || neurons < 1 || images < 1) {
        throw new EngramException("Figure 2 needs at least one entity, neuron and image.");
      }
    }

    /**
     * @param newEntities entities of each category, the first
     * @return a copy with that setting
     */
    public Settings entities(int newEntities) {
      return new Settings(newEntities, neurons, images);
    }

    /**
     * @param newNeurons neurons of each entity, the first of the literal ranking
     * @return a copy with that setting
     */
    public Settings neurons(int newNeurons) {
      return new Settings(entities, newNeurons, images);
    }

    /**
     * @param newImages images of each neuron, those with the largest coefficients among the
     *     entity's
     * @return a copy with that setting
     */
    public Settings images(int newImages) {
      return new Settings(entities, neurons, newImages);
    }

    @Override
    public Experiment<Result> experiment() {
      return EXPERIMENT;
    }

    @Override
    public Result run(Material on) {
      return Figure2.run(on.study(), on.words(), this);
    }
  }

  /**
   * A neuron on one image.
   *
   * @param image which
   * @param coefficient sign · m at the class token
   * @param heatmap sign · the share of each patch, so that the largest is where the neuron acts
   */
  public record Look(LabelledImage image, double coefficient, Heatmap heatmap) {}

  /**
   * A knowledge neuron.
   *
   * @param entity whose
   * @param neuron its name
   * @param improvement mean over the entity's images
   * @param sign −1 if it is turned around (A.2), else +1
   * @param words with their weights, in the order of their selection
   * @param residual what the words leave unsaid, 0 to 1
   * @param looks where it looks, the largest coefficient first
   */
  public record Illustration(
      Entity entity,
      Neuron neuron,
      double improvement,
      int sign,
      List<Interpretation.Weighted> words,
      double residual,
      List<Look> looks) {
    /** Keeps copies. */
    public Illustration {
      words = List.copyOf(words);
      looks = List.copyOf(looks);
    }
  }

  /**
   * @param illustrations category by category, an entity's best neuron first
   * @param provenance where they come from
   */
  public record Result(List<Illustration> illustrations, Provenance provenance) {
    /** Keeps a copy. */
    public Result {
      illustrations = List.copyOf(illustrations);
    }
  }

  /** What one entity gives. */
  private record Part(List<PartNeuron> neurons) {}

  /** A neuron as it is kept: images by their index within the entity. */
  private record PartNeuron(
      Neuron neuron,
      double improvement,
      int sign,
      List<Interpretation.Weighted> words,
      double residual,
      List<PartLook> looks) {}

  private record PartLook(int image, double coefficient, double[] tokens, Heatmap.Rest rest) {}

  /**
   * @param study with entities
   * @param dictionary of the model
   */
  public static Result run(Study study, WordDictionary dictionary, Settings settings) {
    List<Entity> entities = first(TracedImages.entities(study.set()), settings.entities);
    Heatmapper heatmapper = new Heatmapper(study.clip());
    Interpreter interpreter = new Interpreter(study.clip(), dictionary);
    List<Part> parts =
        study.each(
            new Study.Task<>(
                "figure2",
                "drawing knowledge neurons",
                Part.class,
                List.of(settings.neurons, settings.images, dictionary.hash())),
            entities.stream().map(Study.Part::of).toList(),
            (pass, e) -> part(pass, heatmapper, interpreter, settings));
    Provenance provenance =
        TracedImages.provenance(settings, study)
            .with("neurons", "top " + settings.neurons + " of each entity, literal reading")
            .with("heatmaps", "Eq. 6, layer norms folded")
            .with("dictionary", dictionary.name() + " (" + dictionary.words().size() + " words)")
            .with("words", "OMP, " + Interpreter.WORDS + " atoms, value vector linear");
    List<Illustration> out = new ArrayList<>();
    for (int e = 0; e < parts.size(); e++) {
      Entity entity = entities.get(e);
      parts.get(e).neurons.forEach(n -> out.add(illustration(entity, n, provenance)));
    }
    return new Result(out, provenance);
  }

  private static List<Entity> first(List<Entity> entities, int most) {
    Map<String, List<Entity>> byCategory = new LinkedHashMap<>();
    entities.forEach(e -> byCategory.computeIfAbsent(e.category(), c -> new ArrayList<>()).add(e));
    return byCategory.values().stream().flatMap(c -> c.stream().limit(most)).toList();
  }

  private static Part part(
      TracedImages pass, Heatmapper heatmapper, Interpreter interpreter, Settings settings) {
    Attribution a = pass.attribution(Reading.LITERAL);
    List<Attribution.Ranked> top = a.top(settings.neurons);
    int[] signs = top.stream().mapToInt(r -> a.sign(r.neuron())).toArray();
    List<Interpretation> words =
        interpreter.interpret(
            top.stream().map(Attribution.Ranked::neuron).toList(),
            signs,
            ValueReading.LINEAR,
            Progress.NONE);
    List<PartNeuron> out = new ArrayList<>();
    for (int i = 0; i < signs.length; i++) {
      Progress.checkInterrupt();
      Neuron neuron = top.get(i).neuron();
      out.add(
          new PartNeuron(
              neuron,
              top.get(i).score(),
              signs[i],
              words.get(i).words(),
              words.get(i).residual(),
              looks(pass, a, neuron, signs[i], heatmapper, settings.images)));
    }
    return new Part(out);
  }

  private static List<PartLook> looks(
      TracedImages pass, Attribution a, Neuron neuron, int sign, Heatmapper heatmapper, int most) {
    int column = a.space().index(neuron);
    List<Integer> strongest =
        IntStream.range(0, a.images().size())
            .boxed()
            .sorted(Comparator.comparingDouble(b -> -sign * a.coefficients()[b][column]))
            .limit(most)
            .toList();
    List<float[]> pixels = pass.pixels();
    List<Heatmap> maps = heatmapper.heatmaps(strongest.stream().map(pixels::get).toList(), neuron);
    List<PartLook> looks = new ArrayList<>();
    for (int i = 0; i < maps.size(); i++) {
      int image = strongest.get(i);
      Heatmap.Rest rest = maps.get(i).rest();
      looks.add(
          new PartLook(
              image,
              sign * a.coefficients()[image][column],
              Arrays.stream(maps.get(i).tokens()).map(t -> sign * t).toArray(),
              new Heatmap.Rest(
                  sign * rest.initial(),
                  sign * rest.ffn(),
                  sign * rest.bias(),
                  sign * rest.constant())));
    }
    return looks;
  }

  private static Illustration illustration(Entity entity, PartNeuron n, Provenance provenance) {
    List<Look> looks = new ArrayList<>();
    for (PartLook look : n.looks) {
      LabelledImage image = entity.images().get(look.image);
      int side = (int) Math.round(Math.sqrt(look.tokens.length - 1));
      looks.add(
          new Look(
              image,
              look.coefficient,
              new Heatmap(
                  n.neuron, look.tokens, side, look.rest, provenance.with("image", image.name()))));
    }
    return new Illustration(entity, n.neuron, n.improvement, n.sign, n.words, n.residual, looks);
  }
}
