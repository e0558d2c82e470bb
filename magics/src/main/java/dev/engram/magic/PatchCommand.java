package dev.engram.magic;

import dev.engram.dissect.ActivationPatching.Place;
import dev.engram.lab.PatchActivations;
import dev.engram.lab.PatchedActivations;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %patch}: activation patching between two images. */
@Command(
    name = "patch",
    description = "Put single activations of another image into an image, and see what they carry.",
    footer = {
      "",
      "By position, the residual stream before a layer is replaced at one token; by head, what one",
      "attention head writes at all tokens. The rest of the pass is computed anew each time, and",
      "what is shown is how much the cosine with the text rises (Zhang and Nanda 2024).",
      "In Java: PatchedActivations p = %%patch koala/0 --from panda/0, and then p.recovered(5, 0)"
    })
@HelpPage(
    theme = Theme.TRACE,
    examples = {"%patch koala/0 --from panda/0", "%patch koala/0 --from panda/0 --by head --top 5"})
final class PatchCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      paramLabel = "IMAGE|ENTITY",
      description = "One of the open images (entity/0) or a file; of an entity its first image.")
  private String target = "";

  @Option(
      names = "--from",
      required = true,
      paramLabel = "IMAGE|ENTITY",
      description = "The image whose activations are put in.")
  private String source = "";

  @Option(
      names = "--label",
      paramLabel = "TEXT",
      description = "The text; the caption of the other image's entity if left out.")
  private @Nullable String label;

  @Option(names = "--by", paramLabel = "PLACE", description = "position (default) or head.")
  private Place place = Place.POSITION;

  @Mixin private TopOptions top = new TopOptions();

  PatchCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public PatchedActivations run(MagicContext context) {
    session.model();
    PatchActivations request = PatchActivations.of(target, source).label(label).by(place);
    try (MagicProgress progress = context.progress()) {
      return context.showing(top.shown(), session.lab(progress).patch(request));
    }
  }
}
