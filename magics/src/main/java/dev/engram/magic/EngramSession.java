package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.edit.EditHistory;
import dev.engram.hub.HubSettings;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Lab;
import dev.engram.lab.StandIns;
import dev.engram.lab.Vocabulary;
import dev.engram.model.Clip;
import dev.engram.model.ClipLoader;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What the magics of one notebook share: the {@link Lab}, and what a user may call a model, a set
 * or a dictionary. A new model or set takes the place of the old one only when it has been loaded.
 */
final class EngramSession {
  /** The name of the embedded default model. */
  static final String ICONCLIP = ModelNames.ICONCLIP;

  private final ModelNames models;
  private final List<String> opened = new ArrayList<>();
  private @Nullable ImageSet embedded;
  private String imagesName = ImageNames.VISENT_MINI;
  private final Lab lab = Lab.empty().cache(Iconclip.cache());
  private final OpenAtlas atlas = new OpenAtlas(lab);

  EngramSession() {
    this(HubSettings::ofEnvironment);
  }

  /**
   * @param hub where models of the hub come from; asked when one is named
   */
  EngramSession(Supplier<HubSettings> hub) {
    this.models = new ModelNames(hub);
    lab.otherwise(new StandIns(this::embeddedModel, this::embeddedImages));
  }

  private Clip embeddedModel() {
    opened.add("No model was loaded, so the embedded one is: %model iconclip. Others: %model?");
    return models.open(ICONCLIP, UnaryOperator.identity(), Progress.NONE);
  }

  private ImageSet embeddedImages() {
    opened.add(
        "No images were open, so the embedded ones are: %images visent-mini. Others: %images?");
    return visentMini();
  }

  /** Listed once, whether Tab asks first or a magic. */
  private ImageSet visentMini() {
    if (embedded == null) {
      embedded = ImageNames.read(ImageNames.VISENT_MINI, null);
    }
    return embedded;
  }

  /** What was opened by itself since this was last asked, a sentence each. */
  List<String> openedByItself() {
    List<String> sentences = List.copyOf(opened);
    opened.clear();
    return sentences;
  }

  /**
   * The library, for one call of a magic.
   *
   * @param progress is told of what takes long, and stops it
   */
  Lab lab(Progress progress) {
    return lab.progress(progress);
  }

  /** What {@code %engram} says of the open model. */
  ModelFacts facts() {
    return new ModelFacts(lab);
  }

  /** The atlas that is open, if one is. */
  OpenAtlas atlas() {
    return atlas;
  }

  /** What a user may call a model. */
  ModelNames models() {
    return models;
  }

  /**
   * Loads a model in the place of the one there is.
   *
   * @param name {@value #ICONCLIP}, a folder, or a model of the hub
   * @param how it is loaded: device, precision, resolution
   */
  Clip load(String name, UnaryOperator<ClipLoader> how, Progress progress) {
    Clip clip = models.open(name, how, progress);
    lab.use(clip);
    return clip;
  }

  /**
   * Loads the open model again, in another way.
   *
   * @throws EngramException if it has edits, which would be lost
   */
  Clip reload(UnaryOperator<ClipLoader> how, Progress progress) {
    int edits = history().edits().size();
    if (edits > 0) {
      throw new EngramException(
          "%s has %s, which loading it again would lose: %%undo, or keep them by %%edits --save FILE"
                  .formatted(model().name(), edits == 1 ? "an edit" : edits + " edits")
              + " or %save DIR; %model with its name loads it without them.");
    }
    return load(ModelNames.of(model()), how, progress);
  }

  /**
   * Puts an image set in the place of the one there is.
   *
   * @param name by which {@link ImageNames} read it
   */
  void use(String name, ImageSet fresh) {
    Progress.checkInterrupt();
    lab.images(fresh);
    imagesName = name;
  }

  /** The name of the open images, or of the embedded ones if none are open. */
  String imagesName() {
    return hasImages() ? imagesName : ImageNames.VISENT_MINI;
  }

  /** The entities that a line may name: of the open images, else of the embedded ones. */
  List<Entity> entitiesAtHand() {
    return (hasImages() ? images() : visentMini()).entities();
  }

  boolean hasImages() {
    return lab.hasImages();
  }

  boolean hasModel() {
    return lab.hasModel();
  }

  /** The model with its edits. */
  Clip model() {
    return lab.model();
  }

  /** The edits of the model; what applies or undoes one changes {@link #model}. */
  EditHistory history() {
    return lab.history();
  }

  ImageSet images() {
    return lab.images();
  }

  /**
   * What a user calls a neuron.
   *
   * @throws EngramException if the model has none of that name; it says which ones there are
   */
  Neuron neuron(String name) {
    return model().config().vision().space().neuron(name);
  }

  /** What a user calls neurons, each as {@link #neuron} takes it. */
  List<Neuron> neurons(List<String> names) {
    return names.stream().map(this::neuron).toList();
  }

  /**
   * What a user calls a dictionary.
   *
   * @param wanted a file of words or a built-in list; null for the model's own
   * @return null for the model's own words, else English
   */
  @Nullable Vocabulary vocabulary(@Nullable String wanted) {
    if (wanted != null) {
      return WordSource.of(wanted);
    }
    return model().directory().equals(Iconclip.model()) ? WordSource.iconclip() : null;
  }
}
