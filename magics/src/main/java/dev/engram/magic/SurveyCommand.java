package dev.engram.magic;

import dev.engram.atlas.Atlas;
import dev.engram.atlas.SurveySettings;
import dev.engram.data.ImageSet;
import dev.engram.data.UserPath;
import dev.engram.lab.Lab;
import dev.engram.lab.SurveyImages;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %survey}: what a whole data set tells of every neuron. */
@Command(
    name = "survey",
    description =
        "Pass a whole data set through the model once, and keep what it tells of neurons.",
    footer = {
      "",
      "Kept of every neuron: its strongest images, how often it speaks, what it does for which",
      "class. The result is an atlas, a folder of Parquet files; it is open afterwards, so that",
      "%%neurons and %%atlas ask it. A survey that is interrupted goes on where it stopped when"
          + " the",
      "same line runs again, and one that is finished opens at once.",
      "In Java: Atlas a = %%survey visent-mini"
    })
@HelpPage(
    theme = Theme.FIND,
    examples = {"%survey visent-mini --images 48", "%survey --images 16 --top 5"})
final class SurveyCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      arity = "0..1",
      paramLabel = "DATASET|DIR",
      description = "visent-mini, a folder or a CSV list; the open images if left out.")
  private @Nullable String name;

  @Option(
      names = "--split",
      paramLabel = "SPLIT",
      description =
          "Of a data set that has splits: train, val, test or all; test, else val, else all if left"
              + " out.")
  private @Nullable String split;

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "At most N images, evenly spread; all if left out.")
  private @Nullable Integer images;

  @Option(
      names = "--top",
      paramLabel = "K",
      defaultValue = "20",
      description = "How many images of each kind a neuron keeps (default: ${DEFAULT-VALUE}).")
  private int top = 20;

  @Option(
      names = "--threshold",
      paramLabel = "M",
      defaultValue = "0.5",
      description =
          "The density of a neuron is the share of images with |m| beyond it (default:"
              + " ${DEFAULT-VALUE}).")
  private double threshold = 0.5;

  @Option(
      names = "--patches",
      description =
          "Keep the maximum of m over the patches too, beside m at the class token (slower).")
  private boolean patches;

  @Option(
      names = "--dictionary",
      paramLabel = WordSource.LABEL,
      description = "Words: " + WordSource.DESCRIPTION)
  private @Nullable String dictionary;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The folder of the atlas; below ENGRAM_CACHE/atlases if left out.")
  private @Nullable Path out;

  SurveyCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Atlas run(MagicContext context) {
    SurveySettings settings =
        SurveySettings.standard().images(images).top(top).threshold(threshold).patches(patches);
    session.model();
    ImageSet set = name == null && split == null ? session.images() : read();
    Path folder =
        out == null
            ? Atlas.folderIn(EngramSession.atlases(), session.model(), set, settings)
            : UserPath.home(out);
    try (MagicProgress progress = context.progress()) {
      Lab lab = session.lab(progress);
      Atlas atlas =
          SurveyImages.of(set, folder)
              .settings(settings)
              .words(session.vocabulary(dictionary))
              .run(lab, progress);
      session.use(atlas);
      return atlas;
    }
  }

  private ImageSet read() {
    return EngramSession.read(name == null ? EngramSession.VISENT_MINI : name, split);
  }
}
