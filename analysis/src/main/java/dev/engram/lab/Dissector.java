package dev.engram.lab;

import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Attribution;
import dev.engram.data.ImageSelection;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.ConceptGraph;
import dev.engram.dissect.Heatmap;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.NeuronReport;
import dev.engram.dissect.NeuronReport.Seen;
import dev.engram.dissect.NeuronReporter;
import dev.engram.dissect.QueryAnalyzer;
import dev.engram.dissect.QueryEffects;
import dev.engram.dissect.Survey;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.WordDictionary;
import dev.engram.model.Clip;
import dev.engram.model.ImageProcessor;
import dev.engram.model.ImageReader;
import dev.engram.trace.Neuron;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Answers what is asked of single neurons: where they look, what they say, what drives them. */
final class Dissector {
  /** Images whose heatmaps are made at once: a trace keeps the attention values of every token. */
  private static final int HEATMAPS = 4;

  private final Lab lab;
  private final OpenModel open;
  private final Clip clip;
  private final Progress progress;

  Dissector(Lab lab, OpenModel open, Progress progress) {
    this.lab = lab;
    this.open = open;
    this.clip = open.history().model();
    this.progress = progress;
  }

  /** The neuron itself, if the model has it. */
  private Neuron known(Neuron neuron) {
    return clip.config().vision().space().known(neuron);
  }

  Heatmaps heatmaps(List<LabelledImage> all, Neuron neuron) {
    Neuron known = known(neuron);
    ImageProcessor processor = clip.processor();
    List<ImageHeatmap> out = new ArrayList<>();
    for (int i = 0; i < all.size(); i += HEATMAPS) {
      progress.step("drawing heatmaps", i, all.size());
      List<LabelledImage> part = all.subList(i, Math.min(all.size(), i + HEATMAPS));
      List<BufferedImage> pictures = part.stream().map(x -> ImageReader.read(x.file())).toList();
      List<Heatmap> heatmaps =
          open.heatmapper().heatmaps(pictures.stream().map(processor::process).toList(), known);
      for (int b = 0; b < part.size(); b++) {
        out.add(
            new ImageHeatmap(
                new Picture(lab.nameOf(part.get(b)), processor.crop(pictures.get(b))),
                heatmaps.get(b).on(part.get(b).name())));
      }
    }
    progress.step("drawing heatmaps", all.size(), all.size());
    return new Heatmaps(known, out);
  }

  Glance glance(Neuron neuron) {
    Neuron known = known(neuron);
    WordDictionary words = open.dictionaryAtHand();
    Survey survey = lab.hasImages() ? open.surveyAtHand(lab.images()) : null;
    double[] lengths = open.valueVectors().lengths(known.block(), known.layer());
    double length = lengths[known.column(clip.config().vision().headWidth())];
    return new Glance(
        known,
        length,
        Arrays.stream(lengths).filter(each -> each < length).count() / (double) lengths.length,
        words == null ? null : words(List.of(known), new int[] {1}, words).get(0),
        survey == null ? List.of() : survey.effects(known));
  }

  Interpretations words(Interpret request) {
    List<Neuron> which = request.neurons().stream().map(this::known).toList();
    int[] signs = new int[which.size()];
    Arrays.fill(signs, 1);
    Target target = request.turnedFor();
    if (target != null) {
      String label = lab.select(target).label();
      Attribution a = lab.attribute(Attribute.of(target).label(label));
      Arrays.setAll(signs, i -> a.sign(which.get(i)));
    }
    return new Interpretations(words(which, signs, lab.dictionary(request.words())));
  }

  private List<Interpretation> words(List<Neuron> neurons, int[] signs, WordDictionary known) {
    return new Interpreter(clip, known).interpret(neurons, signs, ValueReading.LINEAR, progress);
  }

  QueryEffects queries(Target target, Neuron neuron) {
    Neuron known = known(neuron);
    ImageSelection chosen = lab.select(target);
    return new QueryAnalyzer(clip)
        .effects(lab.pixels(chosen), known, progress)
        .titled(chosen.title());
  }

