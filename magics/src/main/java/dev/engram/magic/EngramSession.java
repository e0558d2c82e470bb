package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.Dataset;
import dev.engram.data.DatasetOptions;
import dev.engram.data.Datasets;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.Survey;
import dev.engram.dissect.ValueVectors;
import dev.engram.dissect.WordDictionary;
import dev.engram.edit.BackgroundKeys;
import dev.engram.edit.EditHistory;
import dev.engram.hub.Hub;
import dev.engram.hub.HubName;
import dev.engram.hub.HubSettings;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.model.Precision;
import dev.engram.model.Weight;
import dev.engram.trace.Tokens;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the magics of one notebook share: the model, the images, and what was computed of them once.
 * A new model or set takes the place of the old one only when it has been loaded.
 */
final class EngramSession {
  /** The name of the embedded default model. */
  static final String ICONCLIP = "iconclip";

  /** The name of the embedded default set. */
  static final String VISENT_MINI = "visent-mini";

  private final Supplier<HubSettings> hub;
  private @Nullable LoadedModel loaded;
  private @Nullable ImageSet images;
  private final Map<String, Double> taughtAccuracies = new HashMap<>();

  EngramSession() {
    this(HubSettings::ofEnvironment);
  }

  /**
   * @param hub where models of the hub come from; asked when one is named
   */
  EngramSession(Supplier<HubSettings> hub) {
    this.hub = hub;
  }

  /**
   * What a user points at: one image, or an entity, which means all its images.
   *
   * @param title for captions
   * @param images at least one
   * @param label the text that belongs to it, "" if none is known
   */
  record Selection(String title, List<LabelledImage> images, String label) {
    List<Path> files() {
      return images.stream().map(LabelledImage::file).toList();
    }

    /**
     * @param given what the user wants it called, null for its own label
     * @throws EngramException if there is neither
     */
    String text(@Nullable String given) {
      if (given == null && label.isEmpty()) {
        throw new EngramException(
            "The image "
                + title
                + " belongs to no entity, so it has no label; give one with --label TEXT.");
      }
      return given == null ? label : given;
    }
  }

  /**
   * Loads a model in the place of the one there is.
   *
   * @param name {@value #ICONCLIP}, a folder, or a model of the hub
   * @param device {@code auto}, {@code cpu} or {@code gpu}
   */
  Clip load(String name, String device, Precision precision, Progress progress) {
    return use(open(name, device, precision, progress));
  }

  /**
   * Opens a model beside the one there is.
   *
   * @param name {@value #ICONCLIP}, a folder, or a model of the hub
   * @param device {@code auto}, {@code cpu} or {@code gpu}
   * @return to be closed by the caller
   */
  Clip open(String name, String device, Precision precision, Progress progress) {
    Optional<HubName> onHub = onHub(name);
    Path directory = modelDirectory(name, progress);
    if (onHub.isPresent()) {
      return Clip.load(directory, onHub.get().toString(), device, precision, progress);
    }
    return name.equals(ICONCLIP)
        ? Clip.load(directory, ICONCLIP, device, precision, progress)
        : Clip.load(directory, device, precision, progress);
  }

  /**
   * @param name {@value #ICONCLIP}, a folder, or a model of the hub, which is downloaded if the
   *     cache does not hold it
   * @throws EngramException if there is none
   */
  Path modelDirectory(String name, Progress progress) {
    Optional<HubName> onHub = onHub(name);
    if (onHub.isPresent()) {
      return new Hub(hub.get()).model(onHub.get(), progress);
    }
    Path directory = name.equals(ICONCLIP) ? Iconclip.model() : path(name);
    if (!Files.exists(directory)) {
      throw new EngramException(
          "There is no model directory "
              + directory.toAbsolutePath()
              + "; give a folder that holds model.safetensors and config.json, owner/name for a"
              + " model of the Hugging Face hub, or "
              + ICONCLIP
              + " for the embedded model.");
    }
    return directory;
  }

  /** Whether a name means a model of the hub: a folder that exists comes first. */
  private static Optional<HubName> onHub(String name) {
    Optional<HubName> wanted = HubName.of(name);
    if (wanted.isEmpty() || HubName.isAddress(name)) {
      return wanted;
    }
    if (Files.exists(path(name))) {
      return Optional.empty();
    }
    Path folder = path(wanted.get().owner());
    if (Files.isDirectory(folder)) {
      // Rather a mistyped path than a name for the world.
      throw new EngramException(
          "There is no model in %s, and the folder %s is there; write %s%s for the model of the hub."
              .formatted(path(name), folder, HubName.PREFIX, wanted.get()));
    }
    return wanted;
  }

