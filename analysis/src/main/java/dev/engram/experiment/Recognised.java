package dev.engram.experiment;

import dev.engram.data.Dataset;
import dev.engram.data.Split;
import dev.engram.experiment.ZeroShot.Prediction;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which images are taken for what they are, as a sample of classes. */
final class Recognised {
  private Recognised() {}

  /** 1 for each image that is taken for what it is, else 0; sampled are classes. */
  static Sample sample(Stream<Prediction> predictions) {
    List<Prediction> all = predictions.toList();
    return Sample.by(
            Sample.Unit.CLASS,
            all.stream().map(p -> p.image().classIndex()).toList(),
            all.stream().mapToDouble(p -> p.correct() ? 1 : 0).toArray())
        .asShares();
  }

  /** Accuracy on what was kept back, if something was and something else was not. */
  static Optional<Estimate> heldOut(Dataset of, List<Prediction> all) {
    Map<Split, List<Prediction>> parts =
        all.stream().collect(Collectors.groupingBy(p -> Split.of(p.image().split())));
    return of.tellsTraining() && parts.containsKey(Split.TRAIN)
        ? Optional.ofNullable(parts.get(Split.HELD_OUT))
            .map(kept -> Estimate.of(sample(kept.stream())))
        : Optional.empty();
  }
}