  Evolutions evolve(Evolve request) {
    Neuron start = known(request.neuron());
    new QueryAnalyzer(clip).requireDefined(start);
    List<LabelledImage> images =
        request.images().stream().map(t -> lab.select(t).images().get(0)).toList();
    // first: what is wrong with it should not be told after minutes
    WordDictionary known = lab.dictionary(request.words());
    List<ConceptGraph> graphs = new ArrayList<>();
    for (LabelledImage image : images) {
      graphs.add(
          ConceptGraph.grow(
              new QueryAnalyzer(clip),
              clip.processor().process(image.file()),
              start,
              request.depth(),
              request.branch(),
              progress));
    }
    List<Evolution> out = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      out.add(evolution(request, images.get(i), graphs.get(i), known, shared(graphs, i)));
    }
    return new Evolutions(out);
  }

  /** Neurons of a graph that another one holds too. */
  private static Set<Neuron> shared(List<ConceptGraph> graphs, int of) {
    Set<Neuron> others = new HashSet<>();
    for (int i = 0; i < graphs.size(); i++) {
      if (i != of) {
        others.addAll(graphs.get(i).nodes().keySet());
      }
    }
    others.retainAll(graphs.get(of).nodes().keySet());
    return others;
  }

  private Evolution evolution(
      Evolve request,
      LabelledImage of,
      ConceptGraph graph,
      WordDictionary known,
      Set<Neuron> shared) {
    List<Neuron> neurons = List.copyOf(graph.nodes().keySet());
    Map<Neuron, Interpretation> words = new HashMap<>();
    words(neurons, neurons.stream().mapToInt(n -> 1).toArray(), known)
        .forEach(i -> words.put(i.neuron(), i));
    Map<Neuron, ImageHeatmap> heatmaps = new HashMap<>();
    for (Neuron n : neurons) {
      heatmaps.put(n, heatmaps(List.of(of), n).strongest());
    }
    return new Evolution(
        lab.nameOf(of),
        graph,
        words,
        heatmaps,
        shared,
        Provenance.of(
            clip,
            "image",
            of.name(),
            "depth",
            request.depth() + ", branch " + request.branch(),
            "effects",
            "Eq. 13 to 20, layer norms folded"));
  }

  Described describe(Describe request) {
    Neuron neuron = known(request.neuron());
    lab.images();
    new Heatmapper(clip).requireDefined(neuron);
    boolean speaks = clip.config().hasText() || request.words() != null;
    // first: what is wrong with it should not be told after minutes
    WordDictionary words = speaks ? lab.dictionary(request.words()) : null;
    NeuronReport report =
        new NeuronReporter(clip, lab.survey(request.reading()), lab.valueVectors(), words)
            .report(neuron, NeuronReporter.Settings.DEFAULT.seeded(request.seed()), progress);
    Map<LabelledImage, ImageHeatmap> heatmaps = new HashMap<>();
    Stream.of(report.highest(), report.lowest(), report.random())
        .flatMap(List::stream)
        .forEach(seen -> heatmaps.put(seen.image(), looked(seen)));
    LabelledImage strongest = report.strongest().image();
    return new Described(
        report,
        heatmaps,
        words == null ? null : lab.chance(words),
        request,
        new Described.Source(
            clip.name(),
            clip.directory(),
            clip.precision(),
            clip.isResized() ? clip.config().imageSize() : 0,
            lab.images().root(),
            isBackground(strongest) ? strongest.name() : lab.nameOf(strongest)));
  }

  private ImageHeatmap looked(Seen seen) {
    LabelledImage image = seen.image();
    return new ImageHeatmap(
        new Picture(lab.titleOf(image), clip.processor().crop(ImageReader.read(image.file()))),
        seen.heatmap());
  }

  private boolean isBackground(LabelledImage image) {
    return lab.images().background().contains(image);
  }
}
