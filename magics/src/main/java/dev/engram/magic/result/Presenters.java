package dev.engram.magic.result;

import dev.engram.EngramException;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.AtlasComparison;
import dev.engram.atlas.AtlasMap;
import dev.engram.atlas.AtlasTable;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.FeatureAttribution;
import dev.engram.data.UserPath;
import dev.engram.dissect.QueryEffects;
import dev.engram.lab.Activations;
import dev.engram.lab.AttentionMaps;
import dev.engram.lab.Described;
import dev.engram.lab.DescribedFeature;
import dev.engram.lab.Edits;
import dev.engram.lab.Evaluated;
import dev.engram.lab.Evolution;
import dev.engram.lab.Evolutions;
import dev.engram.lab.Exploration;
import dev.engram.lab.FeatureExploration;
import dev.engram.lab.FeatureInterpretations;
import dev.engram.lab.FeatureMaps;
import dev.engram.lab.Forgotten;
import dev.engram.lab.Glance;
import dev.engram.lab.HeadReadings;
import dev.engram.lab.Heatmaps;
import dev.engram.lab.ImageHeatmap;
import dev.engram.lab.Interpretations;
import dev.engram.lab.LensCurve;
import dev.engram.lab.LensMaps;
import dev.engram.lab.ModelCard;
import dev.engram.lab.Neurons;
import dev.engram.lab.PatchedActivations;
import dev.engram.lab.SaeCard;
import dev.engram.lab.Taught;
import dev.engram.lab.Traced;
import dev.engram.lab.Tuned;
import dev.engram.magic.save.ResultFile;
import dev.engram.magic.save.Saved;
import dev.engram.magic.site.AtlasSite;
import dev.engram.magic.view.ImageGallery;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.PlotlyFigures;
import dev.engram.magic.view.Standalone;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import dev.engram.trace.Neuron;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tech.tablesaw.api.Table;
import tech.tablesaw.plotly.components.Figure;

/**
 * How the results of the library are shown, one {@link Presenter} for each type, found by exactly
 * that type. Its {@code view}, {@code table} and {@code figure} are imported in every notebook.
 */
public final class Presenters {
  private static final Map<Class<?>, Presenter<?>> ALL = new LinkedHashMap<>();

  static {
    register(Attribution.class, new AttributionPresenter());
    register(FeatureAttribution.class, new FeatureAttributionPresenter());
    register(Activations.class, new ActivationsPresenter());
    register(Heatmaps.class, new HeatmapsPresenter());
    register(ImageHeatmap.class, new HeatmapsPresenter.OfOne());
    register(Interpretations.class, new InterpretationsPresenter());
    register(FeatureInterpretations.class, new FeatureInterpretationsPresenter());
    register(FeatureMaps.class, new FeatureMapsPresenter());
    register(DescribedFeature.class, new DescribedFeaturePresenter());
    register(FeatureExploration.class, new FeatureExplorationPresenter());
    register(SaeCard.class, new SaeCardPresenter());
    register(QueryEffects.class, new QueriesPresenter());
    register(LensCurve.class, new LensPresenter());
    register(LensMaps.class, new LensMapsPresenter());
    register(AttentionMaps.class, new AttentionMapsPresenter());
    register(HeadReadings.class, new HeadReadingsPresenter());
    register(PatchedActivations.class, new PatchedPresenter());
    register(Evolution.class, new EvolutionPresenter());
    register(Evolutions.class, new EvolutionPresenter.OfSeveral());
    register(Described.class, new DescribedPresenter());
    register(Glance.class, new GlancePresenter());
    register(Exploration.class, new ExplorationPresenter());
    register(Neurons.class, new NeuronsPresenter());
    register(Atlas.class, new AtlasPresenter());
    register(AtlasMap.class, new AtlasMapPresenter());
    register(AtlasTable.class, new AtlasTablePresenter());
    register(AtlasComparison.class, new AtlasComparisonPresenter());
    register(Forgotten.class, new ForgottenPresenter());
    register(Taught.class, new TaughtPresenter());
    register(Tuned.class, new TunedPresenter());
    register(Traced.class, new TracedPresenter());
    register(Edits.class, new EditsPresenter());
    register(ModelCard.class, new ModelCardPresenter());
    register(Evaluated.class, new EvaluationPresenter());
    register(ImageGallery.class, new ImageGalleryPresenter());
    register(Reproduction.class, new ReproductionPresenter());
    register(ExperimentList.class, new ExperimentListPresenter());
    register(PaperReport.class, new PaperReportPresenter());
    register(Table.class, of(TableView::of));
    register(Figure.class, of(figure -> PlotlyFigures.of(figure).view()));
  }

