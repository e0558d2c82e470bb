package dev.engram.magic;

import dev.engram.lab.Activations;
import dev.engram.lab.ReadActivations;
import dev.engram.lab.Target;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %activations}: what the forward pass computes of images, for programs elsewhere. */
@Command(
    name = "activations",
    description = "Read activations of images at sites of the forward pass, and save them.",
    footer = {
      "",
      "A site is a letter of the paper: H residual stream before a layer, VALUE v, ATTENTION,",
      "M_A m_A, A MSA output, MID between the blocks, PRE before the activation function, M_F m_F,",
      "F FFN output. The first axis of each tensor is the images. --save FILE.safetensors or .npz",
      "writes each tensor under a Python name (M_F_20: m_F of layer 20), .npy a single one; the",
      "other formats take the table.",
      "In Java: Activations a = %%activations ghost --at F --layers 4,5"
    })
@HelpPage(
    theme = Theme.TRACE,
    examples = {
      "%activations ghost --at F --layers 4,5",
      "%activations panda/0 koala/0 --at M_A,M_F --tokens all"
    })
final class ActivationsCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      arity = "1..*",
      paramLabel = "ENTITY|IMAGES",
      description = "Entities, images (entity/0, a file) or folders, taken together.")
  private List<String> targets = List.of();

  @Option(
      names = "--at",
      paramLabel = "SITE",
      split = ",",
      description = "One or more sites: ${COMPLETION-CANDIDATES}; H if left out.")
  private List<Site> sites = List.of(Site.H);

  @Option(
      names = {"--layers", "--layer"},
      paramLabel = "LAYERS",
      description = "Layers from 0, as 5 or 0,3 or 20-23; all if left out. H has one more.")
  private @Nullable String layers;

  @Option(
      names = "--tokens",
      paramLabel = "class|all",
      description =
          "The class token alone, or all tokens; the class token if left out and the model has"
              + " one.")
  private @Nullable Tokens tokens;

  ActivationsCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Activations run(MagicContext context) {
    int count = session.model().config().vision().layers() + (sites.contains(Site.H) ? 1 : 0);
    ReadActivations request =
        ReadActivations.of(Target.of(targets))
            .at(sites)
            .layers(Layers.typed(layers, count))
            .tokens(tokens);
    try (MagicProgress progress = context.progress()) {
      return session.lab(progress).activations(request);
    }
  }
}
