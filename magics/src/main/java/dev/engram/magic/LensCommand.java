package dev.engram.magic;

import dev.engram.lab.LensCurve;
import dev.engram.lab.Target;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %lens}: how the class token comes closer to a text, block by block (Sec. 1). */
@Command(
    name = "lens",
    description = "Show how an image comes closer to a text from block to block.",
    footer = {
      "",
      "The paper's variant of the logit lens: the class token before every block is read as if it",
      "were the last, P LN_post(x), and held against the text. An entity means its mean."
    })
@HelpPage(
    theme = Theme.TRACE,
    examples = {"%lens ghost", "%lens panda/0 --label \"a photo of a koala\""})
final class LensCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      paramLabel = "IMAGE|ENTITY",
      description = "An entity of the open set, an image of it (entity/0), or an image file.")
  private String target = "";

  @Option(
      names = "--label",
      paramLabel = "TEXT",
      description = "The text; the entity's caption if left out.")
  private @Nullable String label;

  LensCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public LensCurve run(MagicContext context) {
    session.model();
    try (MagicProgress progress = context.progress()) {
      return session.lab(progress).lens(Target.of(target), label);
    }
  }
}
