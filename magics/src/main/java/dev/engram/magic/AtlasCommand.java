package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.AtlasAnswer;
import dev.engram.atlas.AtlasComparison;
import dev.engram.atlas.AtlasImage;
import dev.engram.atlas.AtlasMap;
import dev.engram.atlas.AtlasMap.Colour;
import dev.engram.data.ImageSet;
import dev.engram.data.UserPath;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.site.AtlasSite;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %atlas}: opens what a survey kept, and asks it. */
@Command(
    name = "atlas",
    description =
        "Open an atlas that %%survey made, show it, map it, write its site, ask it in SQL, or compare"
            + " two.",
    footer = {
      "",
      "The tables are neurons, tops (a neuron's strongest images), classes, sketches, images and",
      "labels; docs/atlas.md has their columns. The SQL is DuckDB's. From an open atlas on,",
      "%%neurons has its columns and searches them: %%neurons --density ..0.01 --layer 4-5.",
      "Compared are two models over the same images, or one model before and after an edit: which",
      "neurons are new, which are gone, whose density, best class and words have changed. Without",
      "AFTER it is the open atlas: %%atlas compare BEFORE.",
      "map puts all neurons on a plane, by the directions of their value vectors. --html writes a",
      "folder that a browser opens with no network: search, map and a page for every neuron.",
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
  private static final String MAP = "map";

  private final EngramSession session;

  @Parameters(
      arity = "0..*",
      paramLabel = "DIR|map|sql|compare",
      description =
          "A folder that %%survey made; the open atlas if left out. Or map. Or sql and a query in quotes."
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

  @Option(
      names = "--colour",
      paramLabel = "COLUMN",
      description = "Of the map: layer, density, class or kind; layer if left out.")
  private @Nullable Colour colour;

  @Option(
      names = "--html",
      paramLabel = "DIR",
      description =
          "Also write the site of the atlas into a folder. A site that Engram wrote there before is"
              + " replaced, any other folder with something in it is refused.")
  private @Nullable Path html;

  @Option(
      names = "--images",
      paramLabel = "DATASET|DIR",
      description = "Of the site, where the images of the atlas lie; the open ones if left out.")
  private @Nullable String images;

  AtlasCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public AtlasAnswer run(MagicContext context) {
    String first = words.isEmpty() ? "" : words.get(0);
    if (match != null && !first.equals(COMPARE)) {
      throw new EngramException("--match belongs to %atlas compare BEFORE AFTER.");
    }
    if (colour != null && !first.equals(MAP)) {
      throw new EngramException(
          "--colour is of the map; write %atlas map --colour " + colour + ".");
    }
    if (images != null && html == null) {
      throw new EngramException("--images says where the images of a site lie; add --html DIR.");
    }
    if (html != null && List.of(MAP, SQL, COMPARE).contains(first)) {
      throw new EngramException(
          "--html writes the site of a whole atlas; leave out " + first + ".");
    }
    if (first.equals(COMPARE)) {
      return compare(words.subList(1, words.size()), context);
    }
    if (first.equals(MAP)) {
      requireOne();
      try (MagicProgress progress = context.progress()) {
        return AtlasMap.of(
            session.atlas().required(),
            session.model(),
            colour == null ? Colour.LAYER : colour,
            progress);
      }
    }
    if (first.equals(SQL)) {
      String query = String.join(" ", words.subList(1, words.size()));
      if (query.isBlank()) {
        throw new EngramException(
            "%atlas sql takes a query in quotes, as %atlas sql \"SELECT count(*) FROM neurons\".");
      }
      return session.atlas().required().sql(query);
    }
    requireOne();
    if (!words.isEmpty()) {
      session.atlas().use(Atlas.open(UserPath.of(first)));
    }
    if (html != null) {
      site(session.atlas().required(), UserPath.home(html), context);
    }
    return session.atlas().required();
  }

  private void requireOne() {
    if (words.size() > 1) {
      throw new EngramException(
          "%%atlas takes one folder, or map, or sql and a query, or compare and two folders; got %s."
              .formatted(String.join(" ", words)));
    }
  }

  private void site(Atlas atlas, Path folder, MagicContext context) {
    AtlasSite.check(folder); // before the work
    try (MagicProgress progress = context.progress()) {
      ImageSet set = images == null ? session.images() : ImageNames.read(images, null);
      AtlasMap map = AtlasMap.of(atlas, session.model(), Colour.LAYER, progress);
      AtlasSite site = new AtlasSite(atlas, map, AtlasImage.of(atlas, set), folder);
      context.display(Presenters.written(site.write(progress)));
    }
  }

  private AtlasComparison compare(List<String> folders, MagicContext context) {
    if (folders.isEmpty() || folders.size() > 2) {
      throw new EngramException(
          "%%atlas compare takes one folder, to be held against the open atlas, or two; got %d."
              .formatted(folders.size()));
    }
    double from = match == null ? AtlasComparison.MATCH : match;
    if (folders.size() == 1) {
      return compare(folders.get(0), session.atlas().required(), from, context);
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
