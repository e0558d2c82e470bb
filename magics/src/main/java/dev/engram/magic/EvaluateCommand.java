package dev.engram.magic;

import dev.engram.data.Dataset;
import dev.engram.data.Templates;
import dev.engram.lab.Accuracy;
import dev.engram.lab.Evaluate;
import dev.engram.lab.Evaluated;
import dev.engram.magic.result.DisplayLimits;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %evaluate}: zero-shot accuracy on a data set, in all and for each class. */
@Command(
    name = "evaluate",
    description = "Measure zero-shot accuracy on a data set, in all and for each class.",
    footer = {
      "",
      "DATASET is a folder with ImageNet, CUB-200-2011 or Flowers-102 as they are downloaded,",
      "a folder class/*.png or test/class/*.png, or a CSV list with the columns file, label",
      "and perhaps split. Without it, the entities of the open images are the classes.",
      "Every batch of images is kept as soon as it is computed: an evaluation that was",
      "interrupted goes on where it stopped, and a repeated one answers at once.",
      "In Java: Evaluated e = %%evaluate DATASET, and then e.ofClass(\"tench\")"
    })
@HelpPage(
    theme = Theme.MEASURE,
    examples = {"%evaluate --sample 100", "%evaluate visent-mini --sample 50 --class ghost"})
final class EvaluateCommand implements EngramMagic {
  private static final String IMAGENET = "imagenet";

  private final EngramSession session;

  @Parameters(
      arity = "0..1",
      paramLabel = "DATASET",
      description = "A folder or a CSV list; the open images if left out.")
  private @Nullable String name;

  @Option(
      names = "--templates",
      arity = "1..*",
      paramLabel = "TEXT",
      description =
          "One or more texts with {} for the name of the class, whose mean is taken, or imagenet"
              + " for the 80 that CLIP uses; each class's own label if left out.")
  private List<String> templates = List.of();

  @Option(
      names = "--split",
      paramLabel = "SPLIT",
      description =
          "train, val, test or what a list says, or all; test, else val, else all if left out.")
  private @Nullable String split;

  @Option(
      names = "--class",
      paramLabel = "CLASS",
      description = "Show which classes the images of this one are taken for.")
  private @Nullable String shown;

  @Option(
      names = "--sample",
      paramLabel = "N",
      description = "At most N images, evenly spread; all if left out.")
  private @Nullable Integer sample;

  @Option(
      names = "--classes",
      paramLabel = "FILE",
      description =
          "Names for ImageNet's folders: lines 'n01440764 tench', or imagenet_class_index.json.")
  private @Nullable Path classes;

  @Option(
      names = "--skip-unreadable",
      description = "Leave out and count images that are missing, damaged or wrongly listed.")
  private boolean skipUnreadable;

  @Option(names = "--fresh", description = "Compute everything again, whatever is kept.")
  private boolean fresh;

  EvaluateCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Evaluated run(MagicContext context) {
    session.model(); // first: without one, no data set is opened
    Dataset dataset = ImageNames.dataset(name, skipUnreadable, classes, split, session::images);
    if (shown != null) {
      dataset.classIndex(shown); // refused before anything is computed
    }
    Evaluate request =
        Evaluate.on(dataset)
            .where(Accuracy.on(dataset).split(split).sample(sample))
            .templates(templates.equals(List.of(IMAGENET)) ? Templates.imageNet() : templates)
            .skipUnreadable(skipUnreadable)
            .fresh(fresh);
    try (MagicProgress progress = context.progress()) {
      Evaluated done = session.lab(progress).evaluate(request);
      return context.showing(
          DisplayLimits.BY_DEFAULT.noting(KeptResults.note(done.kept(), "%evaluate …")),
          shown == null ? done : done.ofClass(shown));
    }
  }
}
