package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.lab.Lab;
import dev.engram.lab.LensReading;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code %lens}: how the class token comes closer to a text, block by block (Sec. 1). */
@Command(
    name = "lens",
    description = "Show how an image comes closer to a text from block to block.",
    footer = {
      "",
      "The paper's variant of the logit lens: the class token before every block is read as if it",
      "were the last, P LN_post(x), and held against the text. An entity means its mean.",
      "With --patches every patch is read so, as a map for each layer and text; of an entity, in its",
      "first image. Patches were not trained to be read: see what the maps say beside %%attention."
    })
@HelpPage(
    theme = Theme.TRACE,
    examples = {"%lens ghost", "%lens panda/0 --patches --label \"a photo of a koala\""})
final class LensCommand implements EngramMagic {
  private final EngramSession session;

  @Mixin private TargetOptions on = new TargetOptions();

  @Option(
      names = "--label",
      paramLabel = "TEXT",
      description = "The text; the entity's label if left out. With --patches it may be repeated.")
  private List<String> labels = List.of();

  @Option(names = "--patches", description = "Show where in the image, as a map for each layer.")
  private boolean patches;

  LensCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public LensReading run(MagicContext context) {
    session.model();
    if (!patches && labels.size() > 1) {
      throw new EngramException(
          "%lens takes one --label, got " + labels.size() + "; several go with --patches.");
    }
    try (MagicProgress progress = context.progress()) {
      Lab lab = session.lab(progress);
      return patches
          ? lab.lensMaps(on.target(), labels)
          : lab.lens(on.target(), labels.isEmpty() ? null : labels.get(0));
    }
  }
}
