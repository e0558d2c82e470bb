package dev.engram.magic;

import dev.engram.edit.Removal;
import dev.engram.lab.Forget;
import dev.engram.lab.Forgotten;
import dev.engram.lab.Lab;
import dev.engram.lab.Target;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %forget}: removes what the model knows about an entity (Sec. 4.4, A.7, Table 3). */
@Command(
    name = "forget",
    description = "Remove the knowledge neurons of an entity, and show what else changes.",
    footer = {
      "",
      "The residual mode takes the neurons' direct part out of the last residual stream and",
      "keeps how they hold down later neurons (A.7). The complete mode sets their value vectors",
      "to 0, to which later neurons answer (A.6). %%undo takes an edit back, %%edits lists all."
    })
@HelpPage(
    theme = Theme.EDIT,
    examples = {
      "%forget ghost --sample 60 --preview",
      "%forget ghost --mode complete --evaluate none"
    })
final class ForgetCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      paramLabel = "ENTITY",
      description = "An entity of the open images; or an image (entity/0, a file) or a folder.")
  private String target = "";

  @Option(
      names = "--label",
      paramLabel = "TEXT",
      description = "The text that stands for it; the entity's label if left out.")
  private @Nullable String label;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "3",
      description = "How many knowledge neurons to remove (default: ${DEFAULT-VALUE}).")
  private int top = 3;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      defaultValue = "residual",
      description = "residual (default) or complete.")
  private Removal.Mode mode = Removal.Mode.RESIDUAL;

  @Option(
      names = "--unrelated",
      arity = "1..*",
      paramLabel = "ENTITY|DIR",
      description =
          "Images for the lower bounds; the other entities of its category if left out, or all"
              + " others where it is alone.")
  private List<String> unrelated = List.of();

  @Mixin private EditOptions editing = new EditOptions();

  ForgetCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Forgotten run(MagicContext context) {
    return editing.edit(
        session,
        context,
        accuracy ->
            Forget.of(target)
                .label(label)
                .top(top)
                .mode(mode)
                .unrelated(unrelated.isEmpty() ? null : Target.of(unrelated))
                .accuracy(accuracy),
        Lab::forget);
  }
}
