package dev.engram.magic.result;

import dev.engram.dissect.Interpretation;
import dev.engram.lab.Interpretations;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Shows {@code %words}: each neuron as a weighted sum of words. */
final class InterpretationsPresenter implements Presenter<Interpretations> {
  @Override
  public View view(Interpretations said, DisplayLimits shown) {
    View rows = TableView.of(table(said, shown));
    return said.neurons().isEmpty()
        ? rows
        : Footnote.under(rows, said.neurons().get(0).provenance());
  }

  /** Neuron, its words with weights, and the residual: what the words leave unsaid, 0 to 1. */
  @Override
  public Table table(Interpretations said, DisplayLimits shown) {
    List<Interpretation> neurons = said.neurons();
    return table(
        "What the neurons say: words in the order of their selection, with their weights",
        "neuron",
        neurons.stream().map(i -> i.neuron() + (i.sign() < 0 ? " (turned)" : "")).toList(),
        neurons.stream().map(Interpretation::words).toList(),
        neurons.stream().mapToDouble(Interpretation::residual).toArray());
  }

  /**
   * A row for each of what speaks.
   *
   * @param title of the table
   * @param unit what a name is
   * @param names one for each row
   * @param words of each
   * @param residuals what its words leave unsaid, 0 to 1
   */
  static Table table(
      String title,
      String unit,
      List<String> names,
      List<List<Interpretation.Weighted>> words,
      double[] residuals) {
    Table table = Table.create(title, StringColumn.create(unit, names));
    int most = words.stream().mapToInt(List::size).max().orElse(0);
    for (int w = 0; w < most; w++) {
      int at = w;
      table.addColumns(
          StringColumn.create(
              "word " + (w + 1),
              words.stream().map(said -> at < said.size() ? said(said.get(at)) : "")));
    }
    table.addColumns(DoubleColumn.create("residual", residuals));
    return table;
  }

  /** All words of a neuron in a line. */
  static String said(Interpretation of) {
    return of.words().stream()
        .map(InterpretationsPresenter::said)
        .collect(Collectors.joining(", "));
  }

  private static String said(Interpretation.Weighted w) {
    return String.format(Locale.ROOT, "%s %+.2f", w.word(), w.weight());
  }
}
