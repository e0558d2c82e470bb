package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Reading;
import dev.engram.data.Dataset;
import dev.engram.data.Entity;
import dev.engram.data.ImageSelection;
import dev.engram.data.LabelledImage;
import dev.engram.edit.Edit;
import dev.engram.edit.EditPreview;
import dev.engram.edit.Removal;
import dev.engram.experiment.AccuracyChange;
import dev.engram.experiment.SimilarityChange;
import dev.engram.experiment.Unrelated;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Carries out {@link Forget}: finds the neurons, removes them, and measures. */
final class Forgetter {
  private final OpenModel model;
  private final OpenImages open;
  private final Progress progress;

  Forgetter(OpenModel model, OpenImages open, Progress progress) {
    this.model = model;
    this.open = open;
    this.progress = progress;
  }

  Forgotten forget(Forget request) {
    Clip before = model.history().model();
    ImageSelection chosen = open.select(request.target());
    String text = chosen.text(request.label());
    ImageSelection others = others(request.unrelated(), chosen);
    Dataset dataset = request.accuracy().resolve(open);
    List<Neuron> neurons = neurons(chosen.images(), text, request.top());
    EditPreview preview = model.history().preview(edit(request, before, chosen, text, neurons));
    try {
      Clip after = preview.model();
      return new Forgotten(
          chosen.title(),
          neurons,
          preview,
          SimilarityChange.of(before, after, model.pixels(chosen, progress), text, progress),
          SimilarityChange.of(before, after, before.pixels(others.files()), text, progress),
          others.title(),
          dataset == null ? null : accuracy(before, after, dataset, chosen));
    } catch (Throwable t) {
      preview.close();
      throw t;
    }
  }

  /**
   * Those of the largest improvement. Suppressed neurons keep theirs, which is what they add at
   * their own block (Eq. 11), so they are left out: forgetting again takes the next ones.
   */
  private List<Neuron> neurons(List<LabelledImage> images, String text, int top) {
    Set<Neuron> gone = new HashSet<>();
    model.history().edits().forEach(e -> gone.addAll(e.suppressed()));
    return model
        .attributor()
        .attribute(images, text, Reading.LITERAL, progress)
        .top(top + gone.size())
        .stream()
        .map(Attribution.Ranked::neuron)
        .filter(n -> !gone.contains(n))
        .limit(top)
        .toList();
  }

  private static Edit edit(
      Forget request, Clip clip, ImageSelection chosen, String text, List<Neuron> neurons) {
    Provenance provenance =
        Provenance.of(
            clip,
            "images",
            chosen.images().size() + " of " + chosen.title(),
            "label",
            "\"" + text + "\"",
            "neurons",
            "top " + neurons.size() + " by improvement, reading literal",
            "mode",
            request.mode().toString());
    return Removal.of(request.mode(), clip, chosen.title(), neurons, provenance);
  }

  /** Images for the lower bounds. */
  private ImageSelection others(@Nullable Target given, ImageSelection chosen) {
    if (given != null) {
      return open.select(given);
    }
    if (!open.isOpen()) {
      throw new EngramException(
          "The lower bounds need unrelated images; open a set with %images, or give them with"
              + " --unrelated.");
    }
    Unrelated others = Unrelated.of(open.set().entities(), chosen.images());
    List<Entity> entities = others.entities();
    if (entities.isEmpty()) {
      throw new EngramException(
          "There is no other entity in %s for the lower bounds; give images with --unrelated."
              .formatted(open.set().name()));
    }
    return new ImageSelection(
        "%d %s"
            .formatted(
                entities.size(),
                others.sameCategory()
                    ? "others in " + chosen.images().get(0).category()
                    : "other entities"),
        entities.stream().flatMap(e -> e.images().stream()).toList(),
        "");
  }

  /** About the entity's images, also those of its class that were not given. */
  private AccuracyChange accuracy(Clip before, Clip after, Dataset dataset, ImageSelection chosen) {
    Set<Path> edited = new HashSet<>(chosen.files());
    String entity = chosen.images().get(0).entity();
    if (dataset.hasClass(entity)) {
      edited.addAll(dataset.filesOf(entity));
    }
    return EditMeasures.accuracy(before, after, dataset, edited, progress);
  }
}