  private Presenters() {}

  private static <T> void register(Class<T> type, Presenter<T> presenter) {
    ALL.put(type, presenter);
  }

  /** What can be shown, and no more. */
  private static <T> Presenter<T> of(Function<T, View> view) {
    return (value, shown) -> view.apply(value);
  }

  /**
   * Which results are more than text in a cell.
   *
   * @return the types, exactly; besides them, whatever is made for a page, {@link Viewable}
   */
  public static Set<Class<?>> types() {
    return java.util.Collections.unmodifiableSet(ALL.keySet());
  }

  /**
   * The page that a cell shows of a result.
   *
   * @param result of a magic or of the library
   * @throws EngramException if it is none
   */
  public static View view(Object result) {
    return view(result, DisplayLimits.BY_DEFAULT);
  }

  /**
   * The page that a cell shows of a result.
   *
   * @param result of a magic or of the library
   * @param shown how much of it
   * @throws EngramException if it is none
   */
  public static View view(Object result, DisplayLimits shown) {
    return result instanceof Viewable itself
        ? itself.view()
        : presenter(result).view(result, shown);
  }

  /**
   * The numbers of a result as a table.
   *
   * @param result of a magic or of the library
   * @throws EngramException if it is none, or has no table
   */
  public static Table table(Object result) {
    return presenter(result).table(result, DisplayLimits.BY_DEFAULT);
  }

  /**
   * The first rows of a result's table.
   *
   * @param result of a magic or of the library
   * @param rows how many, from 1
   * @throws EngramException if it is none, or has no table
   */
  public static Table table(Object result, int rows) {
    Table table = presenter(result).table(result, DisplayLimits.first(rows));
    return table.rowCount() > rows ? table.first(rows) : table;
  }

  /**
   * Writes a result.
   *
   * @param result of a magic or of the library
   * @param file by whose end the format is known: of a table .csv, .tsv, .parquet, .json, .npy,
   *     .npz, .tex or .safetensors, of a figure .svg, .png or .pdf, of the whole page .html; what
   *     Engram wrote there of the same kind is replaced
   * @return one sentence that says what was written
   * @throws EngramException if it is no result, is nothing of that format, or cannot be written
   *     there
   */
  public static String save(Object result, String file) {
    Class<?> type = result.getClass();
    if (!isResult(type)) {
      presenter(result); // says so
    }
    ResultFile to = new ResultFile(UserPath.of(file), hasTable(type), hasFigure(type));
    return to.write(saved(result, DisplayLimits.BY_DEFAULT));
  }

  /**
   * What a result can be saved as.
   *
   * @param shown how much of it is in its figure and on its page; its table has all rows
   */
  public static Saved saved(Object result, DisplayLimits shown) {
    return new Saved(
        () -> wholeTable(result),
        () ->
            result instanceof PlotlyFigure itself
                ? itself
                : presenter(result).figure(result, shown),
        () -> page(result, shown).standalone(),
        () ->
            ALL.containsKey(result.getClass())
                ? presenter(result).arrays(result)
                : Optional.empty());
  }