  /** Puts a model in the place of the one there is; closes it if it cannot. */
  Clip use(Clip clip) {
    LoadedModel fresh;
    try {
      clip.hash(); // every result needs it; it can fail, and takes a second that can be interrupted
      fresh = new LoadedModel(clip);
      Progress.checkInterrupt();
    } catch (Throwable t) {
      clip.close();
      throw t;
    }
    LoadedModel old = loaded;
    loaded = fresh;
    taughtAccuracies.clear();
    if (old != null) {
      old.close();
    }
    return clip;
  }

  /**
   * @param name {@value #VISENT_MINI}, a folder or a list
   * @param split of a data set that has splits; null for all images
   * @return an image set, not yet that of the session: see {@link #use(ImageSet)}
   */
  static ImageSet read(String name, @Nullable String split) {
    return name.equals(VISENT_MINI) && split == null
        ? ImageSet.read(Iconclip.entities())
            .named(VISENT_MINI)
            .withBackground(ImageSet.read(Iconclip.background()))
        : Datasets.imageSet(name.equals(VISENT_MINI) ? Iconclip.entities() : path(name), split);
  }

  /**
   * @param name {@value #VISENT_MINI}, a folder or a list; null for the entities of the open images
   * @param classes names of classes, for ImageNet's folders
   */
  Dataset dataset(@Nullable String name, boolean skipUnreadable, @Nullable Path classes) {
    if (name != null && !name.equals(VISENT_MINI)) {
      return Datasets.open(
          path(name), new DatasetOptions(skipUnreadable, classes == null ? null : home(classes)));
    }
    if (classes != null) {
      throw new EngramException("A file of class names is for ImageNet's folders; leave it out.");
    }
    return Dataset.of(name == null ? images() : read(name, null));
  }

  /** Puts an image set in the place of the one there is. */
  void use(ImageSet fresh) {
    Progress.checkInterrupt();
    images = fresh;
  }

  /**
   * @param name as a user writes it, perhaps from the home directory
   */
  static Path path(String name) {
    try {
      return home(Path.of(name));
    } catch (InvalidPathException e) {
      throw new EngramException("'" + e.getInput() + "' is no path of this system.", e);
    }
  }

  /** A path that starts with {@code ~} begins in the home directory, as in a shell. */
  static Path home(Path path) {
    return path.startsWith("~")
        ? Path.of(System.getProperty("user.home")).resolve(Path.of("~").relativize(path))
        : path;
  }

  boolean hasImages() {
    return images != null;
  }

  boolean hasModel() {
    return loaded != null;
  }

  private LoadedModel loaded() {
    if (loaded == null) {
      throw new EngramException(
          "No model is loaded yet; run %model for the embedded one, or %model DIR|OWNER/NAME.");
    }
    return loaded;
  }

  /** The model with its edits. */
  Clip model() {
    return loaded().history().model();
  }

  /** The edits of the model; what applies or undoes one changes {@link #model}. */
  EditHistory history() {
    return loaded().history();
  }

  /** Background keys of the model as it was read, kept for the next edit. */
  Map<Weight, BackgroundKeys> keys(
      List<Weight> weights, List<LabelledImage> from, Tokens tokens, Progress progress) {
    return loaded().keys(weights, from, tokens, progress);
  }

  /** Whether the model is the embedded one, of which every page says that it is small. */
  boolean isIconclip() {
    return model().directory().equals(Iconclip.model());
  }

  Attributor attributor() {
    return loaded().attributor();
  }

  Heatmapper heatmapper() {
    return loaded().heatmapper();
  }

  ImageSet images() {
    if (images == null) {
      throw new EngramException(
          "No images are open yet; run %images for the embedded set, or %images DIR.");
    }
    return images;
  }

  /** Whether the open set is the embedded one. */
  boolean isVisentMini() {
    return images().root().equals(Iconclip.entities());
  }

  ValueVectors valueVectors() {
    return loaded().valueVectors();
  }

  /** What the open set does to every neuron: one pass of all its images, kept for the next page. */
  Survey survey(Reading reading, Progress progress) {
    return loaded().survey(images(), reading, progress);
  }

  /**
   * @param wanted an entity, an image of the set, or a file
   * @throws EngramException if there is neither, with the nearest names
   */
  Selection select(String wanted) {
    if (images == null && Files.isRegularFile(path(wanted))) {
      Path file = path(wanted);
      String name = String.valueOf(file.getFileName());
      return new Selection(name, List.of(new LabelledImage(file, name, "", "", "")), "");
    }
    EngramException noEntity;
    try {
      Entity entity = images().entity(wanted);
      return new Selection(entity.title(), entity.images(), entity.label());
    } catch (EngramException e) {
      noEntity = e;
    }
    if (!wanted.contains("/") && !wanted.contains(".") && !Files.exists(path(wanted))) {
      throw noEntity;
    }
    LabelledImage image = images().image(wanted.startsWith("~") ? path(wanted).toString() : wanted);
    return new Selection(shortName(image), List.of(image), image.label());
  }

