package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.edit.CausalTrace;
import dev.engram.edit.CausalTracing;
import dev.engram.magic.EngramSession.Selection;
import dev.engram.magic.GuideOptions.Guides;
import dev.engram.magic.result.TracingChart;
import dev.engram.model.Clip;
import dev.engram.trace.Tokens;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %trace}: causal tracing over all blocks (A.7), which says where to edit. */
@Command(
    name = "trace",
    description = "Trace which block brings images closest to a name when a guide speaks for it.",
    footer = {
      "",
      "The output of each block is replaced by that of the guide, one block at a time; what is",
      "shown is how much the cosine with the name's text rises. %%teach edits the best block."
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
  public TracingChart run(MagicContext context) {
    Clip clip = session.model();
    Selection chosen = session.selectAll(targets);
    List<Selection> guides = guide.selections(session, 1);
    Selection other = guides.isEmpty() ? null : guides.get(0);
    Selection named = other == null || other.label().isEmpty() ? chosen : other;
    if (name == null && named.label().isEmpty()) {
      throw new EngramException(
          "Neither the images nor the guides belong to one entity; say with --name what they are to"
              + " be recognised as.");
    }
    String shown = name == null ? named.title() : name;
    String text = name == null ? guide.label(named) : guide.label(session, name);
    try (MagicProgress progress = context.progress()) {
      Guides read = guide.guides(clip, chosen.images(), shown, other, progress);
      return new TracingChart(
          chosen.title(),
          trace(
              clip,
              session.pixels(chosen, progress),
              read,
              text,
              chosen.title(),
              guide.tokens(),
              progress),
          read.shown(),
          session.isIconclip());
    }
  }

  /** Guides that are others' images are taken in turn, one for each image. */
  static CausalTrace trace(
      Clip clip,
      List<float[]> pixels,
      Guides guides,
      String text,
      String title,
      Tokens tokens,
      Progress progress) {
    List<float[]> paired = new ArrayList<>();
    for (int i = 0; i < pixels.size(); i++) {
      paired.add(guides.pixels().get(i % guides.pixels().size()));
    }
    return new CausalTracing(clip)
        .trace(
            pixels,
            paired,
            text,
            clip.embedTexts(List.of(text), Progress.NONE)[0],
            tokens,
            "%d images of %s, guides %s".formatted(pixels.size(), title, guides.source()),
            progress);
  }
}
