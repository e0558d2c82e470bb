package dev.engram.kernel;

import static dev.engram.magic.view.PlotlyEdition.CARTESIAN;
import static dev.engram.magic.view.PlotlyEdition.FULL;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class FigureLibraryTest {
  private final FigureLibrary library = new FigureLibrary();

  @Test
  void theFirstFigureCarriesIt() {
    library.cellStarts("a", List.of());
    assertTrue(library.missing(CARTESIAN).isPresent());
    assertFalse(library.missing(CARTESIAN).isPresent());
    library.cellStarts("b", List.of());
    assertFalse(library.missing(CARTESIAN).isPresent());
  }

  @Test
  void itComesBackWhenItsCellRunsAgainOrIsDeleted() {
    library.cellStarts("a", List.of());
    assertTrue(library.missing(CARTESIAN).isPresent());
    library.cellStarts("a", List.of());
    assertTrue(library.missing(CARTESIAN).isPresent());
    library.cellStarts("b", List.of("a"));
    assertTrue(library.missing(CARTESIAN).isPresent());
  }

  @Test
  void withoutCellIdsItComesOncePerSession() {
    library.cellStarts("", List.of());
    assertTrue(library.missing(CARTESIAN).isPresent());
    library.cellStarts("", List.of());
    assertFalse(library.missing(CARTESIAN).isPresent());
  }

  @Test
  void theFullEditionServesAll() {
    assertTrue(library.missing(FULL).isPresent());
    assertFalse(library.missing(CARTESIAN).isPresent());
  }
}
