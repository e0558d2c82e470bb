package dev.engram.kernel;

import dev.engram.magic.MagicRunner;
import dev.engram.magic.Magics;
import dev.engram.magic.view.PlotlyFigures;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.dflib.jjava.jupyter.Extension;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;
import org.dflib.jjava.jupyter.kernel.magic.CellMagic;
import org.dflib.jjava.jupyter.kernel.magic.LineMagic;
import org.dflib.jjava.jupyter.kernel.magic.MagicsRegistry;
import tech.tablesaw.api.Table;
import tech.tablesaw.plotly.components.Figure;

/**
 * Registers Engram with a JJava kernel: magics, renderers and imports. Found by the kernel through
 * {@code META-INF/services}; nothing else of Engram is.
 */
public final class EngramExtension implements Extension {
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

  @Override
  public void install(BaseKernel kernel) {
    FigureLibrary library = new FigureLibrary();
    Displays displays = new Displays(kernel, library);
    JJavaHost host = new JJavaHost(kernel, displays);
    MagicRunner runner = new MagicRunner(Magics.all(), host);
    KernelSession session = new KernelSession(runner, library);

    MagicsRegistry registry = kernel.getMagicsRegistry();
    for (String name : runner.magics().names()) {
      LineMagic<?, BaseKernel> line = (k, arguments) -> runner.run(name, arguments, null);
      CellMagic<?, BaseKernel> cell = (k, arguments, body) -> runner.run(name, arguments, body);
      LineMagic<?, BaseKernel> help = (k, arguments) -> runner.help(name);
      registry.registerLineMagic(name, line).registerCellMagic(name, cell);
      registry.registerLineMagic(name + "?", help);
    }
    LineMagic<?, BaseKernel> run =
        (k, words) -> runner.run(words.get(0), words.size() > 1 ? words.get(1) : null);
    LineMagic<?, BaseKernel> value = (k, words) -> host.handedOver(words.get(0));
    LineMagic<?, BaseKernel> itself = (k, words) -> session;
    registry
        .registerLineMagic(MagicCall.RUN, run)
        .registerLineMagic(MagicCall.VALUE, value)
        .registerLineMagic(KernelSession.MAGIC, itself);

    render(kernel, displays, Viewable.class, Viewable::view);
    render(kernel, displays, Table.class, TableView::of);
    render(kernel, displays, Figure.class, figure -> PlotlyFigures.of(figure).view());

    kernel.evalRaw(
        IMPORTS.stream().map(name -> "import " + name + ";").collect(Collectors.joining("\n")));
  }

  private static <T> void render(
      BaseKernel kernel, Displays displays, Class<T> type, Function<T, View> view) {
    kernel
        .getRenderer()
        .createRegistration(type)
        .preferring(MIMEType.TEXT_HTML)
        .register(
            (value, context) -> displays.fill(context.getOutputContainer(), view.apply(value)));
  }
}
