package dev.engram.kernel.jjava;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import org.dflib.jjava.jupyter.kernel.history.HistoryEntry;
import org.dflib.jjava.jupyter.kernel.history.HistoryManager.ResultFlag;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CellHistoryTest {
  private final CellHistory history = new CellHistory();

  private static List<String> inputs(List<HistoryEntry> entries) {
    return entries.stream().map(HistoryEntry::getInput).toList();
  }

  @BeforeEach
  void threeCells() {
    history.ran(1, "a.b");
    history.ran(2, "axb");
    history.ran(3, "a.b");
    history.returned(3, "out");
  }

  @Test
  void tailRangeAndSearch() {
    assertEquals(List.of("axb", "a.b"), inputs(history.lookupTail(2)));
    assertEquals(List.of("axb"), inputs(history.lookupRange(0, 2, 3)));
    assertEquals(List.of(), inputs(history.lookupRange(9, 1, 3)));
    assertEquals(List.of("a.b", "a.b"), inputs(history.search("a.*", 0)));
    assertEquals(List.of("a.b"), inputs(history.search("*.b", 0, ResultFlag.UNIQUE)));
  }

  @Test
  void outputsOnRequest() {
    assertEquals("out", history.lookupTail(1, ResultFlag.INCLUDE_OUTPUT).get(0).getOutput());
    assertFalse(history.lookupTail(1).get(0).hasOutput());
  }
}
