package dev.engram.lab;

import dev.engram.Provenance;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.Atlas.TopList;
import dev.engram.attribution.Score;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.ResidualByChance;
import dev.engram.trace.Neuron;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Linked pages of several neurons, the first ones first. All that a page shows is here, so that it
 * can be drawn where no model is.
 *
 * @param title what was explored
 * @param subjects what the neurons were scored on; a neuron names one by its position
 * @param scores what every neuron was scored by; neurons are ranked by the first
 * @param neurons the pages
 * @param pictures every image of a page once, as the model sees it, titled as a user would name it
 * @param queryWords what query neurons say
 * @param chance what words leave unsaid of random vectors
 * @param provenance where the numbers come from
 * @param atlas the strongest images of a whole data set; null for none
 */
public record Exploration(
    String title,
    List<Subject> subjects,
    List<Score> scores,
    List<ExploredNeuron> neurons,
    Map<LabelledImage, Picture> pictures,
    Map<Neuron, Interpretation> queryWords,
    ResidualByChance chance,
    Provenance provenance,
    @Nullable OfAtlas atlas)
    implements Explored {
  /**
   * Images that neurons were scored on.
   *
   * @param title as people call them
   * @param label the text
   * @param shown those that the pages show, at most {@value #MOST_SHOWN}, evenly spread
   * @param images how many there are
   * @param cosine mean over all of them, with the label
   */
  public record Subject(
      String title, String label, List<LabelledImage> shown, int images, double cosine) {
    /** Images of a subject that a page shows at most. */
    public static final int MOST_SHOWN = 10;

    /** Keeps a copy. */
    public Subject {
      shown = List.copyOf(shown);
    }
  }

  /**
   * What an atlas knows of the neurons.
   *
   * @param images how many of which set, and which atlas, a phrase
   * @param strongest of each neuron the images with the largest coefficients; the smallest where it
   *     is turned around
   */
  public record OfAtlas(String images, Map<Neuron, List<Atlas.Top>> strongest) {
    /** Keeps a copy. */
    public OfAtlas {
      strongest = Map.copyOf(strongest);
    }
  }

  /** Keeps copies. */
  public Exploration {
    subjects = List.copyOf(subjects);
    scores = List.copyOf(scores);
    neurons = List.copyOf(neurons);
    pictures = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(pictures));
    queryWords = Map.copyOf(queryWords);
  }

  /**
   * The same with the strongest images of an atlas of the model.
   *
   * @param from of the model that was explored
   */
  public Exploration in(Atlas from) {
    Map<Neuron, List<Atlas.Top>> strongest = new LinkedHashMap<>();
    for (ExploredNeuron n : neurons) {
      TopList list = n.sign() < 0 ? TopList.LOWEST : TopList.HIGHEST;
      strongest.put(n.neuron(), from.tops(n.neuron(), list));
    }
    String images =
        String.format(
            Locale.ROOT,
            "all %,d images of %s, as the atlas %s has them",
            from.manifest().images(),
            from.manifest().set(),
            from.folder().getFileName());
    return new Exploration(
        title,
        subjects,
        scores,
        neurons,
        pictures,
        queryWords,
        chance,
        provenance,
        new OfAtlas(images, strongest));
  }

  /**
   * What a neuron was scored on.
   *
   * @param neuron one of the pages
   */
  public Subject subject(ExploredNeuron neuron) {
    return subjects.get(neuron.subject());
  }

  /**
   * An image as the model sees it.
   *
   * @param image one of a page
   */
  public Picture picture(LabelledImage image) {
    return Objects.requireNonNull(pictures.get(image), "no image of a page");
  }

  @Override
  public String toString() {
    return title + ": " + neurons.stream().map(n -> n.neuron().toString()).toList();
  }
}
