package dev.engram.magic.result;

import dev.engram.EngramException;
import dev.engram.magic.save.NamedArrays;
import dev.engram.magic.view.Page;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.Standalone;
import dev.engram.magic.view.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tech.tablesaw.api.Table;

/**
 * Shows results of one type: as a page in a cell, as a table and as a figure. {@link Presenters}
 * holds one for each type.
 *
 * @param <T> a plain record of the library
 */
interface Presenter<T> {
  /** What a cell shows. */
  View view(T value, DisplayLimits shown);

  /**
   * The numbers as a table.
   *
   * @throws EngramException if results of this type have none
   */
  default Table table(T value, DisplayLimits shown) {
    throw none("table", value);
  }

  /**
   * The chart or picture of the page.
   *
   * @throws EngramException if results of this type have none
   */
  default PlotlyFigure figure(T value, DisplayLimits shown) {
    throw none("figure", value);
  }

  /** What a file has of it: by default the page that a cell shows. */
  default Standalone page(T value, DisplayLimits shown) {
    return page(view(value, shown));
  }

  /** A view with what comes before it. */
  static Page page(View view) {
    List<View> parts = new ArrayList<>(view.before());
    parts.add(view);
    String title = view.text().lines().findFirst().orElse("");
    return new Page(title, List.of(new Page.Section(title, parts)));
  }

  /** Numbers that are no table, which the formats of arrays take in its place; none by default. */
  default Optional<NamedArrays> arrays(T value) {
    return Optional.empty();
  }

  /** Whether the figure has a bar for each row of a ranking, so that it can have more or fewer. */
  default boolean isRanking() {
    return false;
  }

  private static EngramException none(String what, Object value) {
    return new EngramException(
        "There is no %s of the type %s; a cell shows all that there is of it."
            .formatted(what, TypeName.of(value.getClass())));
  }
}
