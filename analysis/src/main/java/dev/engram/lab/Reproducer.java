package dev.engram.lab;

import dev.engram.Progress;
import dev.engram.data.Dataset;
import dev.engram.data.ImageSet;
import dev.engram.dissect.WordDictionary;
import dev.engram.edit.Caption;
import dev.engram.experiment.Lessons;
import dev.engram.experiment.Material;
import dev.engram.experiment.ResultStore;
import dev.engram.experiment.Study;
import dev.engram.model.Clip;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Carries out {@link Reproduce}: opens what the experiment needs, when it needs it. */
final class Reproducer<R> {
  private final Reproduce<R> request;
  private final Clip model;
  private final OpenImages open;
  private final ResultStore store;
  private final Progress progress;
  private @Nullable Study first;

  Reproducer(
      Reproduce<R> request, Clip model, OpenImages open, ResultStore store, Progress progress) {
    this.request = request;
    this.model = model;
    this.open = open;
    this.store = request.fresh() ? store.fresh() : store;
    this.progress = progress;
  }

  Reproduced<R> run(Supplier<WordDictionary> words) {
    List<Material.OtherModel> others = new ArrayList<>();
    request.models().forEach(source -> others.add(run -> use(source, run)));
    Material material =
        new Material(() -> study(model, withGeneral(images())), words, this::lessons, others);
    R result = request.settings().run(material);
    Study any = first == null ? study(model, images()) : first;
    return new Reproduced<>(request.settings(), result, any.kept());
  }

  /** All parts of a run are counted together. */
  private Study study(Clip clip, ImageSet images) {
    Study known = first;
    if (known != null) {
      return known.with(clip, images);
    }
    Study fresh = new Study(clip, images, store, progress);
    first = fresh;
    return fresh;
  }

  /** The images of an experiment that does not teach. */
  private ImageSet images() {
    if (!request.data().isEmpty()) {
      return request.data().get(0).heldOut().imageSet();
    }
    Integer few = request.images();
    return few == null ? open.set() : open.set().firstImages(few);
  }

  private ImageSet withGeneral(ImageSet images) {
    Dataset general = request.general();
    Integer sample = request.sample();
    return general == null
        ? images
        : images.withBackground(
            general.heldOut().spread(sample == null ? Reproduce.SAMPLE : sample).imageSet());
  }

  private List<Lessons> lessons() {
    if (request.data().isEmpty()) {
      return List.of(Lessons.turned(study(model, withGeneral(images()))));
    }
    Integer shots = request.shots();
    List<Lessons> out = new ArrayList<>();
    for (Dataset data : request.data()) {
      out.add(
          Lessons.captioned(
              study(model, withGeneral(data.imageSet())),
              data,
              Caption.STANDARD,
              shots == null ? Reproduce.SHOTS : shots));
    }
    return out;
  }

  private void use(Supplier<Clip> source, Consumer<Study> run) {
    try (Clip clip = source.get()) {
      run.accept(study(clip, images()));
    }
  }
}
