package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Suggest;
import dev.engram.data.ImageSet;
import dev.engram.magic.result.Reproduction;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.Viewable;
import dev.engram.model.Clip;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** {@code %reproduce}: a table or figure of the paper, with the paper's numbers beside ours. */
@Command(
    name = "reproduce",
    description = "Compute a table or figure of the paper with the loaded model and images.",
    footer = {
      "",
      "Without a name it lists what there is. A result is kept for the session: the same",
      "experiment on the same model and images answers at once.",
      "In Java: Reproduction r = %reproduce table6"
    })
final class ReproduceCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "table1, table2, … as the list without a name tells.")
  private @Nullable String name;

  @Option(
      names = "--dictionary",
      paramLabel = "FILE",
      description = "For table1: a word on each line; the model's own words if left out.")
  private @Nullable Path dictionary;

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "For a first look: only the first N images of each entity.")
  private @Nullable Integer most;

  ReproduceCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Viewable run(MagicContext context) {
    if (name == null) {
      return TableView.of(list());
    }
    Experiment experiment = find(name);
    Clip clip = session.model();
    ImageSet set = most == null ? session.images() : session.images().firstImages(most);
    List<Object> key =
        List.of(
            experiment,
            clip.hash(),
            set.hash(),
            set.images(), // labels, of which the hash knows nothing
            experiment.settings(),
            String.valueOf(dictionary));
    Reproduction known = session.reproductions().get(key);
    if (known != null) {
      return known;
    }
    try (MagicProgress progress = context.progress()) {
      Reproduction fresh =
          experiment.run(
              new Experiment.On(
                  clip, set, () -> session.dictionary(dictionary, progress), progress),
              session.isIconclip());
      session.reproductions().put(key, fresh);
      return fresh;
    }
  }

  private static Experiment find(String wanted) {
    List<String> names = Arrays.stream(Experiment.values()).map(Experiment::toString).toList();
    String typed = wanted.toLowerCase(Locale.ROOT).replace(" ", "");
    int at = names.indexOf(typed);
    if (at < 0) {
      throw new EngramException(
          "%reproduce knows "
              + String.join(", ", names)
              + "; got '"
              + wanted
              + "'"
              + Suggest.didYouMean(typed, names));
    }
    return Experiment.values()[at];
  }

  private static Table list() {
    List<Experiment> all = List.of(Experiment.values());
    return Table.create(
        "%reproduce NAME",
        StringColumn.create("name", all.stream().map(Experiment::toString)),
        StringColumn.create("what it shows", all.stream().map(Experiment::title)),
        IntColumn.create(
            "seconds (iconclip, 2 busy cores)",
            all.stream().mapToInt(Experiment::seconds).toArray()));
  }
}
