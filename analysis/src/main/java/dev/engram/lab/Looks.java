package dev.engram.lab;

import dev.engram.Progress;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Heatmap;
import dev.engram.dissect.Heatmapper;
import dev.engram.lab.ExploredNeuron.Look;
import dev.engram.model.ImageProcessor;
import dev.engram.model.ImageReader;
import dev.engram.trace.Neuron;
import java.awt.image.BufferedImage;
import java.util.AbstractList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Draws the heatmaps of many neurons on many images: each image is read once and passes through the
 * model once, whatever number of neurons look at it.
 */
final class Looks {
  private final Lab lab;
  private final Heatmapper heatmapper;
  private final Progress progress;
  private final Map<LabelledImage, Picture> pictures = new LinkedHashMap<>();
  private final Map<LabelledImage, Map<Neuron, Heatmap>> maps = new HashMap<>();

  Looks(Lab lab, Heatmapper heatmapper, Progress progress) {
    this.lab = lab;
    this.heatmapper = heatmapper;
    this.progress = progress;
  }

  /** Why a neuron has no heatmaps; "" if it has. */
  String undefined(Neuron n) {
    return Explorer.undefined(() -> heatmapper.requireDefined(n));
  }

  /** Draws what is to be seen; a neuron without heatmaps gets pictures alone. */
  void draw(List<Map<Neuron, List<Look>>> seen) {
    Map<LabelledImage, Set<Neuron>> wanted = new LinkedHashMap<>();
    for (Map<Neuron, List<Look>> some : seen) {
      some.forEach(
          (n, all) ->
              all.forEach(
                  look -> wanted.computeIfAbsent(look.image(), k -> new LinkedHashSet<>()).add(n)));
    }
    Set<Neuron> blind = new LinkedHashSet<>();
    seen.forEach(
        some -> some.keySet().stream().filter(n -> !undefined(n).isEmpty()).forEach(blind::add));
    List<LabelledImage> images = List.copyOf(wanted.keySet());
    List<Set<Neuron>> neurons = List.copyOf(wanted.values());
    neurons.forEach(n -> n.removeAll(blind));
    List<Map<Neuron, Heatmap>> drawn = heatmapper.heatmaps(pixels(images), neurons, progress);
    for (int i = 0; i < images.size(); i++) {
      maps.put(images.get(i), drawn.get(i));
    }
  }

  /** What the model takes, read when it is asked for; what it sees is kept for the page. */
  private List<float[]> pixels(List<LabelledImage> images) {
    ImageProcessor processor = lab.model().processor();
    return new AbstractList<>() {
      @Override
      public float[] get(int i) {
        LabelledImage image = images.get(i);
        BufferedImage read = ImageReader.read(image.file());
        pictures.put(image, new Picture(lab.titleOf(image), processor.crop(read)));
        return processor.process(read);
      }

      @Override
      public int size() {
        return images.size();
      }
    };
  }

  /** The same with their heatmaps. */
  List<Look> drawn(Neuron n, List<Look> seen) {
    return seen.stream()
        .map(
            look -> {
              Heatmap map = maps.getOrDefault(look.image(), Map.of()).get(n);
              return new Look(
                  look.image(),
                  look.coefficient(),
                  Optional.ofNullable(map).map(m -> m.on(look.image().name())));
            })
        .toList();
  }

  /** Every image that was drawn. */
  Map<LabelledImage, Picture> pictures() {
    return pictures;
  }
}
