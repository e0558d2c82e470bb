package dev.engram.attribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The closed form agrees with the equations written out, on noise and on all kinds of neurons. */
class ImprovementTest {
  static Stream<Arguments> models() {
    List<Path> models =
        List.of(
            Iconclip.model(),
            Path.of("src/test/resources/reference/models/nonsquare"),
            Path.of("src/test/resources/reference/models/openclip_naming"));
    return models.stream().flatMap(m -> Stream.of(Reading.values()).map(r -> Arguments.of(m, r)));
  }

  @ParameterizedTest
  @MethodSource("models")
  void closedFormIsTheNaiveForm(Path model, Reading reading) {
    Random random = new Random(20261122);
    try (Clip clip = Clip.from(model).device("cpu").load()) {
      List<float[]> pixels = IntStream.range(0, 3).mapToObj(i -> noise(clip, random)).toList();
      float[] text = new float[clip.config().projectionWidth()];
      for (int i = 0; i < text.length; i++) {
        text[i] = (float) random.nextGaussian();
      }
      NeuronSpace space = clip.config().vision().space();
      NaiveImprovement naive = new NaiveImprovement(clip);
      try (Trace trace = clip.trace(pixels, TraceRequest.classToken(), List.of())) {
        float[][] scores = new Improvement(clip).scores(trace, text, reading);
        for (int i = 0; i < 200; i++) {
          int image = random.nextInt(3);
          Neuron n = space.neuron(random.nextInt(space.count()));
          double expected = naive.score(trace, image, text, n, reading);
          assertEquals(
              expected,
              scores[image][space.index(n)],
              2e-7 + 2e-5 * Math.abs(expected),
              n::toString);
        }
      }
    }
  }

  private static float[] noise(Clip clip, Random random) {
    float[] p = new float[3 * clip.config().imageSize() * clip.config().imageSize()];
    for (int i = 0; i < p.length; i++) {
      p[i] = (float) random.nextGaussian();
    }
    return p;
  }
}
