package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Baseline;
import dev.engram.attribution.FeatureAttribution;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.data.Entity;
import dev.engram.data.ImageSelection;
import dev.engram.data.LabelledImage;
import dev.engram.data.Spread;
import dev.engram.dissect.Fall;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.ValueReading;
import dev.engram.lab.DescribedFeature.OfEntity;
import dev.engram.lab.Exploration.Subject;
import dev.engram.lab.ExploredNeuron.Scored;
import dev.engram.lab.FeatureExploration.Look;
import dev.engram.model.Clip;
import dev.engram.model.ImageReader;
import dev.engram.sae.FeatureAttributor;
import dev.engram.sae.FeatureReader;
import dev.engram.sae.FeatureSurvey;
import dev.engram.sae.SparseAutoencoder;
import dev.engram.trace.Feature;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Gathers what the pages of features show of the open images. */
final class FeaturePages {
  /** Open images on a page of an exploration. */
  private static final int DRIVING = 6;

  private final Lab lab;
  private final Clip clip;
  private final SparseAutoencoder sae;
  private final FeatureReader reader;
  private final Progress progress;

  FeaturePages(Lab lab, SparseAutoencoder sae, Progress progress) {
    this.lab = lab;
    this.clip = lab.model();
    this.sae = sae;
    this.reader = new FeatureReader(clip, sae);
    this.progress = progress;
  }

  /** What a feature does for each entity of the open images, the most improved first. */
  List<OfEntity> entities(Feature feature, Reading by) {
    return lab.featureSurvey(by).effects(feature).stream()
        .map(
            e ->
                new OfEntity(
                    e.entity().title(), e.entity().label(), e.improvement(), e.coefficient()))
        .toList();
  }

  private List<float[]> pixels(List<LabelledImage> images) {
    return clip.pixels(images.stream().map(LabelledImage::file).toList());
  }

  FeatureExploration explore(ExploreFeatures request, Features features) {
    Reading first = FeatureAttributor.usual(sae.hook());
    request.features().forEach(sae::known);
    lab.dictionary(request.words()); // what is wrong with it is told first
    Target images = request.images();
    ImageSelection chosen =
        images != null ? lab.select(images) : servedBy(request.features().get(0), first);
    String label = chosen.text(request.label());
    List<Score> scores = new ArrayList<>();
    List<FeatureAttribution> attributions;
    try (FeatureAttributor attributor = new FeatureAttributor(clip, sae)) {
      scores.add(first);
      for (Reading reading : Reading.values()) {
        if (reading != first && FeatureAttributor.isDefined(sae.hook(), reading)) {
          scores.add(reading);
        }
      }
      scores.add(Baseline.ACTIVATION);
      attributions = attributor.attribute(chosen.images(), label, scores, progress);
    }
    Set<Feature> all = new LinkedHashSet<>(request.features());
    for (FeatureAttribution.Ranked ranked : attributions.get(0).top(request.top() + all.size())) {
      if (all.size() < request.top()) {
        all.add(ranked.feature());
      }
    }
    List<Feature> which = List.copyOf(all);
    List<LabelledImage> shown = Spread.of(chosen.images(), Subject.MOST_SHOWN);
    List<FeatureInterpretations.OfFeature> words =
        features.words(which, request.words()).features();
    Map<LabelledImage, float[][]> read = new LinkedHashMap<>();
    List<List<LabelledImage>> driving = driving(which, first, shown, read);
    float[] text = clip.embedTexts(List.of(label), Progress.NONE)[0];
    // read once: they pass for each feature
    List<Fall> falls = reader.falls(List.copyOf(pixels(shown)), text, which, progress);
    List<FeatureExploration.OfFeature> pages = new ArrayList<>();
    for (int f = 0; f < which.size(); f++) {
      Feature feature = which.get(f);
      Map<Score, Scored> scored = new LinkedHashMap<>();
      for (FeatureAttribution a : attributions) {
        scored.put(a.by(), new Scored(a.score(feature), a.rank(feature)));
      }
      pages.add(
          new FeatureExploration.OfFeature(
              feature,
              scored,
              attributions.get(0).coefficient(feature),
              looks(shown, read, f),
              looks(driving.get(f), read, f),
              words.get(f),
              entities(feature, first),
              falls.get(f)));
    }
    Map<LabelledImage, Picture> pictures = new LinkedHashMap<>();
    read.keySet().forEach(image -> pictures.put(image, picture(image)));
    Interpreter interpreter = new Interpreter(clip, lab.dictionary(request.words()));
    Provenance provenance =
        FeatureAttributor.provenance(clip, sae)
            .with("images", lab.images().name(), "label", "\"" + label + "\"")
            .with("entities", "reading " + first, "map", "m = f s of each patch");
    for (var entry : interpreter.provenance(ValueReading.LINEAR).entries().entrySet()) {
      provenance = provenance.with(entry.getKey(), entry.getValue());
    }
    return new FeatureExploration(
        images == null
            ? String.join(", ", request.features().stream().map(Feature::toString).toList())
            : chosen.title(),
        sae.hook().toString(),
        new Subject(
            chosen.title(), label, shown, chosen.images().size(), attributions.get(0).cosine()),
        scores,
        pages,
        pictures,
        lab.chance(lab.dictionary(request.words())),
        provenance);
  }

