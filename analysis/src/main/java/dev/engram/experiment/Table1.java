package dev.engram.experiment;

import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.WordDictionary;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * Table 1: how near the words of the neurons that a method finds are to the entity (Sec. 4.2). The
 * paper does not say what the "textual interpretation" is, so there are two readings: the word with
 * the largest weight, and the sum of all words with their weights.
 */
public final class Table1 {
  private Table1() {}

  /**
   * @param top neurons of each entity that are put into words
   */
  public record Settings(int top) {
    /**
     * @return three neurons, as everywhere in the paper
     */
    public static Settings standard() {
      return new Settings(3);
    }
  }

  /**
   * One method. Sampled are entities, each with the mean over its top neurons.
   *
   * @param ranking the method
   * @param bestWord cosine of the word with the largest weight and the label
   * @param reconstruction cosine of Σ ω c and the label
   * @param bestWordName cosine of that word and the bare name, in the place of the label
   * @param paper the paper's cosine (ViT-L/14), if it has this method
   */
  public record Row(
      Ranking ranking,
      Estimate bestWord,
      Estimate reconstruction,
      Estimate bestWordName,
      OptionalDouble paper) {}

  /**
   * @param rows the baselines, then every reading of ours
   * @param anyWord cosine of a label and a word of the dictionary, mean over both: the floor
   * @param anyWordName the same with the bare name
   * @param provenance where the numbers come from
   */
  public record Result(List<Row> rows, double anyWord, double anyWordName, Provenance provenance) {
    /** Keeps a copy. */
    public Result {
      rows = List.copyOf(rows);
    }

    /**
     * @return the row of a method
     */
    public Row row(Ranking ranking) {
      return rows.stream().filter(r -> r.ranking == ranking).findFirst().orElseThrow();
    }
  }

  /** A neuron that may be turned around (A.2). */
  private record Turned(Neuron neuron, int sign) {}

  /** What is said of a neuron: its best word, and all its words together, both (D). */
  private record Said(float[] best, float[] sum) {}

  /** The table's methods, in its order. */
  private static final List<Ranking> METHODS =
      List.of(
          Ranking.ACTIVATION,
          Ranking.GRADIENT,
          Ranking.COMBINED,
          Ranking.LITERAL,
          Ranking.LITERAL_POST,
          Ranking.LENS,
          Ranking.FROZEN,
          Ranking.DIRECT);

  /**
   * @param dictionary of the model
   */
  public static Result run(
      Clip clip, ImageSet set, WordDictionary dictionary, Settings settings, Progress progress) {
    try (Attributor attributor = new Attributor(clip)) {
      return run(attributor, clip, set, dictionary, settings, progress);
    }
  }

