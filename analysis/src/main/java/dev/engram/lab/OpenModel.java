package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.ImageSelection;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.DictionaryStore;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.ResidualByChance;
import dev.engram.dissect.ShippedEmbeddings;
import dev.engram.dissect.Survey;
import dev.engram.dissect.SurveyStore;
import dev.engram.dissect.ValueVectors;
import dev.engram.dissect.WordDictionary;
import dev.engram.edit.BackgroundKeys;
import dev.engram.edit.EditHistory;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.sae.FeatureSurvey;
import dev.engram.sae.FeatureSurveyStore;
import dev.engram.sae.SparseAutoencoder;
import dev.engram.trace.Tokens;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The model of a session, its edits, and what was computed of it. What depends on the image tower
 * is made anew after an edit; what depends on the text tower, or on the model as it was read,
 * stays.
 */
final class OpenModel implements AutoCloseable {
  private final Clip original;
  private final EditHistory history;
  private final Map<String, WordDictionary> dictionaries = new HashMap<>();
  private @Nullable WordDictionary lastDictionary;
  private final Map<List<Object>, BackgroundKeys> keys = new HashMap<>();
  private @Nullable Analyzers analyzers;
  private @Nullable SparseAutoencoder sae;

  /** What belongs to the model with the edits that it has at the moment. */
  private static final class Analyzers implements AutoCloseable {
    final Clip clip;
    final Attributor attributor;
    final Heatmapper heatmapper;
    final ValueVectors valueVectors;
    @Nullable ImageSet surveyed;
    @Nullable Survey survey;
    @Nullable FeatureSurvey features;
    @Nullable WordDictionary spoken;
    @Nullable ResidualByChance chance;

    Analyzers(Clip clip) {
      this.clip = clip;
      this.attributor = new Attributor(clip);
      this.heatmapper = new Heatmapper(clip);
      this.valueVectors = new ValueVectors(clip);
    }

    @Override
    public void close() {
      attributor.close();
    }
  }

  /**
   * @param original as it was read; closed with this
   */
  OpenModel(Clip original) {
    this.original = original;
    this.history = new EditHistory(original);
    analyzers();
  }

  EditHistory history() {
    return history;
  }

  private Analyzers analyzers() {
    Clip now = history.model();
    if (analyzers == null || analyzers.clip != now) {
      Analyzers fresh = new Analyzers(now);
      if (analyzers != null) {
        analyzers.close();
      }
      analyzers = fresh;
    }
    return analyzers;
  }

  Attributor attributor() {
    return analyzers().attributor;
  }

  /** Puts an autoencoder in the place of the one there is, which is closed. */
  SparseAutoencoder use(SparseAutoencoder fresh) {
    SparseAutoencoder old = sae;
    sae = fresh;
    if (old != null) {
      old.close();
    }
    analyzers().features = null;
    return fresh;
  }

  boolean hasSae() {
    return sae != null;
  }

  SparseAutoencoder sae() {
    if (sae == null) {
      throw new EngramException(
          "No sparse autoencoder is open; %sae FILE opens one, or lab.sae(path) in Java.");
    }
    return sae;
  }

  Heatmapper heatmapper() {
    return analyzers().heatmapper;
  }

  ValueVectors valueVectors() {
    return analyzers().valueVectors;
  }

  /**
   * What a set does to every neuron: one pass of all its images, kept for the next question.
   *
   * @param store where those of the model as it was read are kept; null for nowhere
   */
  Survey survey(ImageSet set, Reading reading, @Nullable SurveyStore store, Progress progress) {
    Analyzers a = analyzers();
    Survey known = a.survey;
    if (known == null || a.surveyed != set || known.reading() != reading) {
      known =
          store == null || a.clip != original
              ? Survey.of(a.clip, a.attributor, set, reading, progress)
              : store.survey(a.clip, a.attributor, set, reading, progress);
      a.survey = known;
      a.surveyed = set;
    }
    return known;
  }

  /**
   * What a set does to every feature of the open autoencoder: one pass of all its images, kept for
   * the next question.
   *
   * @param store where those of the model as it was read are kept; null for nowhere
   */
  FeatureSurvey features(
      ImageSet set, Reading reading, @Nullable SurveyStore store, Progress progress) {
    Analyzers a = analyzers();
    FeatureSurvey known = a.features;
    if (known == null || !known.isOf(sae(), set, reading)) {
      known =
          store == null || a.clip != original
              ? FeatureSurvey.of(a.clip, sae(), set, reading, progress)
              : new FeatureSurveyStore(store).survey(a.clip, sae(), set, reading, progress);
      a.features = known;
    }
    return known;
  }

