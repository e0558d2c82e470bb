package dev.engram.magic;

import dev.engram.Progress;
import dev.engram.data.ImageSet;
import dev.engram.dissect.WordDictionary;
import dev.engram.experiment.Faithfulness;
import dev.engram.experiment.Figure3;
import dev.engram.experiment.Figure4a;
import dev.engram.experiment.Sanity;
import dev.engram.experiment.Table1;
import dev.engram.experiment.Table2;
import dev.engram.experiment.Table6;
import dev.engram.magic.result.CheckReproductions;
import dev.engram.magic.result.FigureReproductions;
import dev.engram.magic.result.Reproduction;
import dev.engram.magic.result.Reproductions;
import dev.engram.model.Clip;
import java.util.Locale;
import java.util.function.Supplier;

/** What {@code %reproduce} can run, each with the settings of the paper. */
enum Experiment {
  /** Methods by the words of their neurons. */
  TABLE1(
      "Table 1: how near the words of each method's neurons are to the entity",
      17,
      Table1.Settings.standard(),
      (on, small) ->
          Reproductions.of(
              Table1.run(on.clip, on.set, on.words.get(), Table1.Settings.standard(), on.progress),
              small)),
  /** Deletion. */
  TABLE2(
      "Table 2: what is left when the pixels are masked that a heatmap calls important",
      100,
      Table2.Settings.standard(),
      (on, small) ->
          Reproductions.of(
              Table2.run(on.clip, on.set, Table2.Settings.standard(), on.progress), small)),
  /** Complete removal against residual suppression. */
  TABLE6(
      "Table 6: the cosine after complete removal and after residual suppression",
      45,
      Table6.Settings.standard(),
      (on, small) ->
          Reproductions.of(
              Table6.run(on.clip, on.set, Table6.Settings.standard(), on.progress), small)),
  /** Where knowledge neurons and query neurons are. */
  FIGURE3(
      "Figure 3: where knowledge neurons and query neurons are, and how fast they decay",
      25,
      Figure3.Settings.standard(),
      (on, small) ->
          FigureReproductions.of(
              Figure3.run(on.clip, on.set, Figure3.Settings.standard(), on.progress), small)),
  /** How other neurons answer to a removal. */
  FIGURE4A(
      "Figures 4a, 6, 7: how MSA neurons answer when a knowledge neuron before them is removed",
      25,
      Figure4a.Settings.standard(),
      (on, small) ->
          FigureReproductions.of(
              Figure4a.run(on.clip, on.set, Figure4a.Settings.standard(), on.progress), small)),
  /** Which ranking is right. */
  FAITHFULNESS(
      "Beyond the paper: how far the cosine falls without the top neurons of each ranking",
      190,
      Faithfulness.Settings.standard(),
      (on, small) ->
          CheckReproductions.of(
              Faithfulness.run(on.clip, on.set, Faithfulness.Settings.standard(), on.progress),
              small)),
  /** Whether the label matters. */
  SANITY(
      "Beyond the paper: whether a ranking changes when the label is exchanged",
      45,
      Sanity.Settings.standard(),
      (on, small) ->
          CheckReproductions.of(
              Sanity.run(on.clip, on.set, Sanity.Settings.standard(), on.progress), small));

  private final String title;
  private final int seconds;
  private final Record settings;
  private final Run run;

  Experiment(String title, int seconds, Record settings, Run run) {
    this.title = title;
    this.seconds = seconds;
    this.settings = settings;
    this.run = run;
  }

  /**
   * What an experiment runs on.
   *
   * @param words asked for only where words are needed: a model may have none
   */
  record On(Clip clip, ImageSet set, Supplier<WordDictionary> words, Progress progress) {}

  /** Runs it, and makes of the numbers what a cell shows. */
  @FunctionalInterface
  private interface Run {
    Reproduction on(On on, boolean smallModel);
  }

  /** What it shows. */
  String title() {
    return title;
  }

  /** How long it takes on the embedded model: measured on two cores beside other work. */
  int seconds() {
    return seconds;
  }

  /** What it is run with, for the key under which its result is kept. */
  Record settings() {
    return settings;
  }

  Reproduction run(On on, boolean smallModel) {
    return run.on(on, smallModel);
  }

  /** The name as it is typed. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
