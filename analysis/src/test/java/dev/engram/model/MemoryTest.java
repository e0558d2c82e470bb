package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.NeuronReporter;
import dev.engram.dissect.Survey;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.ValueVectors;
import dev.engram.dissect.WordDictionary;
import dev.engram.edit.Suppression;
import dev.engram.iconclip.Iconclip;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/** An afternoon of work leaves native memory where it was. */
class MemoryTest {
  private static final int CALLS = 200;

  @Test
  void twoHundredCallsOfEachLeaveNothing() throws IOException {
    Entity entity = ImageSet.read(Iconclip.entities()).entity("panda");
    List<LabelledImage> images = entity.images().subList(0, 2);
    try (Clip clip = Clip.from(Iconclip.model()).device("cpu").load()) {
      Attributor attributor = new Attributor(clip);
      Heatmapper heatmapper = new Heatmapper(clip);
      WordDictionary dictionary =
          WordDictionary.of(clip, "words", List.of("panda", "cat", "red", "a dog"), Progress.NONE);
      Map<String, IntConsumer> work = new TreeMap<>();
      work.put(
          "attribution",
          i ->
              attributor.attribute(
                  images, entity.label(), Score.all().get(i % Score.all().size()), Progress.NONE));
      work.put(
          "heatmap",
          i -> heatmapper.heatmap(images.get(0), i % 2 == 0 ? Neuron.ffn(1, i) : neuron(i)));
      work.put(
          "words",
          i ->
              new Interpreter(clip, dictionary)
                  .interpret(
                      List.of(Neuron.ffn(0, i), neuron(i)),
                      new int[] {1, -1},
                      ValueReading.LINEAR,
                      Progress.NONE));
      ImageSet few = ImageSet.read(Iconclip.entities().resolve("animals/panda")); // no entities
      Survey survey = Survey.of(clip, attributor, few, Reading.LITERAL, Progress.NONE);
      NeuronReporter reporter =
          new NeuronReporter(clip, survey, new ValueVectors(clip), dictionary);
      work.put(
          "report",
          i ->
              reporter.report(
                  neuron(i), new NeuronReporter.Settings(1, 0, 1, 1, i), Progress.NONE));
      List<float[]> pixels = List.of(clip.processor().process(images.get(0).file()));
      work.put(
          "suppression",
          i -> new Suppression(clip).residual(pixels, List.of(Neuron.ffn(0, i), neuron(i))));
      work.put(
          "removal", i -> new Suppression(clip).complete(pixels, List.of(neuron(i)), Tokens.CLASS));
      work.put("texts", i -> clip.embedTexts(List.of("a", "a panda " + i), Progress.NONE));

      work.values().forEach(w -> w.accept(0));
      int arrays = clip.manager().getManagedArrays().size();
      long before = 0;
      for (int i = 0; i < CALLS; i++) {
        if (i == CALLS / 4) { // allocators have what they want
          before = residentKilobytes();
        }
        for (Map.Entry<String, IntConsumer> w : work.entrySet()) {
          w.getValue().accept(i);
          assertEquals(arrays, clip.manager().getManagedArrays().size(), w.getKey());
        }
      }
      long grown = residentKilobytes() - before;
      // The Java heap, which may grow to 3 GB, is part of it: a leak of a trace a call is not.
      assertTrue(grown < 300_000, "grown by " + grown + " kB");
    }
  }

  private static Neuron neuron(int i) {
    return Neuron.msa(0, i % 2, i % 8);
  }

  /** What the process holds of the machine's memory; 0 where it cannot be read. */
  private static long residentKilobytes() throws IOException {
    System.gc();
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(l -> l.startsWith("VmRSS:"))
        .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")))
        .sum();
  }
}