  /**
   * What words leave unsaid of random vectors, made once.
   *
   * @param words of this model
   */
  ResidualByChance chance(WordDictionary words, Progress progress) {
    Analyzers a = analyzers();
    ResidualByChance known = a.chance;
    if (known == null || a.spoken != words) {
      known =
          new Interpreter(a.clip, words).residualByChance(ResidualByChance.VECTORS, 0, progress);
      a.spoken = words;
      a.chance = known;
    }
    return known;
  }

  /** The survey that was made of a set, by any reading; null if there is none. */
  @Nullable Survey surveyAtHand(ImageSet set) {
    Analyzers a = analyzers();
    return a.surveyed == set ? a.survey : null;
  }

  /** The dictionary that was used last; null if none was. */
  @Nullable WordDictionary dictionaryAtHand() {
    return lastDictionary;
  }

  /**
   * The embeddings of words, which are kept for the next question.
   *
   * @param store where its embeddings are kept; null to compute them
   */
  WordDictionary dictionary(
      Vocabulary vocabulary, @Nullable DictionaryStore store, Progress progress) {
    WordDictionary known = dictionaries.get(vocabulary.name());
    if (known != null && known.words().equals(vocabulary.words())) {
      lastDictionary = known;
      return known;
    }
    WordDictionary fresh = embedded(vocabulary, store, progress);
    dictionaries.put(vocabulary.name(), fresh);
    lastDictionary = fresh;
    if (known != null) {
      known.close(); // the file was edited
    }
    return fresh;
  }

  /** By the original: edits leave the text tower as it is. */
  private WordDictionary embedded(
      Vocabulary vocabulary, @Nullable DictionaryStore store, Progress progress) {
    String name = vocabulary.name();
    List<String> words = vocabulary.words();
    Path shipped = vocabulary.embeddings();
    Optional<WordDictionary> ready =
        shipped == null
            ? Optional.empty()
            : ShippedEmbeddings.dictionary(shipped, original, name, words);
    if (ready.isPresent()) {
      return ready.get();
    }
    Progress told =
        shipped == null
            ? progress
            : (what, done, total) ->
                progress.report(
                    what + ", since those that come with it are of other weights", done, total);
    return store == null
        ? WordDictionary.of(original, name, words, told)
        : store.dictionary(original, name, words, told);
  }

  /**
   * Background keys, of the model as it was read: C is a constant of the paper, whatever was edited
   * since. They are kept, since on a large model they take longer than all the rest of an edit.
   *
   * @param from the images
   */
  Map<Weight, BackgroundKeys> keys(
      List<Weight> weights, List<LabelledImage> from, Tokens tokens, Progress progress) {
    List<Path> files = from.stream().map(LabelledImage::file).toList();
    List<Long> written = files.stream().map(f -> f.toFile().lastModified()).toList();
    Map<Weight, BackgroundKeys> out = new LinkedHashMap<>();
    List<Weight> missing = new ArrayList<>();
    for (Weight w : weights) {
      BackgroundKeys known = keys.get(List.<Object>of(w, tokens, files, written));
      if (known == null) {
        missing.add(w);
      } else {
        out.put(w, known);
      }
    }
    if (!missing.isEmpty()) {
      BackgroundKeys.of(original, missing, original.pixels(files), tokens, progress)
          .forEach(
              (w, k) -> {
                keys.put(List.of(w, tokens, files, written), k);
                out.put(w, k);
              });
    }
    return out;
  }

  /** Reads images as the model's processor makes them, (3, S, S) each. */
  List<float[]> pixels(ImageSelection chosen, Progress progress) {
    List<float[]> pixels = new ArrayList<>();
    for (LabelledImage image : chosen.images()) {
      progress.step("reading images", pixels.size(), chosen.images().size());
      pixels.add(history.model().processor().process(image.file()));
    }
    return pixels;
  }

  /** Frees the model, with its edits and what lies in its memory. */
  @Override
  public void close() {
    history.close();
    original.close();
  }
}
