package dev.engram.kernel;

import dev.engram.magic.MagicRunner;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The types of a notebook: which ones need no import, and which ones are more than text. */
public final class NotebookTypes {
  /**
   * What a cell may name without an import line, besides {@code java.util}. Single types of Engram,
   * whole packages of Tablesaw and jsplot: a single import wins over theirs where both have a name,
   * as Trace. {@code table(x)}, {@code figure(x)} and {@code view(x)} are there by themselves.
   */
  private static final List<String> IMPORTS =
      List.of(
          "java.util.stream.*",
          "dev.engram.EngramException",
          "dev.engram.Progress",
          "dev.engram.atlas.Atlas",
          "dev.engram.atlas.AtlasMap",
          "dev.engram.atlas.AtlasTable",
          "dev.engram.attribution.Attribution",
          "dev.engram.attribution.Attributor",
          "dev.engram.attribution.Baseline",
          "dev.engram.attribution.FeatureAttribution",
          "dev.engram.attribution.Reading",
          "dev.engram.attribution.Score",
          "dev.engram.data.Entity",
          "dev.engram.data.ImageSet",
          "dev.engram.data.LabelledImage",
          "dev.engram.dissect.Interpretation",
          "dev.engram.dissect.QueryEffects",
          "dev.engram.lab.*",
          "dev.engram.model.Clip",
          "dev.engram.trace.Feature",
          "dev.engram.trace.Neuron",
          "dev.engram.magic.result.*",
          "dev.engram.magic.view.*",
          "tech.tablesaw.api.*",
          "tech.tablesaw.plotly.api.*",
          "tech.tablesaw.plotly.components.*",
          "tech.tablesaw.plotly.traces.*",
          "static dev.engram.magic.result.Presenters.figure",
          "static dev.engram.magic.result.Presenters.save",
          "static dev.engram.magic.result.Presenters.table",
          "static dev.engram.magic.result.Presenters.view");

  private NotebookTypes() {}

  /** Java that imports them. */
  public static String imports() {
    return IMPORTS.stream().map(name -> "import " + name + ";").collect(Collectors.joining("\n"));
  }

  /**
   * Tells a kernel how values of these types are shown.
   *
   * @param runner knows how much the line of a magic wants to see of its value
   */
  public static void renderWith(Renderer renderer, MagicRunner runner) {
    renderer.register(Viewable.class, runner::view);
    Presenters.types().forEach(type -> renderer.register(type, runner::view));
  }

  /** A kernel's list of what it can show. */
  @FunctionalInterface
  public interface Renderer {
    /** Adds a type and its view. */
    <T> void register(Class<T> type, Function<T, View> view);
  }
}
