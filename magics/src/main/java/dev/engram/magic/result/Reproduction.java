package dev.engram.magic.result;

import dev.engram.Provenance;
import dev.engram.magic.view.Viewable;
import java.util.ArrayList;
import java.util.List;
import tech.tablesaw.api.Table;

/**
 * The value of {@code %reproduce NAME}: a table or figure of the paper as this model gives it, with
 * the paper's numbers in columns of their own. In Java, {@link #result} is the experiment's own
 * record, such as {@code (Faithfulness.Result) r.result()}.
 *
 * @param name as it is typed
 * @param findings what the numbers say, one sentence each
 * @param result what the experiment returned
 * @param table our numbers and the paper's
 * @param figures at least one
 * @param provenance where the numbers come from
 * @param note what was read from the store of results, or could not be kept; "" for nothing
 */
public record Reproduction(
    String name,
    List<String> findings,
    Object result,
    Table table,
    List<Viewable> figures,
    Provenance provenance,
    String note)
    implements ReproduceAnswer {
  /** Keeps copies of the lists. */
  public Reproduction {
    findings = List.copyOf(findings);
    figures = List.copyOf(figures);
  }

  /** Numbers that were all computed now. */
  public Reproduction(
      String name,
      List<String> findings,
      Object result,
      Table table,
      List<? extends Viewable> figures,
      Provenance provenance) {
    this(name, findings, result, table, List.copyOf(figures), provenance, "");
  }

  /**
   * @param finding one more sentence, after the others
   * @param shown a table in the place of this one
   * @return a copy with these
   */
  Reproduction with(String finding, Table shown) {
    List<String> more = new ArrayList<>(findings);
    more.add(finding);
    return new Reproduction(name, more, result, shown, figures, provenance, note);
  }

  /** A copy that says so. */
  public Reproduction noting(String newNote) {
    return new Reproduction(name, findings, result, table, figures, provenance, newNote);
  }

  @Override
  public String toString() {
    return name + ": " + String.join(" ", findings);
  }
}
