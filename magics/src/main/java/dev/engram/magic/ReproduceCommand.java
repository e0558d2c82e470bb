package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Suggest;
import dev.engram.data.ImageSet;
import dev.engram.experiment.Judging;
import dev.engram.experiment.ResultStore;
import dev.engram.experiment.Study;
import dev.engram.magic.result.Reproduction;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.Viewable;
import dev.engram.model.Clip;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
      "Without a name it lists what there is. Results are kept below ENGRAM_CACHE (else",
      "~/.cache/engram), part by part: the same experiment on the same model and images answers",
      "at once, and one that was interrupted goes on where it stopped. %%engram tells the folder.",
      "In Java: Reproduction r = %%reproduce table6"
    })
final class ReproduceCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      arity = "0..1",
      paramLabel = "EXPERIMENT",
      description = "table1, table2, … as the list without a name tells.")
  private @Nullable String name;

  @Option(
      names = "--dictionary",
      paramLabel = WordSource.LABEL,
      description = "For table1 and figure2: " + WordSource.DESCRIPTION)
  private @Nullable String dictionary;

  @Option(
      names = "--model",
      paramLabel = "DIR|OWNER/NAME",
      description =
          "For table6: another model beside the loaded one, as %%model takes it; may be repeated.")
  private List<String> models = new ArrayList<>();

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "For a first look: only the first N images of each entity.")
  private @Nullable Integer most;

  @Option(
      names = "--other-half",
      description =
          "For faithfulness, table6: find neurons on one half of each entity's images, drawn at"
              + " random, and judge them on the other; on the same images if left out, as in the"
              + " paper.")
  private boolean otherHalf;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the draw of --other-half (default: 0); another one draws other halves.")
  private @Nullable Long seed;

  @Mixin private RealDataOptions realData = new RealDataOptions();

  @Option(names = "--fresh", description = "Compute everything again, whatever is kept.")
  private boolean fresh;

  ReproduceCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Viewable run(MagicContext context) {
    if (name == null) {
      return TableView.of(list());
    }
    Experiment experiment = find(name);
    if (!models.isEmpty() && !experiment.comparesModels()) {
      throw new EngramException(
          "--model belongs to table6, which compares models; %reproduce "
              + experiment
              + " looks at the loaded one, which %model changes.");
    }
    realData.check(experiment);
    Judging judging = judging(experiment);
    ResultStore store = KeptResults.store(fresh);
    try (MagicProgress progress = context.progress()) {
      // first: a mistyped one should not be told after minutes
      models.forEach(model -> session.models().directory(model, progress));
      List<Study> studies = new ArrayList<>();
      Function<ImageSet, Study> open =
          images -> {
            studies.add(new Study(session.model(), images, store, progress));
            return studies.get(studies.size() - 1);
          };
      List<String> notes = new ArrayList<>();
      Experiment.On on =
          new Experiment.On(
              open.apply(realData.images(session, this::images)),
              () -> session.dictionary(dictionary, progress),
              models.stream().map(m -> other(m, store, progress, notes)).toList(),
              () -> realData.lessons(session, this::images, open),
              realData.names(),
              judging);
      Reproduction result = experiment.run(on);
      notes.addAll(0, studies.stream().map(Study::note).toList());
      String note = String.join(" ", notes.stream().filter(n -> !n.isEmpty()).toList());
      return result.noting(KeptResults.note(note, "%reproduce " + experiment));
    }
  }

  private Judging judging(Experiment experiment) {
    if (seed != null && !otherHalf) {
      throw new EngramException("--seed draws the halves of --other-half; write both or neither.");
    }
    if (otherHalf && !experiment.judgesOnImages()) {
      throw new EngramException(
          "--other-half belongs to faithfulness and table6; %reproduce "
              + experiment
              + (experiment == Experiment.TABLE1
                  ? " judges neurons by words, on no image."
                  : " has no halves of images."));
    }
    return otherHalf ? Judging.otherHalf(seed == null ? 0 : seed) : Judging.SAME_IMAGES;
  }

  private ImageSet images() {
    return most == null ? session.images() : session.images().firstImages(most);
  }

  /** Another model on the same images, the same kind of device and in the same precision. */
  private Experiment.Other other(
      String model, ResultStore store, MagicProgress progress, List<String> notes) {
    String device = session.model().device().startsWith("gpu") ? "gpu" : "cpu";
    return run -> {
      try (Clip clip =
          session.models().open(model, device, session.model().precision(), progress)) {
        Study study = new Study(clip, images(), store, progress);
        run.accept(study);
        notes.add(study.note().isEmpty() ? "" : clip.name() + ": " + study.note());
      }
    };
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
