package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.Dataset;
import dev.engram.data.DatasetOptions;
import dev.engram.data.Datasets;
import dev.engram.data.Entity;
import dev.engram.data.ImageSelection;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.data.UserPath;
import dev.engram.dissect.Survey;
import dev.engram.dissect.ValueVectors;
import dev.engram.dissect.WordDictionary;
import dev.engram.dissect.WordList;
import dev.engram.edit.EditHistory;
import dev.engram.hub.HubSettings;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Lab;
import dev.engram.lab.Target;
import dev.engram.model.Clip;
import dev.engram.model.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
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
  private @Nullable ImageSet embedded;
  private final Lab lab = Lab.empty().cache(Iconclip.cache());

  EngramSession() {
    this(HubSettings::ofEnvironment);
  }

  /**
   * @param hub where models of the hub come from; asked when one is named
   */
  EngramSession(Supplier<HubSettings> hub) {
    this.models = new ModelNames(hub);
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
   * @param device {@code auto}, {@code cpu} or {@code gpu}
   */
  Clip load(String name, String device, Precision precision, Progress progress) {
    Clip clip = models.open(name, device, precision, progress);
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

  /** The entities that a line may name: of the open set, else of the embedded one. */
  List<Entity> entitiesAtHand() {
    if (hasImages()) {
      return images().entities();
    }
    if (embedded == null) {
      embedded = ImageSet.read(Iconclip.entities());
    }
    return embedded.entities();
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

  /** The model's folder; null for the embedded one, which everybody has. */
  @Nullable Path modelFolder() {
    Path folder = model().directory();
    return folder.equals(Iconclip.model()) ? null : folder;
  }

  Attributor attributor() {
    return lab.attributor();
  }

  ImageSet images() {
    return lab.images();
  }

  /** Whether the open set is the embedded one. */
  boolean isVisentMini() {
    return images().root().equals(Iconclip.entities());
  }

  ValueVectors valueVectors() {
    return lab.valueVectors();
  }

  /** What the open set does to every neuron: one pass of all its images, kept for the next page. */
  Survey survey(Reading reading, Progress progress) {
    return lab.progress(progress).survey(reading);
  }

  /**
   * @param wanted an entity, an image of the set, a file or a folder
   * @throws EngramException if it is nothing of that kind, with the nearest names
   */
  ImageSelection select(String wanted) {
    return lab.select(Target.of(wanted));
  }

  /** Reads the images of a selection, (3, S, S) each. */
  List<float[]> pixels(ImageSelection chosen, Progress progress) {
    return lab.progress(progress).pixels(chosen);
  }

  /**
   * @return how a user would name an image: {@code panda/3}, or its file's name
   */
  String shortName(LabelledImage image) {
    return lab.nameOf(image);
  }

  /**
   * @return how any magic finds an image of the set: {@code panda/3}, or its path within the set
   */
  String argument(LabelledImage image) {
    return images().background().contains(image) ? image.name() : shortName(image);
  }

  /**
   * @param wanted a file of words or a built-in list; null for the model's own words, else English
   */
  WordDictionary dictionary(@Nullable String wanted, Progress progress) {
    WordSource source = wordSource(wanted);
    return lab.progress(progress).dictionary(source.name(), source.words());
  }

  /**
   * @param wanted a file of words or a built-in list; null for the model's own words, else English
   */
  WordSource wordSource(@Nullable String wanted) {
    if (wanted != null) {
      return WordSource.of(wanted);
    }
    Path folder = modelFolder();
    if (folder == null) {
      return WordSource.iconclip();
    }
    Path own = folder.resolve(WordList.FILE);
    return Files.isRegularFile(own) ? new WordSource(WordList.FILE, own) : WordSource.english();
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
    String precision = model().precision() == Precision.F32 ? "" : " in " + model().precision();
    return "%s%s (%s)%s"
        .formatted(
            model().device(), precision, model().deviceReason(), note.isEmpty() ? "" : "; " + note);
  }
}
