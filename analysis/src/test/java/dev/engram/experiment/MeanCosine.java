package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Provenance;
import dev.engram.experiment.Sample.Unit;
import dev.engram.experiment.Study.Part;
import dev.engram.experiment.Study.Task;
import java.util.List;
import java.util.Set;

/** How near images are to their own label: the experiment that CONTRIBUTING.md shows. */
final class MeanCosine {
  static final Experiment<Result> EXPERIMENT =
      new Experiment<>(
          "meancosine",
          "Beyond the paper: how near images are to their own label",
          false,
          5,
          Set.of(),
          MeanCosine::standard,
          Result.class);

  private MeanCosine() {}

  static Settings standard() {
    return new Settings(10);
  }

  /** What can be set. */
  record Settings(@About("images of each entity that are looked at") int images)
      implements ExperimentSettings<Result> {
    /** Refuses what cannot be run. */
    Settings {
      if (images < 1) {
        throw new EngramException("At least one image must be looked at, got " + images + ".");
      }
    }

    Settings images(int newImages) {
      return new Settings(newImages);
    }

    @Override
    public Experiment<Result> experiment() {
      return EXPERIMENT;
    }

    @Override
    public Result run(Material on) {
      return MeanCosine.run(on.study(), this);
    }
  }

  /** The cosines of one entity's images: kept as soon as they are computed. */
  record Values(double[] cosines) {}

  /** The mean over all images, with an interval over entities. */
  record Result(Estimate cosine, Provenance provenance) {}

  static Result run(Study study, Settings settings) {
    Task<Values> task = new Task<>("meancosine", "comparing", Values.class, List.of());
    List<Part> parts =
        TracedImages.entities(study.set()).stream()
            .map(e -> Part.few(e, settings.images()))
            .toList();
    List<Values> all = study.each(task, parts, (pass, i) -> new Values(pass.cosines()));
    Sample sample = Sample.of(Unit.ENTITY, all.stream().map(Values::cosines).toList());
    return new Result(Estimate.of(sample), TracedImages.provenance(settings, study));
  }
}