  /**
   * A result as one file: the page that its cell shows, or a larger one where it has one.
   *
   * @param result of a magic or of the library
   * @throws EngramException if it is none
   */
  public static Standalone page(Object result) {
    return page(result, DisplayLimits.BY_DEFAULT);
  }

  private static Standalone page(Object result, DisplayLimits shown) {
    if (result instanceof Standalone itself) {
      return itself;
    }
    return result instanceof Viewable itself
        ? Presenter.page(itself.view())
        : presenter(result).page(result, shown);
  }

  /** Whether values of a type are results that can be saved. */
  public static boolean isResult(Class<?> type) {
    return type != View.class
        && type != Object.class
        && (type.isSealed()
            ? Arrays.stream(type.getPermittedSubclasses()).allMatch(Presenters::isResult)
            : ALL.containsKey(type) || Viewable.class.isAssignableFrom(type));
  }

  /**
   * The table of a result with all its rows.
   *
   * @param result of a magic or of the library
   * @throws EngramException if it is none, or has no table
   */
  public static Table wholeTable(Object result) {
    return presenter(result).table(result, DisplayLimits.ALL);
  }

  /**
   * Whether results of a type have a table, so that {@link #save} writes them.
   *
   * @param type of a result, or one that results have in common
   */
  public static boolean hasTable(Class<?> type) {
    return has("table", type);
  }

  /**
   * Whether results of a type have a figure.
   *
   * @param type of a result, or one that results have in common
   */
  public static boolean hasFigure(Class<?> type) {
    return type == PlotlyFigure.class || has("figure", type);
  }

  private static boolean has(String part, Class<?> type) {
    if (type.isSealed()) {
      return Arrays.stream(type.getPermittedSubclasses()).allMatch(each -> has(part, each));
    }
    Presenter<?> presenter = ALL.get(type);
    return presenter != null
        && Arrays.stream(presenter.getClass().getDeclaredMethods())
            .anyMatch(method -> method.getName().equals(part) && method.isBridge());
  }

  /**
   * The chart or picture of a result.
   *
   * @param result of a magic or of the library
   * @throws EngramException if it is none, or has no figure
   */
  public static PlotlyFigure figure(Object result) {
    return result instanceof PlotlyFigure itself
        ? itself
        : presenter(result).figure(result, DisplayLimits.BY_DEFAULT);
  }

  /**
   * The chart of a ranking with as many bars as are wanted.
   *
   * @param result of a magic or of the library
   * @param bars how many, from 1; a chart has at most 40
   * @throws EngramException if it is no ranking
   */
  public static PlotlyFigure figure(Object result, int bars) {
    Presenter<Object> presenter = presenter(result);
    if (!presenter.isRanking()) {
      throw new EngramException(
          "The type %s is no ranking, of which a figure could show the first %d; write figure(x)."
              .formatted(TypeName.of(result.getClass()), bars));
    }
    return presenter.figure(result, DisplayLimits.first(bars));
  }

  /**
   * The strongest images that an atlas has of a neuron.
   *
   * @param atlas of the model
   */
  public static View ofAtlas(Atlas atlas, Neuron neuron) {
    return AtlasPresenter.strongest(atlas, neuron);
  }

  /**
   * What an atlas has of some neurons, a row for each.
   *
   * @param atlas of the model
   */
  public static View ofAtlas(Atlas atlas, List<Neuron> neurons) {
    return AtlasPresenter.rows(atlas, neurons);
  }

  /**
   * What the site of an atlas has become.
   *
   * @param site that was written
   */
  public static View written(AtlasSite.Written site) {
    return AtlasPresenter.written(site);
  }

  @SuppressWarnings("unchecked") // registered with its own type
  private static Presenter<Object> presenter(Object result) {
    @Nullable Presenter<?> known = ALL.get(result.getClass());
    if (known == null) {
      throw new EngramException(
          "Engram shows results of its magics and of Lab; the type %s is none of them."
              .formatted(TypeName.of(result.getClass())));
    }
    return (Presenter<Object>) known;
  }
}
