package dev.engram.kernel;

import dev.engram.magic.view.PlotlyFigures;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import tech.tablesaw.api.Table;
import tech.tablesaw.plotly.components.Figure;

/** The types of a notebook: which ones need no import, and which ones are more than text. */
public final class NotebookTypes {
  /**
   * What a cell may name without an import line, besides {@code java.util}. Single types of Engram,
   * whole packages of Tablesaw and jsplot: a single import wins over theirs where both have a name,
   * as Trace.
   */
  private static final List<String> IMPORTS =
      List.of(
          "java.util.stream.*",
          "dev.engram.EngramException",
          "dev.engram.Progress",
          "dev.engram.attribution.Attributor",
          "dev.engram.attribution.Method",
          "dev.engram.attribution.Reading",
          "dev.engram.data.Entity",
          "dev.engram.data.ImageSet",
          "dev.engram.data.LabelledImage",
          "dev.engram.dissect.Interpretation",
          "dev.engram.model.Clip",
          "dev.engram.trace.Neuron",
          "dev.engram.magic.result.*",
          "dev.engram.magic.view.*",
          "tech.tablesaw.api.*",
          "tech.tablesaw.plotly.api.*",
          "tech.tablesaw.plotly.components.*",
          "tech.tablesaw.plotly.traces.*");

  private NotebookTypes() {}

  /**
   * @return Java that imports them
   */
  public static String imports() {
    return IMPORTS.stream().map(name -> "import " + name + ";").collect(Collectors.joining("\n"));
  }

  /** Tells a kernel how values of these types are shown. */
  public static void renderWith(Renderer renderer) {
    renderer.register(Viewable.class, Viewable::view);
    renderer.register(Table.class, TableView::of);
    renderer.register(Figure.class, figure -> PlotlyFigures.of(figure).view());
  }

  /** A kernel's list of what it can show. */
  @FunctionalInterface
  public interface Renderer {
    /** Adds a type and its view. */
    <T> void register(Class<T> type, Function<T, View> view);
  }
}
