package dev.engram.magic;

import dev.engram.edit.BackgroundKeys;
import dev.engram.lab.Lab;
import dev.engram.lab.Target;
import dev.engram.lab.Taught;
import dev.engram.lab.Teach;
import dev.engram.trace.Tokens;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %teach}: inserts knowledge by one edit of a weight or a few (Sec. 4.4, A.7, A.8). */
@Command(
    name = "teach",
    description = "Teach the model a name from images, by ROME, or several names by MEMIT.",
    footer = {
      "",
      "For the images, the chosen block is to give the output that it gives for the guides:",
      "  %%teach \"ball moss\" --images DIR --guide captioned        names written on them (Fig. 8)",
      "  %%teach \"ball moss\" --images DIR --guide DIR2             others that it recognises",
      "  %%teach \"ball moss\" mallow --images DIR DIR2 --guide captioned      two names, MEMIT",
      "Background keys keep everything else as it is; the ridge is in units of the mean of",
      "diag(K K'). %%undo takes an edit back, %%edits lists all, %%trace shows the tracing."
    })
@HelpPage(
    theme = Theme.EDIT,
    examples = {
      "%teach \"gray panda\" --images panda --guide koala --sample 60 --preview",
      "%teach \"gray panda\" --images panda --guide captioned --shots 4 --block L3F --evaluate none --preview"
    })
final class TeachCommand implements EngramMagic {
  private static final String AUTO = "auto";

  private final EngramSession session;

  @Parameters(
      arity = "1..*",
      paramLabel = "NAME",
      description = "What is taught; several names make one MEMIT edit.")
  private List<String> names = List.of();

  @Option(
      names = "--images",
      required = true,
      arity = "1..*",
      paramLabel = "DIR|ENTITY",
      description =
          "Images that teach it, about twenty: folders, entities, or images; with several names one"
              + " for each.")
  private List<String> images = List.of();

  @Option(
      names = "--shots",
      paramLabel = "N",
      description =
          "Teach with the first N images of each name, and measure on the others; all if left out.")
  private @Nullable Integer shots;

  @Mixin private GuideOptions guide = new GuideOptions();

  @Option(
      names = "--block",
      arity = "1..*",
      paramLabel = "auto|BLOCK",
      description =
          "L5F edits W_fc2, L5A W_o of layer 5, from 0; several make a MEMIT edit; auto (default)"
              + " takes the best of causal tracing.")
  private List<String> blocks = List.of(AUTO);

  @Option(names = "--memit", description = "MEMIT (Eq. 25) for one name and one block, too.")
  private boolean memit;

  @Option(
      names = "--keys",
      arity = "1..*",
      paramLabel = "DIR|ENTITY",
      description =
          "Unrelated images for the keys, at most 1000 of them; the background of the open images if"
              + " left out, else its other entities.")
  private List<String> keys = List.of();

  @Option(
      names = "--key-tokens",
      paramLabel = "TOKENS",
      description = "Keys of the class tokens (class, default) or of all tokens.")
  private Tokens keyTokens = Tokens.CLASS;

  @Option(
      names = "--ridge",
      paramLabel = "X",
      description = "0.01 with keys of the class tokens, 0.0001 with those of all, if left out.")
  private @Nullable Double ridge;

  @Option(
      names = "--solver",
      paramLabel = "SOLVER",
      description = "auto (default, the cheaper one), cholesky or woodbury; all give the same.")
  private BackgroundKeys.Solver solver = BackgroundKeys.Solver.AUTO;

  @Mixin private EditOptions editing = new EditOptions();

  TeachCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Taught run(MagicContext context) {
    return editing.edit(
        session,
        context,
        accuracy ->
            Teach.name(names.toArray(String[]::new))
                .images(images.stream().map(i -> Target.of(i)).toList())
                .shots(shots)
                .guides(guide.guides())
                .template(guide.template())
                .blocks(blocks.equals(List.of(AUTO)) ? List.of() : blocks)
                .memit(memit)
                .keys(keys.isEmpty() ? null : Target.of(keys), keyTokens)
                .ridge(ridge)
                .solver(solver)
                .accuracy(accuracy),
        Lab::teach);
  }
}
