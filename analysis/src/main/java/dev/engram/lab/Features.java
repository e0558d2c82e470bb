package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.FeatureAttribution;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.data.ImageSelection;
import dev.engram.data.LabelledImage;
import dev.engram.data.Spread;
import dev.engram.dissect.Fall;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.WordDictionary;
import dev.engram.model.Clip;
import dev.engram.sae.FeatureAttributor;
import dev.engram.sae.FeatureSurvey;
import dev.engram.sae.Fidelity;
import dev.engram.sae.FidelityMeter;
import dev.engram.sae.SparseAutoencoder;
import dev.engram.trace.Feature;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The features of the open sparse autoencoder, asked as neurons are asked of a {@link Lab}: which
 * ones bring images closest to a text, what they say, where they are active.
 *
 * <p>Belongs to the lab, until another autoencoder or another model takes its place.
 */
public final class Features {
  /** Images that a card is measured on, evenly spread over the open images. */
  public static final int MEASURED = 32;

  private static final int NEAREST = 5;

  private final Lab lab;
  private final SparseAutoencoder sae;
  private final Progress progress;

  Features(Lab lab, SparseAutoencoder sae, Progress progress) {
    this.lab = lab;
    this.sae = sae;
    this.progress = progress;
  }

  /** The autoencoder itself. */
  public SparseAutoencoder sae() {
    if (!sae.isOpen()) {
      throw new EngramException(
          "The autoencoder %s was closed, since another one or another model was opened; open it again."
              .formatted(sae.name()));
    }
    return sae;
  }

  private Clip clip() {
    return lab.model();
  }

  /** What the autoencoder is, not measured. */
  public SaeCard card() {
    return new SaeCard(sae(), "", null, FeatureAttributor.provenance(clip(), sae()));
  }

  /**
   * What the autoencoder is, and how faithful on open images, those that have a label if there are
   * some.
   *
   * @param images at most so many, from 1
   */
  public SaeCard measured(int images) {
    if (images < 1) {
      throw new EngramException(
          "An autoencoder is measured on a number of images from 1, got " + images + ".");
    }
    List<LabelledImage> all = lab.images().images();
    List<LabelledImage> labelled = all.stream().filter(i -> !i.label().isEmpty()).toList();
    boolean speaks = clip().config().hasText() && !labelled.isEmpty();
    List<LabelledImage> chosen = Spread.of(speaks ? labelled : all, images);
    List<String> labels =
        speaks ? chosen.stream().map(LabelledImage::label).distinct().toList() : List.of();
    float[][] texts = speaks ? clip().embedTexts(labels, Progress.NONE) : new float[0][];
    Fidelity fidelity =
        new FidelityMeter(clip(), sae())
            .measure(
                lab.pixels(new ImageSelection("", chosen, "")),
                speaks
                    ? chosen.stream().map(i -> texts[labels.indexOf(i.label())]).toList()
                    : List.of(),
                progress);
    return new SaeCard(
        sae(),
        lab.images().name(),
        fidelity,
        FeatureAttributor.provenance(clip(), sae())
            .with("images", chosen.size() + " of " + lab.images().name()));
  }

  /**
   * Which features bring images closest to their label, by the paper's score: as printed for
   * features of a block's output, by its reading {@code lens} for those of the residual stream.
   *
   * @param targets names of entities, images, files or folders
   */
  public FeatureAttribution attribute(String... targets) {
    return attribute(Target.of(targets), null, null);
  }

  /**
   * Which features bring images closest to a text.
   *
   * @param label the text; null for the images' own
   * @param by what they are scored by; null for the paper's score
   * @throws EngramException if the images have no label and none is given, an image cannot be read,
   *     or features have no such score
   */
  public FeatureAttribution attribute(Target target, @Nullable String label, @Nullable Score by) {
    ImageSelection chosen = lab.select(target);
    try (FeatureAttributor attributor = new FeatureAttributor(clip(), sae())) {
      return attributor
          .attribute(
              chosen.images(),
              chosen.text(label),
              by == null ? FeatureAttributor.usual(sae.hook()) : by,
              progress)
          .titled(chosen.title());
    }
  }

  /** What features say, in the model's own words. */
  public FeatureInterpretations words(Feature... features) {
    return words(List.of(features), null);
  }

  /**
   * What features say, in words.
   *
   * @param words the dictionary; null for the model's own
   */
  public FeatureInterpretations words(List<Feature> features, @Nullable Vocabulary words) {
    features.forEach(sae()::known);
    WordDictionary dictionary = lab.dictionary(words);
    Interpreter interpreter = new Interpreter(clip(), dictionary);
    List<Interpreter.Said> said =
        interpreter.say(
            features.stream().map(f -> sae().valueVector(clip(), f)).toList(),
            features.stream().map(f -> "feature " + f).toList(),
            ValueReading.LINEAR,
            progress);
    Provenance provenance = FeatureAttributor.provenance(clip(), sae());
    for (var entry : interpreter.provenance(ValueReading.LINEAR).entries().entrySet()) {
      provenance = provenance.with(entry.getKey(), entry.getValue());
    }
    return new FeatureInterpretations(
        IntStream.range(0, said.size())
            .mapToObj(
                i ->
                    new FeatureInterpretations.OfFeature(
                        features.get(i), said.get(i).words(), said.get(i).residual()))
            .toList(),
        provenance);
  }

  /** {@link #heatmap(Target, Feature)} of an entity, an image, a file or a folder. */
  public FeatureMaps heatmap(String target, Feature feature) {
    return heatmap(Target.of(target), feature);
  }

  /**
   * Where a feature is active in each image.
   *
   * @throws EngramException if the autoencoder has no such feature, or an image cannot be read
   */
  public FeatureMaps heatmap(Target target, Feature feature) {
    sae().known(feature); // first: without it no image is looked for
    return pages().maps(feature, lab.select(target).images());
  }

  private FeaturePages pages() {
    return new FeaturePages(lab, sae(), progress);
  }

  /**
   * All that the open images tell about one feature.
   *
   * @param reading by which entities are improved; null for the paper's score
   * @param words the dictionary; null for the model's own
   */
  public DescribedFeature describe(
      Feature feature, @Nullable Reading reading, @Nullable Vocabulary words) {
    Reading by = reading == null ? FeatureAttributor.usual(sae().hook()) : reading;
    FeatureInterpretations said = words(List.of(feature), words);
    FeaturePages pages = pages();
    List<DescribedFeature.OfEntity> entities = pages.entities(feature, by);
    FeatureSurvey survey = lab.featureSurvey(by);
    Fall fall =
        entities.isEmpty()
            ? new Fall(Double.NaN, Double.NaN, Double.NaN)
            : pages.fall(pages.entity(entities.get(0)), feature);
    return new DescribedFeature(
        feature,
        sae().hook().toString(),
        said.features().get(0),
        lab.chance(lab.dictionary(words)),
        pages.maps(feature, survey.strongest(feature)),
        lab.images().images().size(),
        survey.active(feature),
        by,
        entities,
        lab.valueVectors().nearest(sae().valueVector(clip(), feature), NEAREST),
        fall,
        said.provenance().with("images", lab.images().name(), "entities", "reading " + by));
  }

  /**
   * Linked pages of several features.
   *
   * @throws EngramException if an image has no label, or there is no such feature
   */
  public FeatureExploration explore(ExploreFeatures request) {
    return pages().explore(request, this);
  }
}
