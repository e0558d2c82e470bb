package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.AtlasAnswer;
import dev.engram.data.UserPath;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code %atlas}: opens what a survey kept, and asks it. */
@Command(
    name = "atlas",
    description = "Open an atlas that %%survey made, show it, or ask it in SQL.",
    footer = {
      "",
      "The tables are neurons, tops (a neuron's strongest images), classes, images and labels;",
      "docs/atlas.md has their columns. The SQL is DuckDB's. From an open atlas on, %%neurons has",
      "its columns and searches them: %%neurons --density ..0.01 --layer 4-5.",
      "In Java: AtlasTable t = %%atlas sql \"SELECT …\"   (table(t) is a Tablesaw table)"
    })
@HelpPage(
    theme = Theme.FIND,
    examples = {
      "%atlas sql \"SELECT neuron, density, best_class FROM neurons ORDER BY density LIMIT 5\"",
      "%atlas"
    })
final class AtlasCommand implements EngramMagic {
  private static final String SQL = "sql";

  private final EngramSession session;

  @Parameters(
      arity = "0..*",
      paramLabel = "DIR|sql",
      description =
          "A folder that %%survey made; the open atlas if left out. Or sql and a query in quotes.")
  private List<String> words = List.of();

  AtlasCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public AtlasAnswer run(MagicContext context) {
    if (words.isEmpty()) {
      return session.atlas();
    }
    if (words.get(0).equals(SQL)) {
      String query = String.join(" ", words.subList(1, words.size()));
      if (query.isBlank()) {
        throw new EngramException(
            "%atlas sql takes a query in quotes, as %atlas sql \"SELECT count(*) FROM neurons\".");
      }
      return session.atlas().sql(query);
    }
    if (words.size() > 1) {
      throw new EngramException(
          "%%atlas takes one folder, or sql and a query; got %s."
              .formatted(String.join(" ", words)));
    }
    Atlas atlas = Atlas.open(UserPath.of(words.get(0)));
    session.use(atlas);
    return atlas;
  }
}
