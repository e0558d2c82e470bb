package dev.engram.magic;

import dev.engram.lab.Target;
import dev.engram.lab.TraceBlocks;
import dev.engram.lab.Traced;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %trace}: causal tracing over all blocks (A.7), which says where to edit. */
@Command(
    name = "trace",
    description =
        "Trace which block brings images closest to a name when it gives the guides' output.",
    footer = {
      "",
      "The output of each block is replaced by that of the guide, one block at a time; what is",
      "shown is how much the cosine with the name's text rises. %%teach edits the best block."
    })
@HelpPage(
    theme = Theme.TRACE,
    examples = {
      "%trace panda --name \"gray panda\" --guide koala",
      "%trace panda/0 panda/1 --name \"gray panda\" --guide captioned"
    })
final class TraceCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      arity = "1..*",
      paramLabel = "ENTITY|IMAGES",
      description = "Entities, images (entity/0, a file) or folders.")
  private List<String> targets = List.of();

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description =
          "What it is to be recognised as; if left out the entity itself with captions, else the"
              + " guide.")
  private @Nullable String name;

  @Mixin private GuideOptions guide = new GuideOptions();

  TraceCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Traced run(MagicContext context) {
    session.model();
    TraceBlocks request =
        TraceBlocks.of(Target.of(targets))
            .name(name)
            .template(guide.template())
            .guides(guide.guides());
    try (MagicProgress progress = context.progress()) {
      return session.lab(progress).trace(request);
    }
  }
}
