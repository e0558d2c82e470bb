package dev.engram.magic;

import dev.engram.lab.LensCurve;
import dev.engram.lab.Target;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %cosine}: how near images are to a text; the magic that CONTRIBUTING.md shows. */
@Command(name = "cosine", description = "Tell how near images are to a text.")
final class CosineCommand implements EngramMagic {
  private final EngramSession session; // shared by all magics of a notebook

  @Parameters(paramLabel = "IMAGE|ENTITY", description = "What to look at.")
  private String target = "";

  @Option(
      names = "--label",
      paramLabel = "TEXT",
      description = "The text; the entity's label if left out.")
  private @Nullable String label;

  CosineCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Double run(MagicContext context) { // parse, ask, hand back
    session.model();
    try (MagicProgress progress = context.progress()) {
      LensCurve curve = session.lab(progress).lens(Target.of(target), label);
      return curve.beforeMsa(curve.layers());
    }
  }
}
