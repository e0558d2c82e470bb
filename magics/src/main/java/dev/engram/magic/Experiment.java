package dev.engram.magic;

import dev.engram.dissect.WordDictionary;
import dev.engram.experiment.Faithfulness;
import dev.engram.experiment.Figure2;
import dev.engram.experiment.Figure3;
import dev.engram.experiment.Figure4a;
import dev.engram.experiment.Judging;
import dev.engram.experiment.Lessons;
import dev.engram.experiment.Sanity;
import dev.engram.experiment.Scaling;
import dev.engram.experiment.Study;
import dev.engram.experiment.Table1;
import dev.engram.experiment.Table2;
import dev.engram.experiment.Table3;
import dev.engram.experiment.Table4;
import dev.engram.experiment.Table6;
import dev.engram.experiment.Table8;
import dev.engram.magic.result.CheckReproductions;
import dev.engram.magic.result.FigureReproductions;
import dev.engram.magic.result.InsertionReproductions;
import dev.engram.magic.result.KnowledgeGallery;
import dev.engram.magic.result.RemovalReproduction;
import dev.engram.magic.result.Reproduction;
import dev.engram.magic.result.Reproductions;
import dev.engram.magic.result.ScalingReproduction;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What {@code %reproduce} can run, each with the settings of the paper. One more is one more entry.
 */
enum Experiment {
  /** Methods by the words of their neurons. */
  TABLE1(
      "Table 1: how near the words of each method's neurons are to the entity",
      20,
      on -> Reproductions.of(Table1.run(on.study, on.words.get(), Table1.Settings.standard()))),
  /** Deletion. */
  TABLE2(
      "Table 2: what is left when the pixels are masked that a heatmap calls important",
      65,
      on -> Reproductions.of(Table2.run(on.study, Table2.Settings.standard()))),
  /** Knowledge removal. */
  TABLE3(
      "Table 3: what is left of an entity when its top neurons are suppressed, and of all else",
      15,
      on -> RemovalReproduction.of(Table3.run(on.study, Table3.Settings.standard()))),
  /** Knowledge insertion. */
  TABLE4(
      "Table 4: one name taught by fine-tuning, LoRA or a rank-one edit: category, data set,"
          + " general",
      215,
      on ->
          InsertionReproductions.of(
              Table4.run(on.lessons.get(), Table4.Settings.standard().withNames(on.names)))),
  /** Complete removal against residual suppression. */
  TABLE6(
      "Table 6: the cosine after complete removal and after residual suppression, for this model"
          + " and each --model DIR|OWNER/NAME",
      40,
      on ->
          Reproductions.ofModels(
              on.everyModel(
                  study -> Table6.run(study, Table6.Settings.standard().judged(on.judging))))),
  /** Several names at once. */
  TABLE8(
      "Table 8: five names taught at once by MEMIT: category, data set, general",
      16,
      on ->
          InsertionReproductions.of(
              Table8.run(on.lessons.get(), Table8.Settings.standard().withNames(on.names)))),
  /** Pictures and words of knowledge neurons. */
  FIGURE2(
      "Figures 2, 9, 10: knowledge neurons of each category with their heatmaps and words",
      5,
      on ->
          KnowledgeGallery.reproduction(
              Figure2.run(on.study, on.words.get(), Figure2.Settings.standard()),
              on.study.clip().processor())),
  /** Where knowledge neurons and query neurons are. */
  FIGURE3(
      "Figure 3: where knowledge neurons and query neurons are, and how fast they decay",
      25,
      on -> FigureReproductions.of(Figure3.run(on.study, Figure3.Settings.standard()))),
  /** How other neurons answer to a removal. */
  FIGURE4A(
      "Figure 4a: how MSA neurons answer when a knowledge neuron before them is removed",
      13,
      on -> FigureReproductions.figure4a(removals(on))),
  /** The same with the residual stream kept. */
  FIGURE6(
      "Figure 6: the same with the residual stream kept (Eq. 21)",
      13,
      on -> FigureReproductions.figure6(removals(on))),
  /** Whether value and query vectors are opposed. */
  FIGURE7(
      "Figure 7: removed value vectors against the query vectors of those that rise most",
      13,
      on -> FigureReproductions.figure7(removals(on))),
  /** Which ranking is right. */
  FAITHFULNESS(
      "Beyond the paper: how far the cosine falls without the top neurons of each ranking",
      100,
      on ->
          CheckReproductions.of(
              Faithfulness.run(on.study, Faithfulness.Settings.standard().judged(on.judging)))),
  /** Whether label and weights matter. */
  SANITY(
      "Beyond the paper: whether a ranking changes with the label, and with random weights",
      50,
      on -> CheckReproductions.of(Sanity.run(on.study, Sanity.Settings.standard()))),
  /** How far edits carry. */
  SCALING(
      "Beyond the paper: how many names an edit takes, who else is touched, how many images teach,"
          + " what comes back",
      250,
      on ->
          ScalingReproduction.of(
              Scaling.run(on.lessons.get().get(0), Scaling.Settings.standard())));

  private final String title;
  private final int seconds;
  private final Run run;

  Experiment(String title, int seconds, Run run) {
    this.title = title;
    this.seconds = seconds;
    this.run = run;
  }

  /**
   * What an experiment runs on.
   *
   * @param study the loaded model and the open images, or the data set that was named
   * @param words asked for only where words are needed: a model may have none
   * @param others opens another model for the time of a run; empty if none was named
   * @param lessons what insertions teach: the open images, or each data set that was named
   * @param names which of them
   * @param judging on which images neurons are judged
   */
  record On(
      Study study,
      Supplier<WordDictionary> words,
      List<Other> others,
      Supplier<List<Lessons>> lessons,
      List<String> names,
      Judging judging) {
    /** Keeps copies. */
    On {
      others = List.copyOf(others);
      names = List.copyOf(names);
    }

    /** Runs on the loaded model, then on each other one, opened and closed in turn. */
    <T> List<T> everyModel(Function<Study, T> run) {
      List<T> out = new ArrayList<>(List.of(run.apply(study)));
      for (Other other : others) {
        other.use(s -> out.add(run.apply(s)));
      }
      return out;
    }
  }

  /** A model that is opened for one run. */
  @FunctionalInterface
  interface Other {
    void use(java.util.function.Consumer<Study> run);
  }

  /** Runs it, and makes of the numbers what a cell shows. */
  @FunctionalInterface
  private interface Run {
    Reproduction on(On on);
  }

  /** One experiment for three figures: what one has computed the others read. */
  private static Figure4a.Result removals(On on) {
    return Figure4a.run(on.study, Figure4a.Settings.standard());
  }

  /** What it shows. */
  String title() {
    return title;
  }

  /** How long it takes on the embedded model: measured on two cores beside other work. */
  int seconds() {
    return seconds;
  }

  /** Whether it says something of other models beside the loaded one. */
  boolean comparesModels() {
    return this == TABLE6;
  }

  /** Whether it runs on data sets beside the open images. */
  boolean takesDatasets() {
    return this == TABLE3 || insertsKnowledge();
  }

  /** Whether it finds neurons of an entity on images, and can judge them on others. */
  boolean judgesOnImages() {
    return this == TABLE6 || this == FAITHFULNESS;
  }

  /** Whether it teaches names. */
  boolean insertsKnowledge() {
    return this == TABLE4 || this == TABLE8 || this == SCALING;
  }

  Reproduction run(On on) {
    return run.on(on);
  }

  /** The name as it is typed. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
