package dev.engram.kernel;

import dev.engram.magic.view.PlotlyEdition;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Knows which cell's output holds plotly.js, so that a notebook holds it once. When that cell runs
 * again or is deleted, the library is gone with its output, and the next figure brings it again.
 */
public final class FigureLibrary {
  private final Map<PlotlyEdition, String> holders = new EnumMap<>(PlotlyEdition.class);
  private String cell = "";

  /**
   * @param id the cell that starts to run, "" if the front end does not say
   * @param deleted cells that are no longer in the notebook
   */
  public synchronized void cellStarts(String id, Collection<String> deleted) {
    cell = id;
    holders.values().removeIf(holder -> deleted.contains(holder) || sameCell(holder, id));
  }

  /**
   * @param wanted what a figure draws with
   * @return the library that its output must carry, if none does yet
   */
  synchronized Optional<PlotlyEdition> missing(PlotlyEdition wanted) {
    if (holders.containsKey(wanted) || holders.containsKey(PlotlyEdition.FULL)) {
      return Optional.empty();
    }
    holders.put(wanted, cell);
    return Optional.of(wanted);
  }

  private static boolean sameCell(String holder, String id) {
    return !id.isEmpty() && holder.equals(id);
  }
}
