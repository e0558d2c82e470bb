package dev.engram.magic.save;

import dev.engram.magic.view.PlotlyFigure;
import java.util.Optional;
import java.util.function.Supplier;
import tech.tablesaw.api.Table;

/**
 * What a result can be saved as; each part is made when it is asked for.
 *
 * @param table all its rows
 * @param figure its chart or picture
 * @param page the whole result as one HTML file
 * @param arrays numbers that are no table; where there are some, the formats of arrays take them
 */
public record Saved(
    Supplier<Table> table,
    Supplier<PlotlyFigure> figure,
    Supplier<String> page,
    Supplier<Optional<NamedArrays>> arrays) {}
