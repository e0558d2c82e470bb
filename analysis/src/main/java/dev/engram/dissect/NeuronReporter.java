package dev.engram.dissect;

import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Sha256;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.NeuronReport.Seen;
import dev.engram.dissect.NeuronReport.Suppressed;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Gathers all that is known of one neuron: a page of the survey, and what is computed for this
 * neuron alone, from heatmaps to suppression.
 */
public final class NeuronReporter {
  private final Clip clip;
  private final Survey survey;
  private final ValueVectors values;
  private final @Nullable WordDictionary dictionary;
  private final Heatmapper heatmapper;

  /**
   * How much a report holds.
   *
   * @param images highest, lowest and random ones, so many of each
   * @param entities that are tried without the neuron
   * @param queries query neurons
   * @param nearest neurons with similar value vectors
   * @param seed of the random images
   */
  public record Settings(int images, int entities, int queries, int nearest, long seed) {
    /** What fills a page. */
    public static final Settings DEFAULT = new Settings(6, 5, 10, 8, 0);

    /** The same with another seed. */
    public Settings seeded(long newSeed) {
      return new Settings(images, entities, queries, nearest, newSeed);
    }
  }

  /**
   * @param clip the model; must outlive this
   * @param survey of the images, by the same model
   * @param values of the same model
   * @param dictionary of the same model; null for no words
   */
  public NeuronReporter(
      Clip clip, Survey survey, ValueVectors values, @Nullable WordDictionary dictionary) {
    this.clip = clip;
    this.survey = survey;
    this.values = values;
    this.dictionary = dictionary;
    this.heatmapper = new Heatmapper(clip);
  }

  /**
   * @throws dev.engram.EngramException if an image cannot be read
   */
  public NeuronReport report(Neuron neuron, Settings settings, Progress progress) {
    float[] m = survey.coefficients(neuron, progress);
    Choice choice = Choice.of(m, settings.images(), settings.seed());
    List<Survey.Effect> effects = survey.effects(neuron);
    int sign = survey.sign(neuron);
    QueryEffects queries = queries(neuron, choice.strongest(sign));
    List<QueryEffects.QueryNeuron> top = queries.top(settings.queries());
    List<ValueVectors.Near> nearest = values.nearest(neuron, settings.nearest());
    int background = survey.set().background().size();
    return new NeuronReport(
        neuron,
        sign,
        survey.reading(),
        effects,
        Arrays.copyOf(m, m.length - background),
        Arrays.copyOfRange(m, m.length - background, m.length),
        seen(neuron, choice.highest(), m, progress),
        seen(neuron, choice.lowest(), m, progress),
        seen(neuron, choice.random(), m, progress),
        words(neuron, top, nearest),
        queries,
        top,
        nearest,
        suppressed(neuron, effects, settings.entities(), progress),
        provenance(settings));
  }

  /**
   * Images of a report, by their position in the survey. No image is chosen twice: of few images
   * the highest get their share first.
   */
  record Choice(List<Integer> highest, List<Integer> lowest, List<Integer> random) {
    int strongest(int sign) {
      return sign < 0 && !lowest.isEmpty() ? lowest.get(0) : highest.get(0);
    }

    static Choice of(float[] m, int count, long seed) {
      List<Integer> order =
          IntStream.range(0, m.length)
              .boxed()
              .sorted(Comparator.comparingDouble(i -> -m[i]))
              .toList();
      int high = Math.min(count, (m.length + 1) / 2);
      int low = Math.min(count, m.length - high);
      List<Integer> lowest = new ArrayList<>(order.subList(m.length - low, m.length));
      Collections.reverse(lowest);
      List<Integer> others = new ArrayList<>(order.subList(high, m.length - low));
      Collections.sort(others); // the draw depends on the set and the seed, not on the neuron
      Collections.shuffle(others, new Random(seed));
      return new Choice(
          order.subList(0, high), lowest, others.subList(0, Math.min(count, others.size())));
    }
  }

  private List<Seen> seen(Neuron neuron, List<Integer> which, float[] m, Progress progress) {
    progress.step("drawing heatmaps", 0, which.size());
    List<LabelledImage> images = which.stream().map(survey.images()::get).toList();
    List<Heatmap> heatmaps = heatmapper.heatmaps(pixels(images), neuron);
    progress.step("drawing heatmaps", which.size(), which.size());
    return IntStream.range(0, images.size())
        .mapToObj(
            i -> {
              LabelledImage image = images.get(i);
              return new Seen(image, m[which.get(i)], heatmaps.get(i).on(image.name()));
            })
        .toList();
  }

  private List<float[]> pixels(List<LabelledImage> images) {
    return images.stream().map(i -> clip.processor().process(i.file())).toList();
  }

  private QueryEffects queries(Neuron neuron, int image) {
    return new QueryAnalyzer(clip)
        .effects(pixels(List.of(survey.images().get(image))), neuron, Progress.NONE);
  }

  private Map<Neuron, Interpretation> words(
      Neuron neuron, List<QueryEffects.QueryNeuron> queries, List<ValueVectors.Near> nearest) {
    if (dictionary == null) {
      return Map.of();
    }
    Set<Neuron> all = new LinkedHashSet<>(List.of(neuron));
    queries.forEach(q -> all.add(q.neuron()));
    nearest.forEach(n -> all.add(n.neuron()));
    int[] signs = all.stream().mapToInt(survey::sign).toArray();
    return new Interpreter(clip, dictionary)
        .interpret(List.copyOf(all), signs, ValueReading.LINEAR, Progress.NONE).stream()
            .collect(
                Collectors.toMap(Interpretation::neuron, i -> i, (a, b) -> a, LinkedHashMap::new));
  }

  private List<Suppressed> suppressed(
      Neuron neuron, List<Survey.Effect> effects, int count, Progress progress) {
    List<Survey.Effect> most =
        effects.stream().filter(e -> e.improvement() > 0).limit(count).toList();
    List<Suppressed> out = new ArrayList<>();
    for (Survey.Effect e : most) {
      progress.step("suppressing " + neuron, out.size(), most.size());
      out.add(suppressed(neuron, e));
    }
    return out;
  }

  private Suppressed suppressed(Neuron neuron, Survey.Effect effect) {
    float[] text = clip.embedTexts(List.of(effect.entity().label()), Progress.NONE)[0];
    Fall fall =
        new Falls(clip)
            .of(pixels(effect.entity().images()), text, List.of(neuron), Progress.NONE)
            .get(0);
    return new Suppressed(effect.entity(), fall.before(), fall.residual(), fall.complete());
  }

  private Provenance provenance(Settings settings) {
    Provenance p =
        Provenance.of(
            clip,
            "images",
            survey.set() + " (" + Sha256.brief(survey.set().hash()) + ")",
            "improvement",
            "reading " + survey.reading() + " (" + survey.reading().title() + ")",
            "random images",
            "seed " + settings.seed());
    return dictionary == null
        ? p.with("dictionary", "none")
        : p.with("dictionary", dictionary.name() + " (" + dictionary.words().size() + " words)")
            .with("value vector", "linear")
            .with("OMP", Interpreter.WORDS + " atoms");
  }
}
