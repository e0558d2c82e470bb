package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.Dataset;
import dev.engram.data.ImageSelection;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.QueryEffects;
import dev.engram.dissect.ResidualByChance;
import dev.engram.dissect.Survey;
import dev.engram.dissect.ValueVectors;
import dev.engram.dissect.WordDictionary;
import dev.engram.edit.EditHistory;
import dev.engram.experiment.ExperimentSettings;
import dev.engram.experiment.ResultStore;
import dev.engram.experiment.ZeroShot;
import dev.engram.model.Clip;
import dev.engram.sae.FeatureSurvey;
import dev.engram.sae.SparseAutoencoder;
import dev.engram.trace.Neuron;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one door to the library: a model with its edits, the images that are looked at, and what was
 * computed of them. Each question is a request with the defaults of the notebook's magic; each
 * answer is a plain record.
 *
 * <p>Owns the model's native memory until it is closed. Not for several threads at once.
 */
public final class Lab implements AutoCloseable {
  private final LabState state;
  private final OpenImages images;
  private final Progress progress;

  private Lab(LabState state, Progress progress) {
    this.state = state;
    this.images = state.images();
    this.progress = progress;
  }

  /** A lab without a model; {@link #use} brings one. */
  public static Lab empty() {
    return new Lab(new LabState(), Progress.NONE);
  }

  /**
   * Opens a model, on a GPU if there is one.
   *
   * @param directory holds safetensors, configuration, tokenizer.json
   * @throws EngramException if something is missing, damaged or of an unknown architecture
   */
  public static Lab open(Path directory) {
    return of(Clip.from(directory).load());
  }

  /**
   * @param clip a model as it was read; belongs to the lab from now on, and is closed if this fails
   */
  public static Lab of(Clip clip) {
    Lab lab = empty();
    lab.use(clip);
    return lab;
  }

  /** Opens a set, whose entities and images requests name, in the place of the one there is. */
  public Lab images(ImageSet set) {
    images.use(set);
    state.forgetAccuracies();
    return this;
  }

  /** Takes what a question needs where no model or no images are open; they then are. */
  public Lab otherwise(StandIns what) {
    state.otherwise(what);
    return this;
  }

  /**
   * The same lab for one who watches: its questions tell a bar of what takes long, and the bar
   * stops them. This one here stays silent; model, edits and images are those of both, and either
   * closes them.
   */
  public Lab progress(Progress bar) {
    return new Lab(state, bar);
  }

  /** Keeps results, dictionaries and surveys below a folder, which may be deleted at any time. */
  public Lab cache(Path folder) {
    state.cache(folder);
    return this;
  }

  /** Puts a model in the place of the old one; it is the lab's now, and closed if this fails. */
  public void use(Clip clip) {
    state.use(clip);
  }

  /** Whether a model is loaded. */
  public boolean hasModel() {
    return state.hasModel();
  }

  private OpenModel open() {
    return state.model();
  }

  /** The model with its edits. */
  public Clip model() {
    return open().history().model();
  }

  /** The edits of the model; what applies or undoes one changes {@link #model}. */
  public EditHistory history() {
    return open().history();
  }

  /** Whether a set is open. */
  public boolean hasImages() {
    return images.isOpen();
  }

  /** The open images; refuses if none are open. */
  public ImageSet images() {
    return images.set();
  }

  /** The images that a target means; refuses a name that means nothing, with the nearest names. */
  public ImageSelection select(Target target) {
    return images.select(target);
  }

  /** Reads images as the model takes them: (3, S, S) each, row-major. */
  public List<float[]> pixels(ImageSelection chosen) {
    return open().pixels(chosen, progress);
  }

  /** How a user would name an image: {@code panda/3}, or its file's name. */
  public String nameOf(LabelledImage image) {
    return images.shortName(image);
  }

  /** The same for a caption: a background image is called by what it shows. */
  String titleOf(LabelledImage image) {
    boolean isBackground = hasImages() && images().background().contains(image);
    return isBackground && !image.entity().isEmpty() ? image.entity() : nameOf(image);
  }

  /** The same of entities, images, files or folders under their label, by the score as printed. */
  public Attribution attribute(String... targets) {
    return attribute(Attribute.of(targets));
  }

  /**
   * Which neurons bring images closest to a text.
   *
   * @throws EngramException if the images have no label and the request has none, or an image
   *     cannot be read
   */
  public Attribution attribute(Attribute request) {
    ImageSelection chosen = images.select(request.target());
    return open()
        .attributor()
        .attribute(chosen.images(), chosen.text(request.label()), request.by(), progress)
        .titled(chosen.title());
  }

  /** {@link #heatmap(Target, Neuron)} of an entity, an image, a file or a folder. */
  public Heatmaps heatmap(String target, Neuron neuron) {
    return heatmap(Target.of(target), neuron);
  }

  /** Where a neuron looks in each image; refuses one that has no map, or is not there. */
  public Heatmaps heatmap(Target target, Neuron neuron) {
    Dissector dissector = dissector(); // first: without a model no image is looked for
    return dissector.heatmaps(images.select(target).images(), neuron);
  }

  private Dissector dissector() {
    return new Dissector(this, open(), progress);
  }

  /** What neurons say, in words of the model's own dictionary. */
  public Interpretations words(Neuron... neurons) {
    return words(Interpret.of(List.of(neurons)));
  }

  /** What neurons say, in words. */
  public Interpretations words(Interpret request) {
    return dissector().words(request);
  }

  /** {@link #queries(Target, Neuron)} of an entity, an image, a file or a folder. */
  public QueryEffects queries(String target, Neuron neuron) {
    return dissector().queries(Target.of(target), neuron);
  }

