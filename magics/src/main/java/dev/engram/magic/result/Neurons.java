package dev.engram.magic.result;

import dev.engram.Provenance;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.NeuronSearch.By;
import dev.engram.dissect.NeuronSearch.Found;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/**
 * The value of {@code %neurons}: the neurons that were found, best first. Any of their names can go
 * to another magic.
 *
 * @param title what was searched for
 * @param by what they are ranked by
 * @param found the neurons
 * @param ownEntities whether each counts by an entity of its own, which the table then names
 * @param words what they say; empty without a dictionary
 * @param note what the reader should know besides; "" for nothing
 * @param provenance where the numbers come from
 */
public record Neurons(
    String title,
    By by,
    List<Found> found,
    boolean ownEntities,
    Map<Neuron, Interpretation> words,
    String note,
    Provenance provenance)
    implements Viewable {
  /** Keeps copies. */
  public Neurons {
    found = List.copyOf(found);
    words = Map.copyOf(words);
  }

  /**
   * @return the neurons by name, as magics take them
   */
  public List<String> names() {
    return found.stream().map(f -> f.neuron().toString()).toList();
  }

  /**
   * @return rank, neuron, and what the search looked at: entity (if each has its own), improvement,
   *     coefficient, cosine, words
   */
  public Table table() {
    // no column for the block, which the name tells: on a narrow page the words need the room
    List<Column<?>> columns = new ArrayList<>();
    columns.add(IntColumn.create("rank", found.stream().mapToInt(Found::rank).toArray()));
    columns.add(StringColumn.create("neuron", found.stream().map(Neurons::name)));
    if (ownEntities) {
      columns.add(StringColumn.create("entity", found.stream().map(Found::entity)));
    }
    if (found.stream().anyMatch(f -> !Double.isNaN(f.improvement()))) {
      columns.add(column("improvement", Found::improvement));
      columns.add(column("coefficient m", Found::coefficient));
    }
    if (found.stream().anyMatch(f -> !Double.isNaN(f.cosine()))) {
      columns.add(column("cosine", Found::cosine));
    }
    if (!words.isEmpty()) {
      columns.add(StringColumn.create("says", found.stream().map(f -> says(f.neuron()))));
    }
    return Table.create(title, columns);
  }

  private static String name(Found f) {
    return f.neuron() + (f.sign() < 0 ? " (turned)" : "");
  }

  private DoubleColumn column(String name, ToDoubleFunction<Found> value) {
    return DoubleColumn.create(name, found.stream().mapToDouble(value).toArray());
  }

  private String says(Neuron n) {
    Interpretation said = words.get(n);
    return said == null ? "" : Words.said(said);
  }

  private double score(Found f) {
    return switch (by) {
      case IMPROVEMENT -> f.improvement();
      case COEFFICIENT -> f.coefficient();
      case COSINE -> f.cosine();
      case PRODUCT -> f.improvement() * f.cosine();
    };
  }

  /**
   * @return a bar for each neuron, at most 40
   */
  public PlotlyFigure figure() {
    return NeuronBars.draw(
        found.stream().map(f -> new NeuronBars.Bar(f.neuron(), score(f), tip(f))).toList(),
        title,
        by.toString(),
        "<b>%{x}</b>: " + by + " %{y:.5f}<br>%{customdata}");
  }

  private String tip(Found f) {
    String entity = f.entity().isEmpty() ? "" : "entity " + f.entity() + "; ";
    return Html.escape(entity + says(f.neuron()));
  }

  @Override
  public View view() {
    String told = note + (found.isEmpty() ? " No neuron fits." : "");
    View sentence =
        View.html(told.isEmpty() ? "" : Html.element("p", Html.escape(told.strip())), told.strip());
    View rows = TableView.of(table(), Shown.ROWS);
    View all =
        View.html(sentence.html() + rows.html(), (sentence.text() + "\n" + rows.text()).strip());
    View table = Footnote.under(all, provenance);
    return found.isEmpty() ? table : figure().view().below(table);
  }

  @Override
  public String toString() {
    return title + ": " + String.join(", ", names());
  }
}
