package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Suggest;
import dev.engram.attribution.Method;
import dev.engram.attribution.Reading;
import dev.engram.data.ImageSelection;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.NeuronSearch;
import dev.engram.dissect.NeuronSearch.By;
import dev.engram.dissect.NeuronSearch.Effects;
import dev.engram.dissect.NeuronSearch.Found;
import dev.engram.dissect.NeuronSearch.Place;
import dev.engram.dissect.Survey;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.WordDictionary;
import dev.engram.magic.result.Neurons;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code %neurons}: which neurons are there. */
@Command(
    name = "neurons",
    description = "Search neurons: by layer, by the entity they improve, by the word they say.",
    footer = {
      "",
      "A word counts by the cosine of a neuron's value vector, in the space of the texts, with the",
      "word's embedding: so every neuron is compared, with any word or phrase. Of an entity the",
      "improvement is taken (Eq. 11, 12), and neurons are turned around as A.2 has it. With neither",
      "word nor entity each neuron counts by the entity of the open set that it improves most.",
      "In Java: Neurons n = %%neurons --word hat   (n.names(), n.table())"
    })
final class NeuronsCommand implements EngramMagic {
  private final EngramSession session;

  @Option(
      names = "--layer",
      paramLabel = "LAYERS",
      description = "One layer, several or a range, from 0: 5 or 0,3 or 2-4.")
  private @Nullable String layer;

  @Option(names = "--kind", paramLabel = "KIND", description = "ffn or msa; both if left out.")
  private Neuron.@Nullable Block kind;

  @Option(
      names = "--word",
      paramLabel = "WORD",
      description = "Those whose value vectors are nearest to this word or phrase.")
  private @Nullable String word;

  @Option(
      names = "--entity",
      paramLabel = "ENTITY|IMAGE",
      description = "Those that improve this entity, or image of the set, most.")
  private @Nullable String entity;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many neurons to show (default: ${DEFAULT-VALUE}).")
  private int top = 10;

  @Option(
      names = "--by",
      paramLabel = "SCORE",
      description =
          "improvement, coefficient, cosine (with the word), or product of improvement and cosine"
              + " where both are positive. Left out: what was searched for, the product for both.")
  private @Nullable By by;

  @Option(
      names = "--dictionary",
      paramLabel = WordSource.LABEL,
      description = "Words for the column 'says': " + WordSource.DESCRIPTION)
  private @Nullable String dictionary;

  NeuronsCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Neurons run(MagicContext context) {
    Clip clip = session.model();
    if (top < 1) {
      throw new EngramException("--top takes a number of neurons from 1, got " + top + ".");
    }
    if (word != null && word.isBlank()) {
      throw new EngramException("--word takes a word or a phrase, got '" + word + "'.");
    }
    By score = by == null ? usual() : by;
    if (word == null && (score == By.COSINE || score == By.PRODUCT)) {
      throw new EngramException("--by " + score + " needs a word: give --word TEXT.");
    }
    Set<Neuron.Block> kinds = kind == null ? Set.of(Neuron.Block.values()) : Set.of(kind);
    Place place = new Place(Layers.parse(layer, clip.config().vision().layers()), kinds);
    ImageSelection chosen = entity == null ? null : session.select(entity);
    boolean ofValuesAlone = chosen == null && score == By.COSINE;
    if (!ofValuesAlone) {
      clip.vision().requireClassToken("what its neurons improve");
    }
    try (MagicProgress progress = context.progress()) {
      WordDictionary known = session.dictionary(dictionary, progress);
      Effects effects = ofValuesAlone ? null : effects(chosen, progress);
      double[] cosines =
          word == null
              ? null
              : session.valueVectors().cosines(clip.embedTexts(List.of(word), progress)[0]);
      List<Found> found =
          new NeuronSearch(clip.config().vision().space(), effects, cosines)
              .find(place, score, top);
      return new Neurons(
          title(chosen, score),
          score,
          found,
          chosen == null && effects != null,
          words(found, known, progress),
          note(known),
          provenance(known, chosen, effects != null));
    }
  }

  private By usual() {
    return word == null ? By.IMPROVEMENT : entity == null ? By.COSINE : By.PRODUCT;
  }

  private Effects effects(@Nullable ImageSelection chosen, Progress progress) {
    if (chosen != null) {
      return Effects.of(
          session
              .attributor()
              .attribute(
                  chosen.images(),
                  chosen.text(null),
                  Method.IMPROVEMENT,
                  Reading.LITERAL,
                  progress),
          chosen.title());
    }
    if (session.images().entities().isEmpty()) {
      throw new EngramException(
          "The image set %s has no entities that neurons could improve; search with --word TEXT."
              .formatted(session.images().name()));
    }
    Survey survey = session.survey(Reading.LITERAL, progress);
    return Effects.ofBest(survey);
  }

  private Map<Neuron, Interpretation> words(
      List<Found> found, WordDictionary known, Progress progress) {
    Map<Neuron, Interpretation> words = new HashMap<>();
    if (!found.isEmpty()) {
      new Interpreter(session.model(), known)
          .interpret(
              found.stream().map(Found::neuron).toList(),
              found.stream().mapToInt(Found::sign).toArray(),
              ValueReading.LINEAR,
              progress)
          .forEach(i -> words.put(i.neuron(), i));
    }
    return words;
  }

  /** Any text can be embedded, a mistyped one too. */
  private String note(WordDictionary known) {
    if (word == null || word.contains(" ") || known.words().contains(word)) {
      return "";
    }
    List<String> near = Suggest.nearest(word, known.words());
    return "'%s' is not in the dictionary%s"
        .formatted(word, near.isEmpty() ? "." : Suggest.didYouMean(word, known.words()));
  }

  private String title(@Nullable ImageSelection chosen, By score) {
    List<String> parts = new ArrayList<>();
    if (kind != null) {
      parts.add(kind.toString());
    }
    parts.add("neurons");
    if (layer != null) {
      parts.add("of layer " + layer.strip());
    }
    if (word != null) {
      parts.add("that say \"" + word + "\"");
    }
    if (chosen != null) {
      parts.add((word == null ? "" : "and ") + "that improve " + chosen.title());
    }
    String title = String.join(" ", parts) + ", by " + score;
    return title.substring(0, 1).toUpperCase(Locale.ROOT) + title.substring(1);
  }

  private Provenance provenance(
      WordDictionary known, @Nullable ImageSelection chosen, boolean improvement) {
    Clip clip = session.model();
    Provenance p = Provenance.of(clip);
    if (improvement) {
      p =
          p.with("images", chosen == null ? session.images().toString() : chosen.title())
              .with("improvement", "reading literal (" + Reading.LITERAL.title() + ")");
    }
    if (word != null) {
      p = p.with("cosine", "of the value vector (linear) with \"" + word + "\"");
    }
    return p.with(
        "says",
        "OMP, "
            + Interpreter.WORDS
            + " atoms of "
            + known.name()
            + " ("
            + known.words().size()
            + " words)");
  }
}