  /** How images come closer to a text, null for their own label, from block to block (Sec. 1). */
  public LensCurve lens(Target target, @Nullable String label) {
    return network().lens(target, label);
  }

  /** How every patch of an image stands to texts, none for its own label, from layer to layer. */
  public LensMaps lensMaps(Target target, List<String> labels) {
    return network().lensMaps(target, labels);
  }

  /** Where a token of an image attends to, head by head. */
  public AttentionMaps attention(Attend request) {
    return network().attention(request);
  }

  /** What each attention head writes to the embedding, and what it says in words. */
  public HeadReadings heads(ReadHeads request) {
    return network().heads(request);
  }

  /** What single activations of another image carry: activation patching. */
  public PatchedActivations patch(PatchActivations request) {
    return network().patch(request);
  }

  /** Activations as the forward pass computes them; refuses what Java's memory does not hold. */
  public Activations activations(ReadActivations request) {
    return new ActivationReader(this, model(), progress).read(request);
  }

  /** Opens a sparse autoencoder, its folder or its weights, in the place of the one there is. */
  public Features sae(Path given) {
    return new Features(this, open().use(SparseAutoencoder.open(given, model())), progress);
  }

  /** Whether a sparse autoencoder is open. */
  public boolean hasFeatures() {
    return hasModel() && open().hasSae();
  }

  /** The features of the open autoencoder; refuses if none is open. */
  public Features features() {
    return new Features(this, open().sae(), progress);
  }

  private NetworkReader network() {
    return new NetworkReader(this, model(), progress);
  }

  /** How a concept grows from earlier ones (A.5). */
  public Evolutions evolve(Evolve request) {
    return dissector().evolve(request);
  }

  /** All that the open images tell about one neuron. */
  public Described describe(Describe request) {
    return dissector().describe(request);
  }

  /** What can be told of a neuron at once, of what was computed before. */
  public Glance glance(Neuron neuron) {
    return dissector().glance(neuron);
  }

  /** Linked pages of several neurons: the best of an entity or an image, or some that are named. */
  public Exploration explore(Explore request) {
    return new Explorer(this, open().heatmapper(), request, progress).explore();
  }

  /** Which neurons there are. */
  public Neurons find(FindNeurons request) {
    return new Searcher(this, progress).find(request);
  }

  /** The model, and which edits it has taken. */
  public ModelCard card() {
    Clip clip = model();
    return new ModelCard(clip, clip.hash(), history().edits());
  }

  /** Which edits the model has taken. */
  public Edits edits() {
    return Edits.of(history());
  }

  /** The embeddings of a vocabulary, null for the model's own, made once; belong to the lab. */
  public WordDictionary dictionary(@Nullable Vocabulary words) {
    Vocabulary known = words == null ? Vocabulary.of(model()) : words;
    return open().dictionary(known, state.dictionaries(), progress);
  }

  /** Previews the removal of an entity: what it changes; {@link Forgotten#apply} makes it so. */
  public Forgotten forget(Forget request) {
    return new Forgetter(open(), images, progress).forget(request);
  }

  /** Previews an insertion by editing a weight; {@link Taught#apply} makes it so. */
  public Taught teach(Teach request) {
    Taught taught = new Teacher(open(), images, progress).teach(request);
    state.remember(taught);
    return taught;
  }

  /**
   * Previews a training, which stops near the accuracy of the last edit that taught the name.
   *
   * @return what it changes; {@link Tuned#apply} makes it so
   */
  public Tuned tune(Tune request) {
    return new Tuner(open(), images, progress).tune(request, state.wanted(request));
  }

  /** Which block brings images closest to a name when its output is replaced by the guide's. */
  public Traced trace(TraceBlocks request) {
    return new Tracer(open(), images, progress).trace(request);
  }

  /** Zero-shot accuracy; refuses an image that cannot be read, unless it is to be skipped. */
  public Evaluated evaluate(Evaluate request) {
    Dataset chosen = request.where().resolve(images);
    Dataset dataset = chosen == null ? Dataset.of(images.set()) : chosen;
    ResultStore store = request.fresh() ? state.results().fresh() : state.results();
    ZeroShot zeroShot = new ZeroShot(model(), dataset, request.settings(), store);
    return new Evaluated(zeroShot.run(progress), zeroShot.kept(), null);
  }

  /**
   * Runs an experiment on the open images: {@code lab.run(Table4.standard().steps(200))}.
   *
   * @param settings of the experiment
   * @return its numbers, the paper's beside them; parts are kept if there is a cache
   */
  public <R> R run(ExperimentSettings<R> settings) {
    return reproduce(Reproduce.of(settings)).result();
  }

  /** The same on data sets, if the request names them. */
  public <R> Reproduced<R> reproduce(Reproduce<R> request) {
    return new Reproducer<>(request, model(), images, state.results(), progress)
        .run(() -> dictionary(request.words()));
  }

  /** Scores neurons; belongs to the lab. */
  public Attributor attributor() {
    return open().attributor();
  }

  /** The value vectors of all neurons; belong to the lab. */
  public ValueVectors valueVectors() {
    return open().valueVectors();
  }

  /** What the open images do to every neuron: one pass of them, kept for the next question. */
  public Survey survey(Reading reading) {
    return open().survey(images.set(), reading, state.surveys(), progress);
  }

  /** What the open images do to every feature: one pass of them, kept for the next question. */
  FeatureSurvey featureSurvey(Reading reading) {
    return open().features(images.set(), reading, state.surveys(), progress);
  }

  /** What words leave unsaid of random vectors; made once for a dictionary. */
  ResidualByChance chance(WordDictionary dictionary) {
    return open().chance(dictionary, progress);
  }

  /** Frees the model, with its edits and what lies in its memory. */
  @Override
  public void close() {
    state.close();
  }
}
