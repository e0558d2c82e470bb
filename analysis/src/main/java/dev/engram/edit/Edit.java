package dev.engram.edit;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Sha256;
import dev.engram.model.Clip;
import dev.engram.model.Fingerprint;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One edit of a model as a value: what was done, where, from which images and with which settings,
 * and the change itself. It does nothing until an {@link EditHistory} applies it.
 *
 * @param method how it was made
 * @param title what it does, a phrase: {@code insertion of ball moss}
 * @param model hash of the original model for which it was made
 * @param changes for each weight that it changes what it does, and from which values
 * @param suppressed neurons whose direct part it takes out of the last residual stream (A.7)
 * @param provenance images and settings
 */
public record Edit(
    Method method,
    String title,
    String model,
    SortedMap<Weight, Change> changes,
    List<Neuron> suppressed,
    Provenance provenance) {

  /** The ways to edit a model. */
  public enum Method {
    /** Residual suppression of knowledge neurons (A.7). */
    RESIDUAL_REMOVAL("residual removal"),
    /** Value vectors of knowledge neurons set to 0 (A.6). */
    COMPLETE_REMOVAL("complete removal"),
    /** ROME (Eq. 7). */
    RANK_ONE("rank-one insertion"),
    /** MEMIT (Eq. 25). */
    MEMIT("MEMIT insertion"),
    /** Gradient descent on the last layer (Eq. 24). */
    FINE_TUNING("fine-tuning"),
    /** Gradient descent on low-rank additions to W_q and W_v (Eq. 24). */
    LORA("LoRA");

    private final String title;

    Method(String title) {
      this.title = title;
    }

    /** Its name in words. */
    public String title() {
      return title;
    }
  }

  /**
   * A change of one weight.
   *
   * @param before digest of the values from which it was computed: it fits no others
   * @param what the change
   */
  public record Change(String before, WeightChange what) {}

  /** Keeps copies. */
  public Edit {
    changes = Collections.unmodifiableSortedMap(new TreeMap<>(changes));
    suppressed = List.copyOf(new TreeSet<>(suppressed));
  }

  /** An edit of weights, computed from the weights that a model has now. */
  static Edit of(
      Method method,
      String title,
      Clip clip,
      Map<Weight, ? extends WeightChange> changes,
      Provenance provenance) {
    TreeMap<Weight, Change> all = new TreeMap<>();
    changes.forEach((w, c) -> all.put(w, new Change(clip.digest(w), c)));
    return new Edit(method, title, clip.original().hash(), all, List.of(), provenance);
  }

  /** Whether both change a weight: then the later was computed from what the earlier left. */
  public boolean sharesWeightsWith(Edit other) {
    return !Collections.disjoint(changes.keySet(), other.changes.keySet());
  }

  /**
   * @param original a model as it was read
   * @param edits in the order in which they were applied
   * @return the original with all of them; itself if there are none
   * @throws EngramException if one was made for another model, or does not fit the weights
   */
  static Clip lay(List<Edit> edits, Clip original) {
    if (edits.isEmpty()) {
      return original;
    }
    Map<Weight, float[]> values = new HashMap<>();
    Set<Neuron> suppressed = new TreeSet<>();
    for (Edit edit : edits) {
      Progress.checkInterrupt();
      edit.checkModel(original);
      edit.suppressed.forEach(original.config().vision().space()::known);
      suppressed.addAll(edit.suppressed);
      edit.changes.forEach((weight, change) -> edit.change(weight, change, values, original));
    }
    return original.edited(values, suppressed);
  }

  private void change(Weight weight, Change change, Map<Weight, float[]> values, Clip original) {
    var tower = original.config().vision();
    if (weight.layer() >= tower.layers()) {
      throw new EngramException(
          "The edit '%s' changes %s, but %s has layers 0 to %d."
              .formatted(title, weight, original.name(), tower.layers() - 1));
    }
    float[] edited = values.get(weight);
    float[] before = edited == null ? original.values(weight) : edited;
    String digest = edited == null ? original.digest(weight) : Fingerprint.digest(edited);
    if (!digest.equals(change.before)) {
      throw new EngramException(
          "The edit '%s' was computed from other values of %s than the model has now; apply the"
                  .formatted(title, weight)
              + " edits in front of it first, or make it again.");
    }
    try {
      values.put(weight, change.what.applyTo(before, weight.rows(tower), weight.columns(tower)));
    } catch (IllegalArgumentException e) {
      throw new EngramException(
          "The edit '%s' does not fit %s: %s.".formatted(title, weight, e.getMessage()), e);
    }
  }

  private void checkModel(Clip original) {
    if (!model.equals(original.hash())) {
      throw new EngramException(
          "The edit '%s' was made for the model with the hash %s…; this is %s with %s…, so it was not applied."
              .formatted(
                  title, Sha256.brief(model), original.name(), Sha256.brief(original.hash())));
    }
  }
}
