package dev.engram.lab;

import dev.engram.experiment.Experiment;
import dev.engram.experiment.Finding.Judged;
import dev.engram.experiment.Findings;
import dev.engram.experiment.Verdict;
import java.util.List;
import java.util.Optional;

/**
 * All tables and figures of the paper on one model, with a verdict for each of its findings.
 *
 * @param parts one each experiment, in the paper's order
 */
public record ReproducedAll(List<Part> parts) {
  /** Keeps a copy. */
  public ReproducedAll {
    parts = List.copyOf(parts);
  }

  /**
   * One table or figure.
   *
   * @param experiment which
   * @param done what it has returned; empty if it was refused
   * @param judged what that says of the paper's findings; of a refused one, that none can be said
   * @param refusal why it was not run; empty if it was
   */
  public record Part(
      Experiment<?> experiment,
      Optional<Reproduced<?>> done,
      List<Judged> judged,
      Optional<String> refusal) {
    /** Keeps a copy. */
    public Part {
      judged = List.copyOf(judged);
    }

    /** Of an experiment that this model or these images do not allow. */
    static Part refused(Experiment<?> experiment, String sentence) {
      return new Part(
          experiment,
          Optional.empty(),
          Findings.ALL.stream()
              .filter(f -> f.experiment().equals(experiment))
              .map(f -> new Judged(f, Optional.empty(), Verdict.CANNOT_BE_SAID))
              .toList(),
          Optional.of(sentence));
    }
  }

  /** What is said of all findings, in the paper's order. */
  public List<Judged> judged() {
    return parts.stream().flatMap(p -> p.judged().stream()).toList();
  }

  /** How many findings have that verdict. */
  public long count(Verdict verdict) {
    return judged().stream().filter(j -> j.verdict() == verdict).count();
  }
}
