package dev.engram.magic;

import dev.engram.data.Dataset;
import dev.engram.experiment.Experiment;
import dev.engram.lab.Reproduce;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code %reproduce}: data sets in the place of the open images. */
final class RealDataOptions {
  @Option(
      names = "--data",
      arity = "1..*",
      paramLabel = "DIR",
      description =
          "For ${use.data}: data sets in the place of the open images, as %%evaluate takes them."
              + " Insertions teach from the training split, with the name written on the guides"
              + " (A.7), and measure on the test split.")
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
      description =
          "At most N objects of --general, evenly spread (default: " + Reproduce.SAMPLE + ").")
  private @Nullable Integer sample;

  @Option(
      names = "--shots",
      paramLabel = "N",
      description =
          "At most N images teach a class of --data (default: "
              + Reproduce.SHOTS
              + ", as in the paper).")
  private @Nullable Integer shots;

  /** The same request on these data sets. */
  <R> Reproduce<R> request(Reproduce<R> request, EngramSession session) {
    return general(request.data(sets(session)), session).shots(shots);
  }

  /** With what of them belongs to an experiment: the sets to those that teach names. */
  <R> Reproduce<R> whereItBelongs(Reproduce<R> request, EngramSession session) {
    Experiment<R> experiment = request.settings().experiment();
    Reproduce<R> taught =
        experiment.teaches() && !data.isEmpty()
            ? request.data(sets(session)).shots(shots)
            : request;
    return experiment.takesDataSets() ? general(taught, session) : taught;
  }

  private List<Dataset> sets(EngramSession session) {
    return data.stream().map(d -> ImageNames.dataset(d, session::images)).toList();
  }

  private <R> Reproduce<R> general(Reproduce<R> request, EngramSession session) {
    Dataset objects = general == null ? null : ImageNames.dataset(general, session::images);
    return request.general(objects, sample);
  }
}
