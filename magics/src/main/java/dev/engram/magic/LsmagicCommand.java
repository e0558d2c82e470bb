package dev.engram.magic;

import dev.engram.magic.view.Markdown;
import dev.engram.magic.view.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;

/** {@code %lsmagic}: every magic with its sentence, by what it is for. */
@Command(name = "lsmagic", description = "List all magics, each with one sentence.")
@HelpPage(
    theme = Theme.SESSION,
    examples = {"%lsmagic", "%lsmagic?"})
final class LsmagicCommand implements EngramMagic {
  private static final String HINT =
      "%NAME? shows the help of a magic; Tab completes its line, Shift-Tab explains what stands at"
          + " the cursor.";

  private final Magics magics;

  LsmagicCommand(Magics magics) {
    this.magics = magics;
  }

  @Override
  public View run(MagicContext context) {
    Map<Theme, List<MagicCommand>> byTheme = new TreeMap<>();
    for (MagicCommand each : magics.commands()) {
      byTheme.computeIfAbsent(each.theme(), theme -> new ArrayList<>()).add(each);
    }
    List<List<String>> rows = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    byTheme.forEach(
        (theme, commands) -> {
          text.append(theme.title()).append('\n');
          for (MagicCommand each : commands) {
            boolean first = each == commands.get(0);
            rows.add(
                List.of(
                    first ? Markdown.escape(theme.title()) : "",
                    Markdown.code(each.spec().name()),
                    Markdown.escape(each.summary())));
            text.append("  %-14s%s%n".formatted(each.spec().name(), each.summary()));
          }
        });
    return View.text(text + HINT)
        .with(
            View.MARKDOWN,
            Markdown.table(List.of("For", "Magic", "What it does"), rows)
                + "\n"
                + Markdown.escape(HINT));
  }
}
