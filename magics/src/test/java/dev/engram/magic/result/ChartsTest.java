package dev.engram.magic.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.data.Entity;
import dev.engram.dissect.Survey.Effect;
import dev.engram.magic.result.Charts.Series;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Charts say what is not seen of them, and nothing in them hides another thing. */
class ChartsTest {
  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(t -> texts.add(t.asText()));
    return texts;
  }

  @Test
  void theOutermostBinsSayThatTheyHoldWhatLiesFartherOut() {
    double[] even = IntStream.range(0, 1000).mapToDouble(i -> (i - 499.5) / 5000).toArray();
    double[] far = DoubleStream.concat(DoubleStream.of(even), DoubleStream.of(-7, 9)).toArray();
    JsonNode figure = Histograms.of("title", "change", Map.of("full", far)).toJson();
    JsonNode counts = figure.at("/data/0/y");
    assertEquals(40, counts.size());
    double sum = 0;
    for (JsonNode count : counts) {
      sum += count.asDouble();
    }
    assertEquals(1002, sum, "none is lost");
    JsonNode axis = figure.at("/layout/xaxis");
    assertEquals(List.of("≤ −0.094", "−0.05", "0", "0.05", "≥ 0.094"), texts(axis.at("/ticktext")));
    JsonNode centres = figure.at("/data/0/x");
    assertEquals(centres.get(0), axis.at("/tickvals/0"));
    assertEquals(centres.get(39), axis.at("/tickvals/4"));
  }

  @Test
  void aHistogramOfNothingIsDrawn() {
    Histograms.of("title", "change", Map.of("full", new double[0]));
    Histograms.of("title", "change", Map.of("full", new double[] {0, 0}));
    assertEquals("NaN", Histograms.digits(Double.NaN, 2));
  }

  private static List<Effect> effects(double... improvements) {
    return DoubleStream.of(improvements)
        .mapToObj(i -> new Effect(new Entity("e" + i, "things", "a thing", List.of()), i, 1, 1))
        .toList();
  }

  @Test
  void barsThatHaveNoLengthAreNamedInTheTitle() {
    Neuron neuron = Neuron.parse("L4F707");
    JsonNode figure =
        NeuronFigures.entities(neuron, effects(0.345, 0.0225, 0.0025, 0, -0.000123, -0.004))
            .toJson();
    assertEquals("[0.345,0.0225,-0.004]", figure.at("/data/0/x").toString());
    assertEquals(
        "Improvement by L4F707 on 3 of 6 entities"
            + "<br><sub>the others lie between −0.00012 and 0.0025</sub>",
        figure.at("/layout/title/text").asText());
    JsonNode none = NeuronFigures.entities(neuron, effects(0, 0)).toJson();
    assertEquals("Improvement by L4F707", none.at("/layout/title/text").asText());
    assertEquals(2, none.at("/data/0/x").size());
  }

  @Test
  void linesThatLieOnOneAnotherAreToldApart() {
    List<Series> same =
        IntStream.range(0, 9)
            .mapToObj(i -> Series.of("s" + i, List.of(1, 3, 10), new double[] {1, 2, 3}))
            .toList();
    JsonNode traces = Charts.around("title", "x", "y", same).toJson().at("/data");
    assertTrue(traces.at("/0/line/width").asInt() > 2 * traces.at("/1/line/width").asInt());
    Set<String> looks = new HashSet<>();
    traces.forEach(
        t -> {
          assertEquals("scatter", t.at("/type").asText());
          looks.add(t.at("/line/dash").asText() + t.at("/marker/symbol").asText());
        });
    assertEquals(9, looks.size());
  }
}
