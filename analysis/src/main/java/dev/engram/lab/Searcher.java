package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Suggest;
import dev.engram.atlas.AtlasNeurons;
import dev.engram.atlas.AtlasNeurons.Sort;
import dev.engram.attribution.Reading;
import dev.engram.data.ImageSelection;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.NeuronSearch;
import dev.engram.dissect.NeuronSearch.By;
import dev.engram.dissect.NeuronSearch.EntityEffects;
import dev.engram.dissect.NeuronSearch.FoundNeuron;
import dev.engram.dissect.NeuronSearch.Place;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.WordDictionary;
import dev.engram.lab.FindNeurons.InAtlas;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Carries out {@link FindNeurons}. */
final class Searcher {
  private final Lab lab;
  private final Clip clip;
  private final Progress progress;

  Searcher(Lab lab, Progress progress) {
    this.lab = lab;
    this.clip = lab.model();
    this.progress = progress;
  }

  Neurons find(FindNeurons request) {
    By score = request.score();
    Place place = place(request);
    Target target = request.entity();
    ImageSelection chosen = target == null ? null : lab.select(target);
    InAtlas in = request.in();
    if (in != null) {
      in.atlas().requireOf(clip);
    }
    boolean ofValuesAlone = chosen == null && score == By.COSINE && in == null;
    if (!ofValuesAlone) {
      clip.vision().requireClassToken("what its neurons improve");
    }
    WordDictionary known = lab.dictionary(request.words());
    AtlasNeurons all = in == null ? null : in.atlas().neurons();
    EntityEffects effects =
        ofValuesAlone
            ? null
            : all == null || chosen != null ? effects(chosen) : effects(all, request);
    String word = request.word();
    NeuronSearch search =
        new NeuronSearch(clip.config().vision().space(), effects, cosines(request, effects));
    Neuron like = request.like();
    int self = like == null ? -1 : clip.config().vision().space().index(like);
    List<FoundNeuron> found =
        search.find(
            place,
            i ->
                i == self
                    ? Double.NaN
                    : in == null || all == null
                        ? search.score(i, score)
                        : score(search, i, score, in, all),
            request.count());
    return new Neurons(
        title(request, chosen, score),
        score,
        found,
        chosen == null && effects != null,
        words(found, known),
        note(word, known),
        provenance(request, known, chosen, effects != null),
        all,
        in == null ? null : in.sort());
  }

  private double @Nullable [] cosines(FindNeurons request, @Nullable EntityEffects effects) {
    Neuron like = request.like();
    if (like != null) {
      double[] cosines = lab.valueVectors().cosines(like);
      for (int i = 0; effects != null && i < cosines.length; i++) {
        cosines[i] *= effects.sign(i); // two value vectors are compared as they are
      }
      return cosines;
    }
    String word = request.word();
    return word == null
        ? null
        : lab.valueVectors().cosines(clip.embedTexts(List.of(word), progress)[0]);
  }

  /** NaN for a neuron that speaks too seldom or too often. */
  private static double score(NeuronSearch search, int i, By by, InAtlas in, AtlasNeurons all) {
    double density = all.density()[i];
    if (density < in.leastDensity() || density > in.mostDensity()) {
      return Double.NaN;
    }
    Sort sort = in.sort();
    return sort == null
        ? search.score(i, by)
        : in.ascending() ? -all.values(sort)[i] : all.values(sort)[i];
  }

  /** For each neuron its effect on the class of the atlas that it improves most; null for none. */
  private static @Nullable EntityEffects effects(AtlasNeurons all, FindNeurons request) {
    boolean hasClasses = all.bestClass().stream().anyMatch(c -> !c.isEmpty());
    InAtlas in = request.in();
    if (!hasClasses && request.score() != By.COSINE && (in == null || in.sort() == null)) {
      throw new EngramException(
          "The images of the atlas have no classes that neurons could improve; search with --word"
              + " TEXT, --like NEURON or --sort COLUMN.");
    }
    return hasClasses
        ? EntityEffects.of(all.improvement(), all.coefficient(), i -> all.bestClass().get(i))
        : null;
  }

  private Place place(FindNeurons request) {
    int count = clip.config().vision().layers();
    Set<Integer> all = IntStream.range(0, count).boxed().collect(Collectors.toSet());
    Set<Integer> layers = request.layers();
    if (layers != null && !all.containsAll(layers)) {
      throw new EngramException(
          "A search takes layers from 0 to %d, got %s.".formatted(count - 1, ranges(layers)));
    }
    Neuron.Block kind = request.kind();
    return new Place(
        layers == null ? all : layers, kind == null ? Set.of(Neuron.Block.values()) : Set.of(kind));
  }

