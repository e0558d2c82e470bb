package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.atlas.Atlas;
import dev.engram.data.Dataset;
import dev.engram.data.DatasetOptions;
import dev.engram.data.Datasets;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.UserPath;
import dev.engram.edit.EditHistory;
import dev.engram.hub.HubSettings;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Lab;
import dev.engram.lab.StandIns;
import dev.engram.lab.Vocabulary;
import dev.engram.magic.result.Presenters;
import dev.engram.model.Clip;
import dev.engram.model.ClipLoader;
import dev.engram.model.OneDnn;
import dev.engram.model.Precision;
import dev.engram.trace.Neuron;
import java.nio.file.Path;
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

  /** The name of the embedded default set. */
  static final String VISENT_MINI = "visent-mini";

  private final ModelNames models;
  private final List<String> opened = new ArrayList<>();
  private @Nullable ImageSet embedded;
  private @Nullable Atlas atlas;
  private final Lab lab = Lab.empty().cache(Iconclip.cache());

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
      embedded = read(VISENT_MINI, null);
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
   * @param name {@value #VISENT_MINI}, a folder or a list
   * @param split of a data set that has splits, see {@link Datasets#imageSet}
   * @return an image set, not yet that of the session: see {@link #use(ImageSet)}
   */
  static ImageSet read(String name, @Nullable String split) {
    return name.equals(VISENT_MINI) && split == null
        ? ImageSet.read(Iconclip.entities())
            .named(VISENT_MINI)
            .withBackground(ImageSet.read(Iconclip.background()))
        : Datasets.imageSet(
            name.equals(VISENT_MINI) ? Iconclip.entities() : UserPath.of(name), split);
  }

  /**
   * @param name {@value #VISENT_MINI}, a folder or a list; null for the entities of the open images
   * @param classes names of classes, for ImageNet's folders
   */
  Dataset dataset(@Nullable String name, boolean skipUnreadable, @Nullable Path classes) {
    return dataset(name, skipUnreadable, classes, null);
  }

  /**
   * @param split what will be asked for, see {@link DatasetOptions}
   */
  Dataset dataset(
      @Nullable String name,
      boolean skipUnreadable,
      @Nullable Path classes,
      @Nullable String split) {
    if (name != null && !name.equals(VISENT_MINI)) {
      return Datasets.open(
          UserPath.of(name),
          new DatasetOptions(
              skipUnreadable, classes == null ? null : UserPath.home(classes), split));
    }
    if (classes != null) {
      throw new EngramException("A file of class names is for ImageNet's folders; leave it out.");
    }
    return Dataset.of(name == null ? images() : read(name, null));
  }

  /** Puts an image set in the place of the one there is. */
  void use(ImageSet fresh) {
    Progress.checkInterrupt();
    lab.images(fresh);
  }

  /** Puts an atlas in the place of the one there is, which stays usable for whoever has it. */
  void use(Atlas fresh) {
    atlas = fresh;
  }

  /**
   * The open atlas.
   *
   * @throws EngramException if none is open
   */
  Atlas atlas() {
    if (atlas == null) {
      throw new EngramException(
          "No atlas is open; %survey makes one of a data set, and %atlas DIR opens one.");
    }
    return atlas;
  }

  /** The open atlas if it is of the open model; null if there is none. */
  @Nullable Atlas atlasOfModel() {
    return atlas != null && atlas.isOf(model()) ? atlas : null;
  }

  /** Shows above the answer what the open atlas has of neurons, if it is of the open model. */
  void showFromAtlas(List<Neuron> neurons, MagicContext context) {
    Atlas open = atlasOfModel();
    if (open != null && !neurons.isEmpty()) {
      context.display(Presenters.ofAtlas(open, neurons));
    }
  }

  /** Where atlases lie that were given no place. */
  static Path atlases() {
    return Iconclip.cache().resolve("atlases");
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

  /**
   * How {@link SurveyMain} is told of the open model.
   *
   * @throws EngramException if it has edits, which no other process sees
   */
  List<String> modelOptions() {
    Clip clip = model();
    if (!history().edits().isEmpty()) {
      throw new EngramException(
          "The open model has edits, which another process does not see: %save it, load it (%model DIR) and ask again.");
    }
    boolean isEmbedded = clip.directory().equals(Iconclip.model());
    String name = isEmbedded ? ICONCLIP : clip.directory().toAbsolutePath().toString();
    List<String> out = new ArrayList<>(List.of("--model", name));
    out.addAll(List.of("--precision", clip.precision().toString()));
    out.addAll(List.of("--device", clip.device().startsWith("gpu") ? "gpu" : "cpu"));
    if (clip.isResized()) {
      out.addAll(List.of("--resolution", "" + clip.config().imageSize()));
    }
    return out;
  }

  /** Arrays that the engine holds for the model: constant from cell to cell. */
  String managedArrays() {
    return !hasModel()
        ? "0"
        : String.valueOf(model().original().manager().getManagedArrays().size());
  }

  /** Where the model computes, for {@code %engram}. */
  String device() {
    if (!hasModel()) {
      return "no model loaded";
    }
    String note = model().batches().note();
    String products = model().device().equals("cpu") ? "; " + OneDnn.note() : "";
    String precision = model().precision() == Precision.F32 ? "" : " in " + model().precision();
    return "%s%s (%s)%s%s"
        .formatted(
            model().device(),
            precision,
            model().deviceReason(),
            products,
            note.isEmpty() ? "" : "; " + note);
  }
}
