package dev.engram.lab;

import dev.engram.Progress;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.ImageSelection;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.DictionaryStore;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.Survey;
import dev.engram.dissect.ValueVectors;
import dev.engram.dissect.WordDictionary;
import dev.engram.edit.BackgroundKeys;
import dev.engram.edit.EditHistory;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.trace.Tokens;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  private final Map<List<Object>, BackgroundKeys> keys = new HashMap<>();
  private @Nullable Analyzers analyzers;

  /** What belongs to the model with the edits that it has at the moment. */
  private static final class Analyzers implements AutoCloseable {
    final Clip clip;
    final Attributor attributor;
    final Heatmapper heatmapper;
    final ValueVectors valueVectors;
    @Nullable ImageSet surveyed;
    @Nullable Survey survey;

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

  Heatmapper heatmapper() {
    return analyzers().heatmapper;
  }

  ValueVectors valueVectors() {
    return analyzers().valueVectors;
  }

  /** What a set does to every neuron: one pass of all its images, kept for the next question. */
  Survey survey(ImageSet set, Reading reading, Progress progress) {
    Analyzers a = analyzers();
    Survey known = a.survey;
    if (known == null || a.surveyed != set || known.reading() != reading) {
      known = Survey.of(a.clip, a.attributor, set, reading, progress);
      a.survey = known;
      a.surveyed = set;
    }
    return known;
  }

  /**
   * @param name of the dictionary
   * @param words in their order
   * @param store where its embeddings are kept; null to compute them
   */
  WordDictionary dictionary(
      String name, List<String> words, @Nullable DictionaryStore store, Progress progress) {
    WordDictionary known = dictionaries.get(name);
    if (known != null && known.words().equals(words)) {
      return known;
    }
    // of the original: edits leave the text tower as it is
    WordDictionary fresh =
        store == null
            ? WordDictionary.of(original, name, words, progress)
            : store.dictionary(original, name, words, progress);
    dictionaries.put(name, fresh);
    if (known != null) {
      known.close(); // the file was edited
    }
    return fresh;
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
