package dev.engram.magic;

import dev.engram.Cosine;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.data.Dataset;
import dev.engram.data.ImageSet;
import dev.engram.data.Templates;
import dev.engram.edit.Edit;
import dev.engram.edit.EditHistory;
import dev.engram.edit.FineTuning;
import dev.engram.edit.MatchedTraining;
import dev.engram.edit.Trainable;
import dev.engram.experiment.SimilarityChange;
import dev.engram.experiment.Streams;
import dev.engram.experiment.ZeroShot;
import dev.engram.magic.EngramSession.Selection;
import dev.engram.magic.result.Tuning;
import dev.engram.model.Clip;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * What {@code %finetune} and {@code %lora} share (A.7, Eq. 24): training, and the checkpoint whose
 * accuracy on the category is closest to the rank-one edit's.
 */
abstract class TuneCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(paramLabel = "NAME", description = "What is taught.")
  private String name = "";

  @Option(
      names = "--images",
      required = true,
      arity = "1..*",
      paramLabel = "DIR|ENTITY",
      description = "Images that teach it: folders, entities, or images.")
  private List<String> images = List.of();

  @Option(
      names = "--shots",
      paramLabel = "N",
      description = "Teach with the first N images, and measure on the others; all if left out.")
  private @Nullable Integer shots;

  @Option(
      names = "--template",
      paramLabel = "TEXT",
      defaultValue = "This is a photo of {}.",
      description = "The prompt that the images are drawn to (default: the paper's).")
  private String template = "This is a photo of {}.";

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "100",
      description = "Steps of AdamW at most, each on all images (default: ${DEFAULT-VALUE}).")
  private int steps = 100;

  @Option(
      names = "--every",
      paramLabel = "N",
      defaultValue = "10",
      description = "Steps between checkpoints (default: ${DEFAULT-VALUE}).")
  private int every = 10;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      defaultValue = "5e-6",
      description = "Of AdamW (default: the paper's ${DEFAULT-VALUE}).")
  private double learningRate = 5e-6;

  @Option(
      names = "--match",
      paramLabel = "PERCENT",
      description =
          "Take the checkpoint whose accuracy on the name is closest to this; that of the last"
              + " %%teach of the name if left out, else 100.")
  private @Nullable Double match;

  @Mixin private AccuracyOptions accuracy = new AccuracyOptions();

  @Option(names = "--preview", description = "Show the effect and change nothing.")
  private boolean preview;

  TuneCommand(EngramSession session) {
    this.session = session;
  }

  /** What is trained. */
  abstract Trainable trainable(Clip clip);

  @Override
  public Tuning run(MagicContext context) {
    Clip before = session.model();
    check();
    before.requireFloat32("Fine-tuning");
    Lesson lesson = session.lesson(name, label(), images, shots);
    Dataset dataset = accuracy.dataset(session);
    if (dataset == null) {
      throw new EngramException(
          "The checkpoint is chosen by accuracy; open a set with %images, or name one with"
              + " --evaluate.");
    }
    Lesson.Measured measured = Lesson.measured(dataset, List.of(lesson));
    double wanted = match != null ? match / 100 : session.taughtAccuracy(name);
    EditHistory history = session.history();
    try (MagicProgress progress = context.progress()) {
      MatchedTraining.Result trained = train(before, lesson, measured, wanted, progress);
      Edit edit = trained.edit();
      Tuning result;
      try (Clip after = history.preview(edit)) {
        result =
            new Tuning(
                name,
                edit,
                SimilarityChange.of(
                    before,
                    after,
                    before.pixels(lesson.measured().files()),
                    lesson.label(),
                    progress),
                AccuracyOptions.measure(
                    before, after, measured.dataset(), measured.edited(), progress),
                trained.checkpoints(),
                wanted,
                preview,
                session.isIconclip());
      }
      if (!preview) {
        history.apply(edit); // last: an interrupt before leaves the model as it was
      }
      return result;
    }
  }

  private void check() {
    if (steps < 1 || every < 1) {
      throw new EngramException(
          "--steps and --every take numbers from 1, got %d and %d.".formatted(steps, every));
    }
    if (!(learningRate > 0) || Double.isInfinite(learningRate)) {
      throw new EngramException(
          "--learning-rate takes a number above 0, such as 5e-6, got " + learningRate + ".");
    }
    if (match != null && !(match >= 0 && match <= 100)) {
      throw new EngramException("--match takes 0 to 100 percent, got " + match + ".");
    }
    Templates.fill(template, name);
  }

  /** The text by which it is recognised; the prompt of the training may be another. */
  private String label() {
    return session.hasImages() && session.images().hasEntity(name)
        ? session.images().entity(name).label()
        : ImageSet.DEFAULT_TEMPLATE.replace("{name}", name);
  }

  /** Trains until the accuracy that is wanted is reached; keeps the closest checkpoint. */
  private MatchedTraining.Result train(
      Clip clip, Lesson lesson, Lesson.Measured measured, double wanted, Progress progress) {
    Trainable trainable = trainable(clip);
    Selection taught = lesson.taught();
    try (Category category = new Category(clip, trainable, measured, name, progress);
        FineTuning tuning =
            new FineTuning(
                clip,
                trainable,
                session.pixels(taught, progress),
                clip.embedTexts(List.of(Templates.fill(template, name)), Progress.NONE)[0],
                new FineTuning.Settings(learningRate, FineTuning.Settings.PAPER.weightDecay()),
                progress)) {
      return MatchedTraining.train(
          tuning,
          new MatchedTraining.Plan(steps, every, wanted),
          session.history(),
          name,
          "%d of %s".formatted(taught.images().size(), taught.title()),
          category::accuracy,
          progress);
    }
  }

  /** The images of the name, and the prompts of all classes, embedded once. */
  private static final class Category implements AutoCloseable {
    private final Streams images;
    private final int firstLayer;
    private final float[][] prompts;
    private final int index;

    Category(
        Clip clip, Trainable trainable, Lesson.Measured measured, String name, Progress progress) {
      List<Path> files = measured.edited().stream().sorted().toList();
      firstLayer = trainable.firstLayer(clip);
      prompts = ZeroShot.classVectors(clip, measured.dataset().classes(), List.of(), progress);
      index = measured.dataset().classIndex(name);
      images = new Streams(clip, new ArrayList<>(clip.pixels(files)));
    }

    /** The share of the images that are taken for the name. */
    double accuracy(Clip clip) {
      int correct = 0;
      float[][] embeddings = images.embed(clip, firstLayer, Progress.NONE);
      for (float[] image : embeddings) {
        boolean best = true;
        double own = Cosine.of(image, prompts[index]);
        for (int c = 0; c < prompts.length; c++) {
          best &= c == index || Cosine.of(image, prompts[c]) < own;
        }
        correct += best ? 1 : 0;
      }
      return (double) correct / embeddings.length;
    }

    @Override
    public void close() {
      images.close();
    }
  }
}
