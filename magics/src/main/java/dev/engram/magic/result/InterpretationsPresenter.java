package dev.engram.magic.result;

import dev.engram.dissect.Interpretation;
import dev.engram.lab.Interpretations;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.ArrayList;
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
    List<StringColumn> words = new ArrayList<>();
    int most = neurons.stream().mapToInt(i -> i.words().size()).max().orElse(0);
    for (int w = 0; w < most; w++) {
      int at = w;
      words.add(
          StringColumn.create(
              "word " + (w + 1),
              neurons.stream().map(i -> at < i.words().size() ? said(i.words().get(at)) : "")));
    }
    Table table =
        Table.create(
            "What the neurons say: words in the order of their selection, with their weights",
            StringColumn.create(
                "neuron",
                neurons.stream().map(i -> i.neuron() + (i.sign() < 0 ? " (turned)" : ""))));
    words.forEach(table::addColumns);
    table.addColumns(
        DoubleColumn.create(
            "residual", neurons.stream().mapToDouble(Interpretation::residual).toArray()));
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
