package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.experiment.Experiment;
import dev.engram.experiment.Experiment.Need;
import dev.engram.experiment.ExperimentSettings;
import dev.engram.experiment.Experiments;
import dev.engram.experiment.Setting;
import dev.engram.experiment.Settings;
import dev.engram.lab.Lab;
import dev.engram.lab.Reproduce;
import dev.engram.lab.ReproduceAll;
import dev.engram.lab.Reproduced;
import dev.engram.lab.Vocabulary;
import dev.engram.magic.result.ExperimentList;
import dev.engram.magic.result.ExperimentPresenters;
import dev.engram.magic.result.PaperReport;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.result.ReproduceAnswer;
import dev.engram.magic.result.Reproduction;
import dev.engram.magic.view.PageFile;
import dev.engram.model.Clip;
import dev.engram.model.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.ListResourceBundle;
import java.util.Optional;
import java.util.ResourceBundle;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
      "Without a name it lists what there is; %%reproduce NAME? lists the settings of one. Results",
      "are kept, part by part, in a folder that %%engram names: the same experiment on the same",
      "model and images answers at once, and one that was interrupted goes on where it stopped.",
      "%%reproduce all computes every table and figure of the paper, and says of each finding",
      "whether it holds, does not hold, or cannot be said, with the interval that decides; --html",
      "FILE writes all of it as one page. Options go where they belong: --data to what teaches"
          + " names.",
      "In Java: Reproduction r = %%reproduce table6"
    })
@HelpPage(
    theme = Theme.MEASURE,
    examples = {"%reproduce", "%reproduce table6?"})
final class ReproduceCommand implements EngramMagic {
  private static final String NAMES = "names";
  private static final String OTHER_HALF = "otherHalf";

  private final EngramSession session;

