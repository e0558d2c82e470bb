package dev.engram.kernel;

import dev.engram.magic.view.PlotlyEdition;
import dev.engram.magic.view.View;
import java.util.Optional;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;

/** Turns views into the kernel's display data, with plotly.js where the page has none yet. */
final class Displays {
  private final BaseKernel kernel;
  private final FigureLibrary library;

  Displays(BaseKernel kernel, FigureLibrary library) {
    this.kernel = kernel;
    this.library = library;
  }

  /** Shows a view and those before it. */
  void show(View view) {
    DisplayData data = new DisplayData();
    fill(data, view);
    kernel.display(data);
  }

  /** Shows the views before this one, and puts this one into the output that is being made. */
  void fill(DisplayData output, View view) {
    view.before().forEach(this::show);
    view.data().forEach(output::putData);
    Optional<PlotlyEdition> missing = view.plotly().flatMap(library::missing);
    missing.ifPresent(edition -> output.putHTML(edition.script() + view.html()));
  }
}
