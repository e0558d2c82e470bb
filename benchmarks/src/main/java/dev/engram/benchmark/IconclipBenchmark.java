package dev.engram.benchmark;

import dev.engram.Progress;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.dissect.Heatmap;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.WordDictionary;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a cell of the first notebook costs, with the embedded model: run {@code
 * org.openjdk.jmh.Main} on the class path of this module.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class IconclipBenchmark {
  private final Neuron neuron = Neuron.parse("L3F212");
  private final Clip clip = Clip.from(Iconclip.model()).named("iconclip").device("cpu").load();
  private final Attributor attributor = new Attributor(clip);
  private final Heatmapper heatmapper = new Heatmapper(clip);
  private final Entity entity = ImageSet.read(Iconclip.entities()).entity("santa_claus");
  private final WordDictionary dictionary =
      WordDictionary.of(clip, "words", Iconclip.words(), Progress.NONE);

  /** Fails early if the model does not know what is measured. */
  @Setup
  public void check() {
    if (!attributeEntity().top(1).get(0).neuron().equals(neuron)) {
      throw new IllegalStateException("the embedded model has changed");
    }
  }

  /** Frees the model. */
  @TearDown
  public void close() {
    clip.close();
  }

  /** What {@code %attribute santa_claus} takes: ten images. */
  @Benchmark
  public final Attribution attributeEntity() {
    return attributor.attribute(entity.images(), entity.label(), Reading.LITERAL, Progress.NONE);
  }

  /** What {@code %heatmap santa_claus/0 --neuron L3F212} takes. */
  @Benchmark
  public Heatmap heatmapOfOneImage() {
    return heatmapper.heatmap(entity.images().get(0), neuron);
  }

  /** What {@code %words L3F212} takes. */
  @Benchmark
  public List<Interpretation> wordsOfOneNeuron() {
    return new Interpreter(clip, dictionary)
        .interpret(List.of(neuron), new int[] {1}, ValueReading.LINEAR, Progress.NONE);
  }

  /** One image, read from its file and prepared. */
  @Benchmark
  public float[] readOneImage() {
    return clip.processor().process(entity.images().get(0).file());
  }
}