  @Parameters(
      arity = "0..1",
      paramLabel = "EXPERIMENT",
      description =
          "table1, table2, … as the list without a name tells, or all; EXPERIMENT? lists its"
              + " settings.")
  private @Nullable String name;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description =
          "A setting of the experiment, such as --set images=100; may be repeated. Values of a list"
              + " have commas between them. With all: --set table4.steps=200.")
  private List<String> set = new ArrayList<>();

  @Option(
      names = "--dictionary",
      paramLabel = WordSource.LABEL,
      description = "For ${use.words}: " + WordSource.DESCRIPTION)
  private @Nullable String dictionary;

  @Option(
      names = "--model",
      paramLabel = "DIR|OWNER/NAME",
      description =
          "For ${use.models}: another model beside the loaded one, as %%model takes it; may be"
              + " repeated.")
  private List<String> models = new ArrayList<>();

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "For a first look: only the first N images of each entity.")
  private @Nullable Integer most;

  @Option(
      names = "--other-half",
      description =
          "For ${use.halves}: find neurons on one half of each entity's images, drawn at random,"
              + " and judge them on the other; on the same images if left out, as in the paper.")
  private boolean otherHalf;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the draw of --other-half (default: 0); another one draws other halves.")
  private @Nullable Long seed;

  @Option(
      names = "--names",
      arity = "1..*",
      paramLabel = "NAME",
      description =
          "For ${use.names}: which classes are taught; the paper's (Table 7) if left out, or, in a"
              + " set without them, those that are recognised least.")
  private List<String> names = List.of();

  @Mixin private RealDataOptions realData = new RealDataOptions();
  @Mixin private PageOptions page = new PageOptions();

  @Option(names = "--fresh", description = "Compute everything again, whatever is kept.")
  private boolean fresh;

  ReproduceCommand(EngramSession session) {
    this.session = session;
  }

  /** Which experiments an option belongs to, as the registry says. */
  @Override
  public Optional<ResourceBundle> words() {
    Object[][] contents = {
      {"use.words", Experiments.names(e -> e.needs(Need.WORDS))},
      {"use.models", Experiments.names(e -> e.needs(Need.MODELS))},
      {"use.data", Experiments.names(Experiment::takesDataSets)},
      {"use.halves", Experiments.names(Experiments.with(OTHER_HALF))},
      {"use.names", Experiments.names(Experiments.with(NAMES))}
    };
    return Optional.of(
        new ListResourceBundle() {
          @Override
          protected Object[][] getContents() {
            return contents;
          }
        });
  }

  @Override
  public ReproduceAnswer run(MagicContext context) {
    String asked = name == null ? "" : name.replaceFirst("\\?+$", "").strip();
    boolean all = asked.equalsIgnoreCase(ReproduceAllRun.NAME);
    boolean lists = name != null && name.endsWith("?");
    if (name == null || (all && lists)) {
      return new ExperimentList(list());
    }
    if (lists) {
      return new ExperimentList(settings(Experiments.named(asked)));
    }
    PageFile file = page.file();
    if (all) {
      PaperReport report = all(context);
      if (file != null) {
        context.display(file.write(Presenters.page(report)));
      }
      return report;
    }
    Reproduction shown = reproduce(Experiments.named(asked), context);
    if (file != null) {
      context.display(file.write(Presenters.page(shown)));
    }
    return shown;
  }

  private PaperReport all(MagicContext context) {
    if (otherHalf || seed != null || !names.isEmpty()) {
      throw new EngramException(
          "With all, write --other-half, --seed and --names as settings of an experiment: --set"
              + " table6.other-half=true.");
    }
    try (MagicProgress progress = context.progress()) {
      checkModels(progress);
      Lab lab = session.lab(progress);
      ReproduceAllRun run = new ReproduceAllRun(set, requests(progress));
      return PaperReport.of(run.on(lab), lab.model().processor());
    }
  }

  /** First: a mistyped one should not be told after minutes. */
  private void checkModels(MagicProgress progress) {
    models.forEach(model -> session.models().directory(model, progress));
  }

  private ReproduceAll.Requests requests(MagicProgress progress) {
    return new ReproduceAll.Requests() {
      @Override
      public <R> Reproduce<R> of(ExperimentSettings<R> settings) {
        return request(settings, progress);
      }
    };
  }

  /** With the options that belong to the experiment. */
  private <R> Reproduce<R> request(ExperimentSettings<R> settings, MagicProgress progress) {
    Experiment<R> experiment = settings.experiment();
    Reproduce<R> on = realData.whereItBelongs(Reproduce.of(settings), session);
    return on.images(on.data().isEmpty() ? most : null)
        .words(experiment.needs(Experiment.Need.WORDS) ? words(experiment) : null)
        .models(experiment.needs(Experiment.Need.MODELS) ? others(progress) : List.of())
        .fresh(fresh);
  }

  private List<Supplier<Clip>> others(MagicProgress progress) {
    return models.stream().map(model -> other(model, progress)).toList();
  }

  private <R> Reproduction reproduce(Experiment<R> experiment, MagicContext context) {
    ExperimentSettings<R> settings = asked(experiment);
    try (MagicProgress progress = context.progress()) {
      checkModels(progress);
      Reproduce<R> request =
          realData
              .request(Reproduce.of(settings), session)
              .images(most)
              .words(words(experiment))
              .models(others(progress))
              .fresh(fresh);
      Lab lab = session.lab(progress);
      Reproduced<R> done = lab.reproduce(request);
      return ExperimentPresenters.present(done, lab.model().processor())
          .noting(KeptResults.note(done.kept(), "%reproduce " + experiment));
    }
  }

  /** The standard settings with those that are given, by their names or by options of their own. */
  private <R> ExperimentSettings<R> asked(Experiment<R> experiment) {
    List<String> assignments = new ArrayList<>(set);
    if (seed != null && !otherHalf) {
      throw new EngramException("--seed draws the halves of --other-half; write both or neither.");
    }
    if (otherHalf) {
      requireSetting(
          experiment,
          "--other-half",
          OTHER_HALF,
          "which judge neurons on images",
          "has no halves of images");
      assignments.add(OTHER_HALF + "=true");
    }
    if (seed != null) {
      assignments.add("seed=" + seed);
    }
    ExperimentSettings<R> settings = Settings.with(experiment.standard().get(), assignments);
    if (names.isEmpty()) {
      return settings;
    }
    requireSetting(experiment, "--names", NAMES, "which teach names", "chooses for itself");
    if (Settings.changes(settings).stream().anyMatch(c -> c.name().equals(NAMES))) {
      throw new EngramException("--names and --set names=… say the same; write one of them.");
    }
    return Settings.withValue(settings, NAMES, names);
  }

  private static void requireSetting(
      Experiment<?> experiment, String option, String setting, String which, String instead) {
    if (!Experiments.with(setting).test(experiment)) {
      throw new EngramException(
          "%s belongs to %s, %s; %%reproduce %s %s."
              .formatted(
                  option,
                  Experiments.names(Experiments.with(setting)),
                  which,
                  experiment,
                  instead));
    }
  }

  /** The dictionary that is named, or where one is needed the model's own. */
  private @Nullable Vocabulary words(Experiment<?> experiment) {
    return dictionary == null && !experiment.needs(Need.WORDS)
        ? null
        : session.vocabulary(dictionary);
  }

  /** Another model on the same kind of device and in the same precision. */
  private Supplier<Clip> other(String model, MagicProgress progress) {
    String device = session.model().device().startsWith("gpu") ? "gpu" : "cpu";
    Precision precision = session.model().precision();
    return () ->
        session.models().open(model, how -> how.device(device).precision(precision), progress);
  }

  private static Table list() {
    List<Experiment<?>> all = Experiments.ALL;
    return Table.create(
        "%reproduce NAME",
        StringColumn.create(
            "name",
            Stream.concat(all.stream().map(Experiment::name), Stream.of(ReproduceAllRun.NAME))),
        StringColumn.create(
            "what it shows",
            Stream.concat(all.stream().map(Experiment::title), Stream.of(ReproduceAllRun.TITLE))),
        IntColumn.create(
            "seconds (iconclip, 2 busy cores)",
            IntStream.concat(
                    all.stream().mapToInt(Experiment::seconds),
                    IntStream.of(
                        all.stream()
                            .filter(Experiment::ofPaper)
                            .mapToInt(Experiment::seconds)
                            .sum()))
                .toArray()));
  }

  private static Table settings(Experiment<?> experiment) {
    List<Setting> all = Settings.of(experiment.standard().get());
    return Table.create(
        "%reproduce " + experiment + " --set NAME=VALUE",
        StringColumn.create("name", all.stream().map(Setting::name)),
        StringColumn.create("default", all.stream().map(Setting::text)),
        StringColumn.create("what it means", all.stream().map(Setting::about)),
        StringColumn.create("takes", all.stream().map(Setting::expected)));
  }
}
