package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.AtlasAnswer;
import dev.engram.atlas.AtlasComparison;
import dev.engram.data.UserPath;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %atlas}: opens what a survey kept, and asks it. */
@Command(
    name = "atlas",
    description = "Open an atlas that %%survey made, show it, ask it in SQL, or compare two.",
    footer = {
      "",
      "The tables are neurons, tops (a neuron's strongest images), classes, sketches, images and",
      "labels; docs/atlas.md has their columns. The SQL is DuckDB's. From an open atlas on,",
      "%%neurons has its columns and searches them: %%neurons --density ..0.01 --layer 4-5.",
      "Compared are two models over the same images, or one model before and after an edit: which",
      "neurons are new, which are gone, whose density, best class and words have changed. Without",
      "AFTER it is the open atlas: %%atlas compare BEFORE.",
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
  private static final String COMPARE = "compare";

  private final EngramSession session;

  @Parameters(
      arity = "0..*",
      paramLabel = "DIR|sql|compare",
      description =
          "A folder that %%survey made; the open atlas if left out. Or sql and a query in quotes."
              + " Or compare and one or two folders, BEFORE and AFTER.")
  private List<String> words = List.of();

  @Option(
      names = "--match",
      paramLabel = "R",
      description =
          "With compare: neurons are partners from this correlation on (default: "
              + AtlasComparison.MATCH
              + ").")
  private @Nullable Double match;

  AtlasCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public AtlasAnswer run(MagicContext context) {
    if (!words.isEmpty() && words.get(0).equals(COMPARE)) {
      return compare(words.subList(1, words.size()), context);
    }
    if (match != null) {
      throw new EngramException("--match belongs to %atlas compare BEFORE AFTER.");
    }
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

  private AtlasComparison compare(List<String> folders, MagicContext context) {
    if (folders.isEmpty() || folders.size() > 2) {
      throw new EngramException(
          "%%atlas compare takes one folder, to be held against the open atlas, or two; got %d."
              .formatted(folders.size()));
    }
    double from = match == null ? AtlasComparison.MATCH : match;
    if (folders.size() == 1) {
      return compare(folders.get(0), session.atlas(), from, context);
    }
    try (Atlas after = Atlas.open(UserPath.of(folders.get(1)))) {
      return compare(folders.get(0), after, from, context);
    }
  }

  private static AtlasComparison compare(
      String folder, Atlas after, double from, MagicContext context) {
    try (Atlas before = Atlas.open(UserPath.of(folder));
        MagicProgress progress = context.progress()) {
      return before.compare(after, from, progress);
    }
  }
}