  private EntityEffects effects(@Nullable ImageSelection chosen) {
    if (chosen != null) {
      return EntityEffects.of(lab.attribute(Attribute.of(Target.of(chosen))), chosen.title());
    }
    if (lab.images().entities().isEmpty()) {
      throw new EngramException(
          "The image set %s has no entities that neurons could improve; search with --word TEXT."
              .formatted(lab.images().name()));
    }
    return EntityEffects.ofBest(lab.survey(Reading.LITERAL));
  }

  private Map<Neuron, Interpretation> words(List<FoundNeuron> found, WordDictionary known) {
    Map<Neuron, Interpretation> words = new HashMap<>();
    if (!found.isEmpty()) {
      new Interpreter(clip, known)
          .interpret(
              found.stream().map(FoundNeuron::neuron).toList(),
              found.stream().mapToInt(FoundNeuron::sign).toArray(),
              ValueReading.LINEAR,
              progress)
          .forEach(i -> words.put(i.neuron(), i));
    }
    return words;
  }

  /** Any text can be embedded, a mistyped one too. */
  private static String note(@Nullable String word, WordDictionary known) {
    if (word == null || word.contains(" ") || known.words().contains(word)) {
      return "";
    }
    List<String> near = Suggest.nearest(word, known.words());
    return "'%s' is not in the dictionary%s"
        .formatted(word, near.isEmpty() ? "." : Suggest.didYouMean(word, known.words()));
  }

  private static String title(FindNeurons request, @Nullable ImageSelection chosen, By score) {
    List<String> parts = new ArrayList<>();
    if (request.kind() != null) {
      parts.add(request.kind().toString());
    }
    parts.add("neurons");
    Set<Integer> layers = request.layers();
    if (layers != null) {
      parts.add("of layer " + ranges(layers));
    }
    if (request.word() != null) {
      parts.add("that say \"" + request.word() + "\"");
    }
    if (request.like() != null) {
      parts.add("like " + request.like());
    }
    if (chosen != null) {
      parts.add((request.hasCosine() ? "and " : "") + "that improve " + chosen.title());
    }
    InAtlas in = request.in();
    if (in != null && (in.leastDensity() > 0 || in.mostDensity() < 1)) {
      parts.add("with a density of " + share(in.leastDensity()) + " to " + share(in.mostDensity()));
    }
    String ranked =
        in == null || in.sort() == null
            ? score.toString()
            : in.sort() + (in.ascending() ? ", the smallest first" : "");
    String title = String.join(" ", parts) + ", by " + ranked;
    return title.substring(0, 1).toUpperCase(Locale.ROOT) + title.substring(1);
  }

  /** Numbers as they are typed: 0,2-4. */
  private static String ranges(Set<Integer> numbers) {
    List<Integer> sorted = List.copyOf(new TreeSet<>(numbers));
    List<String> parts = new ArrayList<>();
    for (int from = 0, to; from < sorted.size(); from = to + 1) {
      to = from;
      while (to + 1 < sorted.size() && sorted.get(to + 1) == sorted.get(to) + 1) {
        to++;
      }
      parts.add(from == to ? "" + sorted.get(from) : sorted.get(from) + "-" + sorted.get(to));
    }
    return String.join(",", parts);
  }

  private Provenance provenance(
      FindNeurons request,
      WordDictionary known,
      @Nullable ImageSelection chosen,
      boolean improvement) {
    InAtlas in = request.in();
    String word = request.word();
    Provenance p = in == null ? Provenance.of(clip) : in.atlas().provenance();
    if (improvement) {
      p =
          (in != null && chosen == null
                  ? p
                  : p.with("images", chosen == null ? lab.images().toString() : chosen.title()))
              .with("improvement", "reading literal (" + Reading.LITERAL.title() + ")");
    }
    if (word != null) {
      p = p.with("cosine", "of the value vector (linear) with \"" + word + "\"");
    }
    if (request.like() != null) {
      p = p.with("cosine", "of the value vector with that of " + request.like());
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

  /** As it is typed: 0, 0.05, 1. */
  private static String share(double value) {
    return new java.math.BigDecimal(String.valueOf(value)).stripTrailingZeros().toPlainString();
  }
}