  /** The entity that a feature improves most. */
  private ImageSelection servedBy(Feature feature, Reading by) {
    OfEntity best =
        entities(feature, by).stream()
            .findFirst()
            .orElseThrow(
                () ->
                    new EngramException(
                        "The open images have no entities; name images to explore %s on."
                            .formatted(feature)));
    return ImageSelection.of(entity(best));
  }

  /** The entity of the open images that a result means. */
  Entity entity(OfEntity result) {
    return lab.images().entities().stream()
        .filter(e -> e.title().equals(result.title()) && e.label().equals(result.label()))
        .findFirst()
        .orElseThrow();
  }

  /** The open images in which each is most active; all that are shown are read. */
  private List<List<LabelledImage>> driving(
      List<Feature> features,
      Reading by,
      List<LabelledImage> shown,
      Map<LabelledImage, float[][]> read) {
    FeatureSurvey survey = lab.featureSurvey(by);
    List<List<LabelledImage>> out = new ArrayList<>();
    Set<LabelledImage> wanted = new LinkedHashSet<>(shown);
    for (Feature feature : features) {
      List<LabelledImage> best = survey.strongest(feature).stream().limit(DRIVING).toList();
      out.add(best);
      wanted.addAll(best);
    }
    List<LabelledImage> images = List.copyOf(wanted);
    Map<Integer, float[][]> maps = new HashMap<>();
    reader.read(pixels(images), features, progress, maps::put);
    for (int i = 0; i < images.size(); i++) {
      read.put(images.get(i), maps.getOrDefault(i, new float[0][]));
    }
    return out;
  }

  private static List<Look> looks(
      List<LabelledImage> images, Map<LabelledImage, float[][]> read, int feature) {
    List<Look> out = new ArrayList<>();
    for (LabelledImage image : images) {
      float[] m = read.getOrDefault(image, new float[0][])[feature];
      double[] patches = new double[m.length - 1];
      Arrays.setAll(patches, p -> m[1 + p]);
      out.add(new Look(image, m[0], patches));
    }
    return out;
  }

  private Picture picture(LabelledImage image) {
    return new Picture(lab.titleOf(image), clip.processor().crop(ImageReader.read(image.file())));
  }

  /** The maps of one feature on some images. */
  FeatureMaps maps(Feature feature, List<LabelledImage> images) {
    List<FeatureMaps.OfImage> maps = new ArrayList<>();
    Map<LabelledImage, float[][]> read = new LinkedHashMap<>();
    reader.read(pixels(images), List.of(feature), progress, (i, m) -> read.put(images.get(i), m));
    for (Look look : looks(images, read, 0)) {
      maps.add(new FeatureMaps.OfImage(picture(look.image()), look.coefficient(), look.patches()));
    }
    return new FeatureMaps(
        feature,
        clip.config().patchesAlongSide(),
        maps,
        FeatureAttributor.provenance(clip, sae)
            .with("images", String.valueOf(images.size()), "map", "m = f s of each patch"));
  }

  /** How far an entity's images fall without a feature. */
  Fall fall(Entity entity, Feature feature) {
    float[] text = clip.embedTexts(List.of(entity.label()), Progress.NONE)[0];
    return reader.falls(pixels(entity.images()), text, List.of(feature), progress).get(0);
  }
}
