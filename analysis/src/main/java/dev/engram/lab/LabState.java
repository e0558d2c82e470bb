package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.dissect.DictionaryStore;
import dev.engram.dissect.SurveyStore;
import dev.engram.experiment.ResultStore;
import dev.engram.model.Clip;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a {@link Lab} owns, whoever watches it: model, images, and where results are kept. */
final class LabState implements AutoCloseable {
  private final OpenImages images = new OpenImages();
  private final Map<String, Double> taughtAccuracies = new HashMap<>();
  private @Nullable OpenModel open;
  private @Nullable Path cache;
  private @Nullable StandIns standIns;

  OpenImages images() {
    return images;
  }

  void otherwise(StandIns what) {
    standIns = what;
    images.otherwise(what.images());
  }

  void cache(Path folder) {
    cache = folder;
  }

  /** As {@link Lab#use}. */
  void use(Clip clip) {
    OpenModel fresh;
    try {
      clip.hash(); // every result needs it; it can fail, and takes a second that can be interrupted
      fresh = new OpenModel(clip);
      Progress.checkInterrupt();
    } catch (Throwable t) {
      clip.close();
      throw t;
    }
    OpenModel old = open;
    open = fresh;
    taughtAccuracies.clear();
    if (old != null) {
      old.close();
    }
  }

  boolean hasModel() {
    return open != null;
  }

  /**
   * The open model, or what stands in for it.
   *
   * @throws EngramException if there is neither
   */
  OpenModel model() {
    if (open == null && standIns != null) {
      use(standIns.model().get());
    }
    if (open == null) {
      throw new EngramException(
          "No model is loaded yet; run %model for the embedded one, or %model DIR|OWNER/NAME.");
    }
    return open;
  }

  /** Keeps how well one name is known after an edit that taught it. */
  void remember(Taught taught) {
    if (taught.names().size() == 1 && taught.accuracy() != null) {
      taughtAccuracies.put(taught.names().get(0).name(), taught.accuracy().editedAfter().mean());
    }
  }

  /** What was measured on other images is nothing to come close to. */
  void forgetAccuracies() {
    taughtAccuracies.clear();
  }

  /** The accuracy that a training should come close to, from 0 to 1. */
  double wanted(Tune request) {
    Double given = request.match();
    return given != null ? given : taughtAccuracies.getOrDefault(request.name(), 1.0);
  }

  ResultStore results() {
    return cache == null ? ResultStore.NONE : ResultStore.in(cache.resolve("results"));
  }

  @Nullable DictionaryStore dictionaries() {
    return cache == null ? null : new DictionaryStore(cache.resolve("dictionaries"));
  }

  @Nullable SurveyStore surveys() {
    return cache == null ? null : new SurveyStore(cache.resolve("surveys"));
  }

  @Override
  public void close() {
    OpenModel old = open;
    open = null;
    if (old != null) {
      old.close();
    }
  }
}
