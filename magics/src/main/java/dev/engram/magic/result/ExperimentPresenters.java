package dev.engram.magic.result;

import dev.engram.experiment.Change;
import dev.engram.experiment.Faithfulness;
import dev.engram.experiment.Figure2;
import dev.engram.experiment.Figure3;
import dev.engram.experiment.Figure4a;
import dev.engram.experiment.Figure6;
import dev.engram.experiment.Figure7;
import dev.engram.experiment.Sanity;
import dev.engram.experiment.Scaling;
import dev.engram.experiment.Table1;
import dev.engram.experiment.Table2;
import dev.engram.experiment.Table3;
import dev.engram.experiment.Table4;
import dev.engram.experiment.Table6;
import dev.engram.experiment.Table8;
import dev.engram.lab.Reproduced;
import dev.engram.model.ImageProcessor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tech.tablesaw.api.Table;

/** What a cell shows of an experiment: one presenter for each type of result. */
public final class ExperimentPresenters {
  private static final Map<Class<?>, Presenter<?>> ALL = new HashMap<>();

  static {
    put(Table1.Result.class, (r, seen) -> Reproductions.of(r));
    put(Table2.Result.class, (r, seen) -> Reproductions.of(r));
    put(Table3.Result.class, (r, seen) -> RemovalReproduction.of(r));
    put(Table4.Result.class, (r, seen) -> InsertionReproductions.of(r));
    put(Table6.Comparison.class, (r, seen) -> Reproductions.of(r));
    put(Table8.Result.class, (r, seen) -> InsertionReproductions.of(r));
    put(Figure2.Result.class, KnowledgeReproduction::of);
    put(Figure3.Result.class, (r, seen) -> FigureReproductions.of(r));
    put(Figure4a.Result.class, (r, seen) -> FigureReproductions.of(r));
    put(Figure6.Result.class, (r, seen) -> FigureReproductions.of(r));
    put(Figure7.Result.class, (r, seen) -> FigureReproductions.of(r));
    put(Faithfulness.Result.class, (r, seen) -> CheckReproductions.of(r));
    put(Sanity.Result.class, (r, seen) -> CheckReproductions.of(r));
    put(Scaling.Result.class, (r, seen) -> ScalingReproduction.of(r));
  }

  private ExperimentPresenters() {}

  /** Makes of numbers what a cell shows. */
  @FunctionalInterface
  private interface Presenter<R> {
    /**
     * @param seen makes of a picture what the model sees of it
     */
    Reproduction of(R result, ImageProcessor seen);
  }

  private static <R> void put(Class<R> type, Presenter<R> presenter) {
    ALL.put(type, presenter);
  }

  /** Whether results of that type can be shown. */
  public static boolean shows(Class<?> result) {
    return ALL.containsKey(result);
  }

  /**
   * @param done what an experiment of the registry has returned
   * @param seen makes of a picture what the model sees of it
   * @return what a cell shows; it says which settings are other ones than the standard
   */
  public static <R> Reproduction present(Reproduced<R> done, ImageProcessor seen) {
    Reproduction shown = presenter(done.settings().experiment().result()).of(done.result(), seen);
    List<Change> changes = done.changes();
    return changes.isEmpty()
        ? shown
        : otherSettings(shown, changes, done.settings().experiment().ofPaper());
  }

  @SuppressWarnings("unchecked") // what put() has put there
  private static <R> Presenter<R> presenter(Class<R> type) {
    Presenter<?> known = ALL.get(type);
    if (known == null) {
      throw new IllegalArgumentException(type + " has no presenter");
    }
    return (Presenter<R>) known;
  }

  /** The paper's numbers stand beside ours, so it is said that they are of other settings. */
  private static Reproduction otherSettings(
      Reproduction shown, List<Change> changes, boolean ofPaper) {
    String said =
        "Settings other than the standard: "
            + changes.stream().map(Change::toString).collect(Collectors.joining(", "))
            + (ofPaper ? "; the paper's numbers were not measured with these." : ".");
    Table table = shown.table().copy();
    table.setName(table.name() + (ofPaper ? " (the paper's numbers are of other settings)" : ""));
    return shown.with(said, table);
  }
}
