package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.data.Dataset;
import dev.engram.data.ImageSelection;
import dev.engram.data.Templates;
import dev.engram.data.UserPath;
import dev.engram.edit.EditPreview;
import dev.engram.edit.FineTuning;
import dev.engram.edit.MatchedTraining;
import dev.engram.edit.Trainable;
import dev.engram.experiment.Prompts;
import dev.engram.experiment.ResidualStreams;
import dev.engram.experiment.SimilarityChange;
import dev.engram.experiment.ZeroShotClassifier;
import dev.engram.model.Clip;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Carries out {@link Tune}: trains, keeps the closest checkpoint, and measures. */
final class Tuner {
  /** Of LoRA's random A at the start. */
  private static final long SEED = 0;

  private final OpenModel model;
  private final OpenImages open;
  private final Progress progress;

  Tuner(OpenModel model, OpenImages open, Progress progress) {
    this.model = model;
    this.open = open;
    this.progress = progress;
  }

  /**
   * @param wanted the accuracy on the name that a checkpoint should come close to, 0 to 1
   */
  Tuned tune(Tune request, double wanted) {
    Clip before = model.history().model();
    before.requireFloat32("Fine-tuning");
    if (request.images().isEmpty()) {
      throw new EngramException(
          "Teaching %s needs images that show it; got none.".formatted(request.name()));
    }
    NamedImages lesson =
        NamedImages.of(
            request.name(), open.together(request.images()), null, request.shots(), open);
    Dataset dataset = request.accuracy().resolve(open);
    if (dataset == null) {
      throw new EngramException(
          "The checkpoint is chosen by accuracy; open a set with %images, or name one with"
              + " --evaluate.");
    }
    NamedImages.Measured measured = NamedImages.measured(dataset, List.of(lesson));
    MatchedTraining.Result trained = train(request, before, lesson, measured, wanted);
    EditPreview preview = model.history().preview(trained.edit());
    try {
      return new Tuned(
          request.name(),
          preview,
          SimilarityChange.of(
              before,
              preview.model(),
              before.pixels(lesson.measured().files()),
              lesson.label(),
              progress),
          EditMeasures.accuracy(
              before, preview.model(), measured.dataset(), measured.edited(), progress),
          trained.checkpoints(),
          trained.kept(),
          wanted);
    } catch (Throwable t) {
      preview.close();
      throw t;
    }
  }

  /** Trains until the accuracy that is wanted is reached; keeps the closest checkpoint. */
  private MatchedTraining.Result train(
      Tune request, Clip clip, NamedImages lesson, NamedImages.Measured measured, double wanted) {
    Trainable trainable =
        switch (request.kind()) {
          case LAST_LAYER -> new Trainable.LastLayer();
          case LORA -> Trainable.Lora.of(clip, Trainable.Lora.RANK, Trainable.Lora.ALPHA, SEED);
        };
    ImageSelection taught = lesson.taught();
    String prompt = Templates.fill(request.template(), request.name());
    try (Category category = new Category(clip, trainable, measured, request.name(), progress);
        FineTuning tuning =
            new FineTuning(
                clip,
                trainable,
                model.pixels(taught, progress),
                clip.embedTexts(List.of(prompt), Progress.NONE)[0],
                new FineTuning.Settings(
                    request.learningRate(), FineTuning.Settings.PAPER.weightDecay()),
                progress)) {
      return MatchedTraining.train(
          tuning,
          new MatchedTraining.Plan(request.steps(), request.every(), wanted),
          model.history(),
          request.name(),
          "%d of %s".formatted(taught.images().size(), taught.title()),
          category::accuracy,
          progress);
    }
  }

  /** The images of the name, and the prompts of all classes, embedded once. */
  private static final class Category implements AutoCloseable {
    private final ResidualStreams images;
    private final int firstLayer;
    private final ZeroShotClassifier classes;
    private final int index;

    Category(
        Clip clip,
        Trainable trainable,
        NamedImages.Measured measured,
        String name,
        Progress progress) {
      List<Path> files = measured.edited().stream().sorted(UserPath.ORDER).toList();
      firstLayer = trainable.firstLayer(clip);
      classes =
          new ZeroShotClassifier(
              new Prompts(measured.dataset().classes(), List.of()).vectors(clip, progress));
      index = measured.dataset().classIndex(name);
      images = new ResidualStreams(clip, new ArrayList<>(clip.pixels(files)));
    }

    /** The share of the images that are taken for the name. */
    double accuracy(Clip clip) {
      return classes.accuracy(images.embed(clip, firstLayer, Progress.NONE), index);
    }

    @Override
    public void close() {
      images.close();
    }
  }
}
