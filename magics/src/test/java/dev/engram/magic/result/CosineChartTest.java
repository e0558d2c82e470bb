package dev.engram.magic.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The chart that CONTRIBUTING.md shows has its bars, and escapes what comes from outside. */
class CosineChartTest {
  @Test
  void hasABarForEachImage() {
    ObjectNode json =
        CosineChart.draw("<b>ghost</b>", List.of("a<i>", "b"), List.of(0.25, 0.5)).toJson();
    assertEquals(0.5, json.at("/data/0/y/1").asDouble());
    assertEquals("a&lt;i&gt;", json.at("/data/0/x/0").asText());
    assertFalse(json.toString().contains("<b>ghost"), json::toString);
  }
}
