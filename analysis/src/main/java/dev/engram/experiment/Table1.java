package dev.engram.experiment;

import dev.engram.Cosine;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Baseline;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.data.Entity;
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
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Table 1: how near the words of the neurons that a method finds are to the entity (Sec. 4.2). The
 * paper does not say what the "textual interpretation" is, so there are two readings: the word with
 * the largest weight, and the sum of all words with their weights.
 */
public final class Table1 {
  private Table1() {}

  /** Its entry in the registry. */
  public static final Experiment<Result> EXPERIMENT =
      new Experiment<>(
          "table1",
          "Table 1: how near the words of each method's neurons are to the entity",
          true,
          20,
          Set.of(Experiment.Need.WORDS),
          Table1::standard,
          Result.class);

  /** Three neurons, as everywhere in the paper. */
  public static Settings standard() {
    return new Settings(3);
  }

  /** What can be set. */
  public record Settings(@About("neurons of each entity that are put into words") int top)
      implements ExperimentSettings<Result> {
    /** Refuses what puts nothing into words. */
    public Settings {
      if (top < 1) {
        throw new EngramException("Table 1 needs at least 1 neuron, got " + top + ".");
      }
    }

    /**
     * @param newTop neurons of each entity that are put into words
     * @return a copy with that setting
     */
    public Settings top(int newTop) {
      return new Settings(newTop);
    }

    @Override
    public Experiment<Result> experiment() {
      return EXPERIMENT;
    }

    @Override
    public Result run(Material on) {
      return Table1.run(on.study(), on.words(), this);
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
      Score ranking,
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

    /** The row of a method. */
    public Row row(Score ranking) {
      return rows.stream().filter(r -> r.ranking == ranking).findFirst().orElseThrow();
    }
  }

  /**
   * What one entity gives, each the mean over the top neurons.
   *
   * @param bestWord cosine with the label
   * @param reconstruction cosine with the label
   * @param bestWordName cosine with the bare name
   */
  private record Words(double bestWord, double reconstruction, double bestWordName) {}

  /**
   * What one entity gives.
   *
   * @param words of the neurons that each method finds
   * @param anyWord mean cosine of the label and a word
   * @param anyWordName mean cosine of the bare name and a word
   */
  private record Part(Map<Score, Words> words, double anyWord, double anyWordName) {}

  /** What is said of a neuron: its best word, and all its words together, both (D). */
  private record Said(float[] best, float[] sum) {}

  /** The table's methods, in its order. */
  private static final List<Score> METHODS =
      List.of(
          Baseline.ACTIVATION,
          Baseline.GRADIENT,
          Baseline.COMBINED,
          Reading.LITERAL,
          Reading.LITERAL_POST,
          Reading.LENS,
          Reading.FROZEN,
          Reading.DIRECT);

  /**
   * @param dictionary of the model
   */
  public static Result run(Study study, WordDictionary dictionary, Settings settings) {
    List<Entity> entities = TracedImages.entities(study.set());
    Speaker speaker = new Speaker(study.clip(), dictionary);
    List<Part> parts =
        study.each(
            new Study.Task<>(
                "table1",
                "ranking neurons and putting them into words",
                Part.class,
                List.of(settings.top, dictionary.hash())),
            entities.stream().map(e -> Study.Part.of(e, e.title())).toList(),
            (pass, e) ->
                speaker.part(
                    pass, TracedImages.text(study.clip(), entities.get(e).title()), settings.top));
    List<Row> rows = new ArrayList<>();
    for (Score r : METHODS) {
      List<Words> words =
          parts.stream().map(p -> java.util.Objects.requireNonNull(p.words.get(r))).toList();
      rows.add(
          new Row(
              r,
              Estimate.each(Sample.Unit.ENTITY, words.stream().map(Words::bestWord).toList()),
              Estimate.each(Sample.Unit.ENTITY, words.stream().map(Words::reconstruction).toList()),
              Estimate.each(Sample.Unit.ENTITY, words.stream().map(Words::bestWordName).toList()),
              paper(r)));
    }
    return new Result(
        rows,
        parts.stream().mapToDouble(Part::anyWord).average().orElse(Double.NaN),
        parts.stream().mapToDouble(Part::anyWordName).average().orElse(Double.NaN),
        TracedImages.provenance(settings, study)
            .with("dictionary", dictionary.name() + " (" + dictionary.words().size() + " words)")
            .with("neurons", "top " + settings.top + " of each entity, mean over its images")
            .with("words", "OMP, " + Interpreter.WORDS + " atoms, value vector linear")
            .with("judged", "by words: no image is looked at again")
            .with("interval", Interval.named(rows.stream().map(Row::bestWord).toList())));
  }

  private static OptionalDouble paper(Score ranking) {
    return ranking.match(
        reading ->
            switch (reading) {
              case LITERAL -> OptionalDouble.of(0.8202);
              case LITERAL_POST, LENS, FROZEN, DIRECT -> OptionalDouble.empty();
            },
        baseline ->
            switch (baseline) {
              case ACTIVATION -> OptionalDouble.of(0.7013);
              case GRADIENT -> OptionalDouble.of(0.6905);
              case COMBINED -> OptionalDouble.of(0.6543);
            });
  }

  /** Puts neurons into words. */
  private static final class Speaker {
    private final WordDictionary dictionary;
    private final Interpreter interpreter;
    private double @Nullable [] meanWord;

    Speaker(Clip clip, WordDictionary dictionary) {
      this.dictionary = dictionary;
      this.interpreter = new Interpreter(clip, dictionary);
    }

    Part part(TracedImages pass, float[] name, int top) {
      Attribution ours = pass.attribution(Reading.LITERAL); // decides about signs everywhere
      Map<Score, List<Neuron>> found = new LinkedHashMap<>();
      Score.all().forEach(r -> found.put(r, pass.top(r, top)));
      Map<Neuron, Said> said =
          say(found.values().stream().flatMap(List::stream).distinct().toList(), ours);
      Map<Score, Words> words = new LinkedHashMap<>();
      found.forEach(
          (r, neurons) -> {
            double best = 0;
            double sum = 0;
            double bare = 0;
            for (Neuron n : neurons) {
              Said s = java.util.Objects.requireNonNull(said.get(n));
              best += Cosine.of(s.best, pass.text()) / neurons.size();
              sum += Cosine.of(s.sum, pass.text()) / neurons.size();
              bare += Cosine.of(s.best, name) / neurons.size();
            }
            words.put(r, new Words(best, sum, bare));
          });
      return new Part(words, anyWord(pass.text()), anyWord(name));
    }

    /** Every neuron once, whichever methods found it. */
    private Map<Neuron, Said> say(List<Neuron> neurons, Attribution ours) {
      List<Interpretation> spoken =
          interpreter.interpret(
              neurons,
              neurons.stream().mapToInt(ours::sign).toArray(),
              ValueReading.LINEAR,
              Progress.NONE);
      Map<Neuron, Said> out = new LinkedHashMap<>();
      for (Interpretation i : spoken) {
        out.put(i.neuron(), said(i.words()));
      }
      return out;
    }

    private Said said(List<Interpretation.Weighted> words) {
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
      return new Said(atoms[best], sum);
    }

    /** Mean cosine of all words with a text. */
    private double anyWord(float[] text) {
      double[] mean = meanWord();
      double dot = 0;
      double norm = 0;
      for (int j = 0; j < mean.length; j++) {
        dot += mean[j] * text[j];
        norm += (double) text[j] * text[j];
      }
      return dot / Math.sqrt(norm);
    }

    /** Words have length 1, so the mean of their cosines with a text is one inner product. */
    private double[] meanWord() {
      double[] known = meanWord;
      if (known == null) {
        float[][] words =
            dictionary.embeddings(IntStream.range(0, dictionary.words().size()).toArray());
        known = new double[dictionary.width()];
        for (float[] word : words) {
          for (int j = 0; j < known.length; j++) {
            known[j] += word[j] / (double) words.length;
          }
        }
        meanWord = known;
      }
      return known;
    }
  }
}
