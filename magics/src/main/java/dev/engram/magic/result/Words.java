package dev.engram.magic.result;

import dev.engram.dissect.Interpretation;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * The value of {@code %words}: what neurons say, each as a weighted sum of words.
 *
 * @param interpretations one for each neuron
 */
public record Words(List<Interpretation> interpretations) implements Viewable {
  /** Keeps a copy. */
  public Words {
    interpretations = List.copyOf(interpretations);
  }

  /**
   * @return neuron, its words with weights, and the residual: what the words leave unsaid, 0 to 1
   */
  public Table table() {
    List<StringColumn> words = new ArrayList<>();
    int most = interpretations.stream().mapToInt(i -> i.words().size()).max().orElse(0);
    for (int w = 0; w < most; w++) {
      int at = w;
      words.add(
          StringColumn.create(
              "word " + (w + 1),
              interpretations.stream()
                  .map(i -> at < i.words().size() ? said(i.words().get(at)) : "")));
    }
    Table table =
        Table.create(
            "What the neurons say: words in the order of their selection, with their weights",
            StringColumn.create(
                "neuron",
                interpretations.stream().map(i -> i.neuron() + (i.sign() < 0 ? " (turned)" : ""))));
    words.forEach(table::addColumns);
    table.addColumns(
        DoubleColumn.create(
            "residual", interpretations.stream().mapToDouble(Interpretation::residual).toArray()));
    return table;
  }

  /** All words of a neuron in a line. */
  static String said(Interpretation of) {
    return of.words().stream().map(Words::said).collect(Collectors.joining(", "));
  }

  private static String said(Interpretation.Weighted w) {
    return String.format(Locale.ROOT, "%s %+.2f", w.word(), w.weight());
  }

  @Override
  public View view() {
    return Footnote.under(TableView.of(table()), interpretations.get(0).provenance());
  }

  @Override
  public String toString() {
    return interpretations.stream().map(Interpretation::toString).collect(Collectors.joining("\n"));
  }
}