  /**
   * @param wanted entities, images of the set, files, and folders of images, taken together
   * @return their images, each once; the label that all of them have, "" if there is none
   * @throws EngramException if one of them is nothing of that kind
   */
  Selection selectAll(List<String> wanted) {
    List<Selection> parts = wanted.stream().map(this::selectOrFolder).toList();
    List<String> labels = parts.stream().map(Selection::label).distinct().toList();
    return new Selection(
        parts.stream().map(Selection::title).collect(Collectors.joining(", ")),
        parts.stream().flatMap(p -> p.images.stream()).distinct().toList(),
        labels.size() == 1 ? labels.get(0) : "");
  }

  private Selection selectOrFolder(String wanted) {
    Path file = path(wanted);
    if (Files.isDirectory(file)) {
      ImageSet folder = ImageSet.read(file);
      return new Selection(folder.name(), folder.images(), "");
    }
    boolean isPath = file.isAbsolute() || wanted.startsWith(".") || wanted.endsWith("/");
    if (isPath && !Files.exists(file)) {
      throw new EngramException("There is no folder and no image " + file + ".");
    }
    return select(wanted);
  }

  /**
   * @param name what is taught
   * @param label the text that stands for it
   * @param from its images, as {@link #selectAll} takes them
   * @param shots how many of them teach it, the first ones; null for all
   */
  Lesson lesson(String name, String label, List<String> from, @Nullable Integer shots) {
    if (name.isBlank()) {
      throw new EngramException("A name is needed, got ''.");
    }
    Selection all = selectAll(from);
    int n = all.images.size();
    if (shots != null && (shots < 1 || shots > n)) {
      throw new EngramException(
          "--shots takes 1 to %d, the images of %s; got %d.".formatted(n, all.title, shots));
    }
    int count = shots == null ? n : shots;
    return new Lesson(
        name,
        label,
        new Selection(all.title, all.images.subList(0, count), ""),
        new Selection(all.title, all.images.subList(count, n), ""));
  }

  /** Remembers the accuracy on a name after an insertion, which the baselines are to match. */
  void taught(String name, double accuracy) {
    taughtAccuracies.put(name, accuracy);
  }

  /**
   * @return the accuracy on a name after its last insertion, 0 to 1; 1 if there was none
   */
  double taughtAccuracy(String name) {
    return taughtAccuracies.getOrDefault(name, 1.0);
  }

  /** Reads the images of a selection, (3, S, S) each. */
  List<float[]> pixels(Selection chosen, Progress progress) {
    List<float[]> pixels = new ArrayList<>();
    for (LabelledImage image : chosen.images()) {
      progress.step("reading images", pixels.size(), chosen.images().size());
      pixels.add(model().processor().process(image.file()));
    }
    return pixels;
  }

  /**
   * @return how a user would name an image: {@code panda/3}, or its file's name
   */
  String shortName(LabelledImage image) {
    List<Entity> entities = images == null ? List.of() : images.entities();
    for (Entity e : entities) {
      int index = e.images().indexOf(image);
      if (index >= 0) {
        return e.name() + "/" + index;
      }
    }
    return String.valueOf(image.file().getFileName());
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
    return loaded().dictionary(wordSource(wanted), progress);
  }

  /**
   * @param wanted a file of words or a built-in list; null for the model's own words, else English
   */
  WordSource wordSource(@Nullable String wanted) {
    if (wanted != null) {
      return WordSource.of(wanted);
    }
    Path own = model().directory().resolve("words.txt");
    return isIconclip()
        ? WordSource.iconclip()
        : Files.isRegularFile(own) ? new WordSource("words.txt", own) : WordSource.english();
  }

  /** Arrays that the engine holds for the model: constant from cell to cell. */
  String managedArrays() {
    return loaded == null
        ? "0"
        : String.valueOf(model().original().manager().getManagedArrays().size());
  }

  /** Where the model computes, for {@code %engram}. */
  String device() {
    if (loaded == null) {
      return "no model loaded";
    }
    String note = model().batches().note();
    String precision = model().precision() == Precision.F32 ? "" : " in " + model().precision();
    return "%s%s (%s)%s"
        .formatted(
            model().device(), precision, model().deviceReason(), note.isEmpty() ? "" : "; " + note);
  }
}