  private static Result run(
      Attributor attributor,
      Clip clip,
      ImageSet set,
      WordDictionary dictionary,
      Settings settings,
      Progress progress) {
    List<Entity> entities = Pass.entities(set);
    float[][] labels = Pass.labels(clip, entities);
    float[][] names = clip.embedTexts(entities.stream().map(Entity::title).toList(), Progress.NONE);
    Map<Ranking, List<List<Turned>>> found = new LinkedHashMap<>();
    for (int e = 0; e < entities.size(); e++) {
      progress.step("ranking neurons", e, entities.size());
      Entity entity = entities.get(e);
      try (Pass pass = new Pass(clip, attributor, entity.images(), entity.label(), labels[e])) {
        Attribution ours = pass.attribution(Ranking.LITERAL); // decides about signs everywhere
        for (Ranking r : METHODS) {
          found
              .computeIfAbsent(r, k -> new ArrayList<>())
              .add(
                  pass.top(r, settings.top).stream()
                      .map(n -> new Turned(n, ours.sign(n)))
                      .toList());
        }
      }
    }
    Map<Turned, Said> said = say(clip, dictionary, found, progress);
    List<Row> rows = new ArrayList<>();
    for (Ranking r : METHODS) {
      double[] best = new double[entities.size()];
      double[] sum = new double[best.length];
      double[] name = new double[best.length];
      for (int e = 0; e < best.length; e++) {
        List<Turned> top = java.util.Objects.requireNonNull(found.get(r)).get(e);
        for (Turned t : top) {
          Said words = java.util.Objects.requireNonNull(said.get(t));
          best[e] += Cosine.of(words.best, labels[e]) / top.size();
          sum[e] += Cosine.of(words.sum, labels[e]) / top.size();
          name[e] += Cosine.of(words.best, names[e]) / top.size();
        }
      }
      rows.add(new Row(r, Estimate.of(best), Estimate.of(sum), Estimate.of(name), paper(r)));
    }
    return new Result(
        rows,
        anyWord(dictionary, labels),
        anyWord(dictionary, names),
        Pass.provenance("table1", clip, set)
            .with("dictionary", dictionary.name() + " (" + dictionary.words().size() + " words)")
            .with("neurons", "top " + settings.top + " of each entity, mean over its images")
            .with("words", "OMP, " + Interpreter.WORDS + " atoms, value vector linear")
            .with("interval", "95 %, normal, over entities"));
  }

  private static OptionalDouble paper(Ranking ranking) {
    return switch (ranking) {
      case ACTIVATION -> OptionalDouble.of(0.7013);
      case GRADIENT -> OptionalDouble.of(0.6905);
      case COMBINED -> OptionalDouble.of(0.6543);
      case LITERAL -> OptionalDouble.of(0.8202);
      default -> OptionalDouble.empty();
    };
  }

  /** Puts every neuron into words once, whichever methods found it. */
  private static Map<Turned, Said> say(
      Clip clip,
      WordDictionary dictionary,
      Map<Ranking, List<List<Turned>>> found,
      Progress progress) {
    List<Turned> all =
        found.values().stream().flatMap(List::stream).flatMap(List::stream).distinct().toList();
    List<Interpretation> spoken =
        new Interpreter(clip, dictionary)
            .interpret(
                all.stream().map(Turned::neuron).toList(),
                all.stream().mapToInt(Turned::sign).toArray(),
                ValueReading.LINEAR,
                progress);
    Map<Turned, Said> out = new LinkedHashMap<>();
    for (int i = 0; i < all.size(); i++) {
      List<Interpretation.Weighted> words = spoken.get(i).words();
      float[][] atoms =
          dictionary.embeddings(words.stream().mapToInt(Interpretation.Weighted::index).toArray());
      float[] sum = new float[dictionary.width()];
      for (int w = 0; w < atoms.length; w++) {
        for (int j = 0; j < sum.length; j++) {
          sum[j] += (float) (words.get(w).weight() * atoms[w][j]);
        }
      }
      int best =
          IntStream.range(0, words.size())
              .boxed()
              .max(Comparator.comparingDouble(w -> words.get(w).weight()))
              .orElseThrow();
      out.put(all.get(i), new Said(atoms[best], sum));
    }
    return out;
  }

  /** Mean cosine of all words with all texts. */
  private static double anyWord(WordDictionary dictionary, float[][] texts) {
    float[][] words =
        dictionary.embeddings(IntStream.range(0, dictionary.words().size()).toArray());
    double[] meanWord = new double[dictionary.width()]; // the mean of cosines is one inner product
    for (float[] word : words) {
      for (int j = 0; j < meanWord.length; j++) {
        meanWord[j] += word[j] / (double) words.length;
      }
    }
    double sum = 0;
    for (float[] text : texts) {
      double dot = 0;
      double norm = 0;
      for (int j = 0; j < meanWord.length; j++) {
        dot += meanWord[j] * text[j];
        norm += (double) text[j] * text[j];
      }
      sum += dot / Math.sqrt(norm) / texts.length;
    }
    return sum;
  }
}
