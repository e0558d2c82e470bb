package dev.engram.magic;

import dev.engram.lab.Lab;
import dev.engram.lab.Target;
import dev.engram.lab.Tune;
import dev.engram.lab.Tuned;
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

  @Mixin private EditOptions editing = new EditOptions();

  TuneCommand(EngramSession session) {
    this.session = session;
  }

  /** What is trained. */
  abstract Tune request(String name);

  @Override
  public Tuned run(MagicContext context) {
    return editing.edit(
        session,
        context,
        accuracy ->
            request(name)
                .images(images.stream().map(i -> Target.of(i)).toList())
                .shots(shots)
                .template(template)
                .steps(steps, every)
                .learningRate(learningRate)
                .match(match == null ? null : match / 100)
                .accuracy(accuracy),
        Lab::tune);
  }
}
