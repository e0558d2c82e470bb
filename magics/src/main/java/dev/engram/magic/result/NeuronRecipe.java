package dev.engram.magic.result;

import dev.engram.attribution.Reading;
import dev.engram.dissect.WordList;
import dev.engram.hub.HubName;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Described;
import dev.engram.lab.Vocabulary;
import dev.engram.magic.MagicLine;
import dev.engram.model.Precision;
import dev.engram.trace.Neuron;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The lines that make a neuron's page again: magics for a notebook, and Java for the library alone.
 *
 * @param neuron of the page
 * @param modelName for people
 * @param model the model's folder; null for the embedded one
 * @param precision of the model
 * @param resolution side of its images in pixels, or 0 for that with which it learned
 * @param images the set's folder; null for the embedded one
 * @param dictionary as it was asked for; null if it was not
 * @param wordFile where its words are; null for a list that is built in
 * @param english which of the built-in lists: English, or iconclip's
 * @param wordless whether the model has no text tower, and so no words
 * @param reading of the improvements
 * @param seed of the random images
 * @param image that drives the neuron most, as a magic takes it
 */
public record NeuronRecipe(
    Neuron neuron,
    String modelName,
    @Nullable Path model,
    Precision precision,
    int resolution,
    @Nullable Path images,
    @Nullable String dictionary,
    @Nullable Path wordFile,
    boolean english,
    boolean wordless,
    Reading reading,
    long seed,
    String image) {
  /** The name of the words that iconclip was trained on. */
  public static final String ICONCLIP_WORDS = "iconclip words";

  /** What the same request was, in the words of a notebook. */
  public static NeuronRecipe of(Described d) {
    Described.Source from = d.source();
    boolean embedded = from.folder().equals(Iconclip.model());
    Vocabulary asked = d.request().words();
    boolean iconclips = asked != null && asked.name().equals(ICONCLIP_WORDS);
    Path own = from.folder().resolve(WordList.FILE);
    Path file = asked != null ? asked.file() : Files.isRegularFile(own) ? own : null;
    return new NeuronRecipe(
        d.neuron(),
        from.model(),
        embedded ? null : from.folder(),
        from.precision(),
        from.resolution(),
        from.images().equals(Iconclip.entities()) ? null : from.images(),
        asked == null || (iconclips && embedded) ? null : argument(asked, iconclips),
        file,
        !iconclips,
        d.report().words(d.neuron()).isEmpty(),
        d.request().reading(),
        d.request().seed(),
        from.strongest());
  }

  /** A dictionary as a magic takes it. */
  private static String argument(Vocabulary words, boolean iconclips) {
    Path file = words.file();
    return file != null ? file.toString() : iconclips ? "iconclip" : words.name();
  }

  /** What a recipe may name. */
  private static final List<String> CLASSES =
      List.of(
          "dev.engram.Progress",
          "dev.engram.attribution.Attributor",
          "dev.engram.attribution.Reading",
          "dev.engram.data.ImageSet",
          "dev.engram.dissect.EnglishWords",
          "dev.engram.dissect.NeuronReport",
          "dev.engram.dissect.NeuronReporter",
          "dev.engram.dissect.Survey",
          "dev.engram.dissect.ValueVectors",
          "dev.engram.dissect.WordDictionary",
          "dev.engram.hub.Hub",
          "dev.engram.hub.HubName",
          "dev.engram.hub.HubSettings",
          "dev.engram.iconclip.Iconclip",
          "dev.engram.model.Clip",
          "dev.engram.model.Precision",
          "dev.engram.trace.Neuron",
          "java.nio.file.Files",
          "java.nio.file.Path");

  /** Magics, one on a line, that make the page. */
  public String notebookLines() {
    return String.join(
        "\n",
        "%model"
            + onHub().map(hub -> " " + hub).orElseGet(() -> argument(model))
            + (precision == Precision.F32 ? "" : " --precision " + precision)
            + (resolution == 0 ? "" : " --resolution " + resolution),
        "%images" + argument(images),
        "%neuron "
            + neuron
            + (dictionary == null ? "" : " --dictionary " + MagicLine.quoted(dictionary))
            + (reading == Reading.LITERAL ? "" : " --reading " + reading)
            + (seed == 0 ? "" : " --seed " + seed));
  }

  /** A snapshot of the hub's cache has another path on every machine, but one name. */
  private Optional<HubName> onHub() {
    return model == null ? Optional.empty() : HubName.ofSnapshot(model);
  }

  private static String argument(@Nullable Path path) {
    return path == null ? "" : " " + MagicLine.quoted(path.toString());
  }

  /**
   * @param query one of its query neurons
   * @return magics, one on a line, that go on from the page
   */
  public String furtherLines(Neuron query) {
    String on = MagicLine.quoted(image);
    return String.join(
        "\n",
        "%neuron " + query,
        "%heatmap " + on + " --neuron " + query,
        "%evolve " + neuron + " --image " + on);
  }

  /** Java that ends with the report in a variable. */
  public String javaLines() {
    String code =
        String.join(
            "\n",
            "Clip clip = Clip.from(%s)%s%s%s.load();"
                .formatted(
                    modelExpression(),
                    model == null ? ".named(\"iconclip\")" : "",
                    precision == Precision.F32
                        ? ""
                        : ".precision(Precision." + precision.name() + ")",
                    resolution == 0 ? "" : ".resolution(" + resolution + ")"),
            "ImageSet set = %s;".formatted(imagesExpression()),
            "Survey survey =",
            "    Survey.of(clip, new Attributor(clip), set, Reading.%s, Progress.NONE);"
                .formatted(reading.name()),
            "WordDictionary words = %s;".formatted(wordless ? "null" : wordsExpression()),
            "NeuronReport report =",
            "    new NeuronReporter(clip, survey, new ValueVectors(clip), words)",
            "        .report(",
            "            Neuron.parse(\"%s\"),".formatted(neuron),
            "            NeuronReporter.Settings.DEFAULT.seeded(%dL),".formatted(seed),
            "            Progress.NONE);");
    return CLASSES.stream()
            .filter(name -> names(code, name.substring(name.lastIndexOf('.') + 1)))
            .map(name -> "import " + name + ";\n")
            .collect(Collectors.joining())
        + "\n"
        + code;
  }

  private static boolean names(String code, String simpleName) {
    return Pattern.compile("\\b" + simpleName + "\\b").matcher(code).find();
  }

  private String modelExpression() {
    if (onHub().isPresent()) {
      return "new Hub(HubSettings.ofEnvironment())"
          + ".model(HubName.of(\"%s\").orElseThrow(), Progress.NONE)".formatted(onHub().get());
    }
    return model == null ? "Iconclip.model()" : path(model);
  }

  private String imagesExpression() {
    return images == null
        ? "ImageSet.read(Iconclip.entities())\n"
            + "    .withBackground(ImageSet.read(Iconclip.background()))"
        : "ImageSet.read(" + path(images) + ")";
  }

  private String wordsExpression() {
    String builtIn = english ? "EnglishWords.list()" : "Iconclip.words()";
    String list = wordFile == null ? builtIn : lines(wordFile);
    return "WordDictionary.of(clip, \"words\", " + list + ", Progress.NONE)";
  }

  /** As a magic reads them. */
  private static String lines(Path file) {
    return "Files.readAllLines("
        + path(file)
        + ").stream()\n    .map(String::strip).filter(w -> !w.isEmpty()).distinct().toList()";
  }

  private static String path(Path path) {
    return "Path.of(\""
        + path.toString().replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n")
        + "\")";
  }
}
