package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.data.Dataset;
import dev.engram.data.ImageSet;
import dev.engram.edit.Caption;
import dev.engram.experiment.Lessons;
import dev.engram.experiment.PaperInsertion;
import dev.engram.experiment.Study;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code %reproduce}: data sets on which the editing tables run as in the paper. */
final class RealDataOptions {
  @Option(
      names = "--data",
      arity = "1..*",
      paramLabel = "DIR",
      description =
          "For table3, table4, table8, scaling: data sets in the place of the open images, as"
              + " %%evaluate takes them. Insertions teach from the training split, with the name"
              + " written on the guides (A.7), and measure on the test split.")
  private List<String> data = List.of();

  @Option(
      names = "--general",
      paramLabel = "DIR",
      description =
          "General objects, such as ImageNet; every second one gives keys. The labelled background"
              + " of the open images if left out.")
  private @Nullable String general;

  @Option(
      names = "--sample",
      paramLabel = "N",
      description = "At most N general objects, evenly spread (default: ${DEFAULT-VALUE}).")
  private int sample = 2000;

  @Option(
      names = "--shots",
      paramLabel = "N",
      description =
          "At most N images teach a class of --data (default: ${DEFAULT-VALUE}, as in the paper).")
  private int shots = 20;

  @Option(
      names = "--names",
      arity = "1..*",
      paramLabel = "NAME",
      description =
          "For table4, table8: which classes are taught; the paper's (Table 7) if left out, or, in a"
              + " set without them, those that are recognised least.")
  private List<String> names = List.of();

  /** Which classes are taught, where there are any of them. */
  List<String> names() {
    return names.isEmpty() ? PaperInsertion.NAMES : names;
  }

  /** Tells before work begins what does not belong to an experiment. */
  void check(Experiment experiment) {
    boolean set = !data.isEmpty() || general != null;
    if (set && !experiment.takesDatasets()) {
      throw new EngramException(
          "--data and --general belong to table3, table4, table8 and scaling; %reproduce "
              + experiment
              + " looks at the open images, which %images changes.");
    }
    if (!names.isEmpty() && !List.of(Experiment.TABLE4, Experiment.TABLE8).contains(experiment)) {
      throw new EngramException(
          "--names belongs to table4 and table8, which teach names; %reproduce "
              + experiment
              + " chooses for itself.");
    }
    if (data.size() > 1 && !List.of(Experiment.TABLE4, Experiment.TABLE8).contains(experiment)) {
      throw new EngramException(
          "%reproduce "
              + experiment
              + " takes one data set at a time; got "
              + String.join(", ", data)
              + ".");
    }
    if (sample < 1 || shots < 1) {
      throw new EngramException(
          "--sample and --shots take numbers from 1, got %d and %d.".formatted(sample, shots));
    }
  }

  /** The images that an experiment runs on where it does not insert. */
  ImageSet images(EngramSession session, Supplier<ImageSet> open) {
    return withGeneral(
        session, data.isEmpty() ? open.get() : dataset(session, data.get(0)).heldOut().imageSet());
  }

  /**
   * What insertions teach.
   *
   * @param open the open images
   * @param study makes a study of images
   */
  List<Lessons> lessons(
      EngramSession session, Supplier<ImageSet> open, Function<ImageSet, Study> study) {
    List<Lessons> out = new ArrayList<>();
    if (data.isEmpty()) {
      out.add(Lessons.turned(study.apply(withGeneral(session, open.get()))));
    }
    for (String name : data) {
      Dataset dataset = dataset(session, name);
      out.add(
          Lessons.captioned(
              study.apply(withGeneral(session, dataset.imageSet())),
              dataset,
              Caption.STANDARD,
              shots));
    }
    Lessons.require(out, names);
    return out;
  }

  private static Dataset dataset(EngramSession session, String name) {
    return session.dataset(name, false, null);
  }

  private ImageSet withGeneral(EngramSession session, ImageSet images) {
    return general == null
        ? images
        : images.withBackground(dataset(session, general).heldOut().spread(sample).imageSet());
  }
}
