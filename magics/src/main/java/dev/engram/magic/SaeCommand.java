package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.data.UserPath;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Features;
import dev.engram.lab.Lab;
import dev.engram.lab.SaeCard;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %sae}: opens a sparse autoencoder, whose features then take part as neurons do. */
@Command(
    name = "sae",
    description = "Open a sparse autoencoder of the model: its features take part as neurons do.",
    footer = {
      "",
      "Files of SAELens (sae_weights.safetensors, cfg.json) and of ViT-Prisma (weights.pt,",
      "config.json): the folder, or the file of weights. iconclip is the small one that comes with",
      "the embedded model. A feature is written L3S17: the layer that is read, and its index from 0.",
      "Then %%attribute ENTITY --features ranks features, and %%words, %%heatmap, %%neuron and",
      "%%explore take their names. One is open at a time, until another model is loaded.",
      "In Java: SaeCard card = %%sae FILE   (with var it is an Object)"
    })
@HelpPage(
    theme = Theme.OPEN,
    examples = {"%sae iconclip", "%sae --images 8"})
final class SaeCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      arity = "0..1",
      paramLabel = "iconclip|DIR|FILE",
      description =
          "The folder of an autoencoder or its weights, or iconclip, the embedded one; the open one"
              + " if left out.")
  private @Nullable String name;

  @Option(
      names = "--images",
      paramLabel = "N",
      defaultValue = "" + Features.MEASURED,
      description =
          "Measure on so many of the open images how faithful its features are; 0 for none"
              + " (default: ${DEFAULT-VALUE}).")
  private int images = Features.MEASURED;

  SaeCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public SaeCard run(MagicContext context) {
    if (images < 0) {
      throw new EngramException("--images takes a number of images from 0, got " + images + ".");
    }
    session.model();
    try (MagicProgress progress = context.progress()) {
      Lab lab = session.lab(progress);
      Features features = name == null ? lab.features() : lab.sae(place(name));
      return images == 0 ? features.card() : features.measured(images);
    }
  }

  private static Path place(String name) {
    return name.equals(EngramSession.ICONCLIP) ? Iconclip.sae() : UserPath.of(name);
  }
}
