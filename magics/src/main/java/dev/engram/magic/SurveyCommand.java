package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.SurveyCluster;
import dev.engram.atlas.SurveyEngine;
import dev.engram.atlas.SurveySet;
import dev.engram.atlas.SurveySettings;
import dev.engram.atlas.TarShards;
import dev.engram.data.UserPath;
import dev.engram.lab.Lab;
import dev.engram.lab.SurveyImages;
import dev.engram.magic.view.View;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %survey}: what a whole data set tells of every neuron. */
@Command(
    name = "survey",
    description =
        "Pass a whole data set through the model once, and keep what it tells of neurons.",
    footer = {
      "",
      "Kept of every neuron: its strongest images, how often it speaks, what it does for which",
      "class. The result is an atlas, a folder of Parquet files; it is open afterwards, so that",
      "%%neurons and %%atlas ask it. A survey that is interrupted goes on where it stopped when"
          + " the",
      "same line runs again, and one that is finished opens at once.",
      "Tar shards are read as WebDataset writes them: 0001.jpg with 0001.cls, .txt or .json. Without",
      "a notebook the same is ./lab survey visent-mini --model DIR|OWNER/NAME.",
      "In Java: Atlas a = %%survey visent-mini"
    })
@HelpPage(
    theme = Theme.FIND,
    examples = {"%survey visent-mini --sample 48", "%survey --sample 16 --top 5"})
final class SurveyCommand implements EngramMagic {
  private static final String LOCAL = "local";
  private static final String SPARK = "spark";

  private final EngramSession session;

  @Parameters(
      arity = "0..1",
      paramLabel = "DATASET|DIR",
      description =
          "visent-mini, a folder, a CSV list or tar shards (x/*.tar); with --engine spark an address"
              + " (hdfs://…, s3a://…) too; the open images if left out.")
  private @Nullable String name;

  @Option(
      names = "--split",
      paramLabel = "SPLIT",
      description =
          "Of a data set that has splits: train, val, test or all; test, else val, else all if left"
              + " out.")
  private @Nullable String split;

  @Option(
      names = "--sample",
      paramLabel = "N",
      description = "At most N images, evenly spread; all if left out.")
  private @Nullable Integer sample;

  /** As --sample was called here first, while --images says which images everywhere else. */
  @Option(names = "--images", paramLabel = "N", hidden = true)
  private @Nullable Integer images;

  @Option(
      names = "--top",
      paramLabel = "K",
      defaultValue = "20",
      description = "How many images of each kind a neuron keeps (default: ${DEFAULT-VALUE}).")
  private int top = 20;

  @Option(
      names = "--threshold",
      paramLabel = "M",
      defaultValue = "0.5",
      description =
          "The density of a neuron is the share of images with |m| beyond it (default:"
              + " ${DEFAULT-VALUE}).")
  private double threshold = 0.5;

  @Option(
      names = "--patches",
      description =
          "Keep the maximum of m over the patches too, beside m at the class token (slower).")
  private boolean patches;

  @Mixin private DictionaryOptions dictionary = new DictionaryOptions();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The folder of the atlas; in the cache folder (ENGRAM_CACHE) if left out.")
  private @Nullable Path out;

  @Option(
      names = "--engine",
      paramLabel = "local|spark",
      defaultValue = LOCAL,
      description =
          "Who passes the images: this process, or a cluster of Spark (default: ${DEFAULT-VALUE}).")
  private String engine = LOCAL;

  @Option(
      names = "--master",
      paramLabel = "URL",
      description =
          "Of Spark: spark://HOST:7077, yarn, k8s://…, local[2]; what spark-submit says, else this"
              + " machine, if left out.")
  private @Nullable String master;

  @Option(
      names = "--conf",
      paramLabel = "KEY=VALUE",
      description = "A setting of Spark, as spark-submit takes it; may come several times.")
  private Map<String, String> conf = new LinkedHashMap<>();

  SurveyCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Atlas run(MagicContext context) {
    SurveySettings settings =
        SurveySettings.standard().images(sample()).top(top).threshold(threshold).patches(patches);
    try (MagicProgress progress = context.progress()) {
      Atlas atlas =
          switch (engine) {
            case LOCAL -> local(context, settings, progress);
            case SPARK -> {
              Optional<SurveyCluster.Provider> here = SurveyCluster.provider(SPARK);
              yield here.isPresent()
                  ? cluster(here.get(), context, settings, progress)
                  : elsewhere(context, progress);
            }
            default ->
                throw new EngramException(
                    "--engine is %s or %s, got '%s'.".formatted(LOCAL, SPARK, engine));
          };
      return session.atlas().use(atlas);
    }
  }

  private @Nullable Integer sample() {
    if (sample != null && images != null) {
      throw new EngramException("--images is another name of --sample; give one of them.");
    }
    return sample == null ? images : sample;
  }

  private Atlas local(MagicContext context, SurveySettings settings, MagicProgress progress) {
    if (master != null || !conf.isEmpty()) {
      throw new EngramException("--master and --conf are for --engine spark.");
    }
    return survey(set(null, progress), null, context, settings, progress);
  }

  private Atlas cluster(
      SurveyCluster.Provider provider,
      MagicContext context,
      SurveySettings settings,
      MagicProgress progress) {
    session.model(); // first: a cluster that waits for a mistyped model costs somebody
    try (SurveyCluster cluster = provider.start(master, conf)) {
      return survey(set(cluster, progress), cluster, context, settings, progress);
    }
  }

  private Atlas survey(
      SurveySet set,
      @Nullable SurveyEngine by,
      MagicContext context,
      SurveySettings settings,
      MagicProgress progress) {
    set.notes().forEach(note -> context.display(View.text(note)));
    Path folder =
        out == null
            ? Atlas.folderIn(OpenAtlas.folder(), session.model(), set, settings)
            : UserPath.home(out);
    Lab lab = session.lab(progress);
    return SurveyImages.of(set, folder)
        .settings(settings)
        .words(dictionary.words(session))
        .engine(by)
        .run(lab, progress);
  }

  private SurveySet set(@Nullable SurveyCluster cluster, MagicProgress progress) {
    session.model();
    if (name != null && SurveyCluster.isAddress(name)) {
      if (cluster == null) {
        throw new EngramException(
            "%s is an address, which --engine spark reads; a folder of this machine is written as its path."
                .formatted(name));
      }
      requireNoSplit();
      return cluster.list(name, progress);
    }
    if (name != null && !name.equals(ImageNames.VISENT_MINI) && TarShards.isAt(name)) {
      requireNoSplit();
      return TarShards.read(name, progress);
    }
    if (name == null && split == null) {
      return SurveySet.of(session.images());
    }
    String wanted = name == null ? session.imagesName() : name;
    return wanted.equals(ImageNames.VISENT_MINI)
        ? SurveySet.of(ImageNames.read(wanted, split))
        : SurveySet.read(UserPath.of(wanted), split);
  }

  private void requireNoSplit() {
    if (split != null) {
      throw new EngramException(
          "%s has no splits; name the folder or the shards of one.".formatted(name));
    }
  }

  /** In a process that has Spark's jars, which no kernel has. */
  private Atlas elsewhere(MagicContext context, MagicProgress progress) {
    if (name == null) {
      throw new EngramException(
          "--engine spark needs the name of a data set or a folder; the open images are those of this process.");
    }
    List<String> words = new ArrayList<>(SurveyMain.modelOptions(session));
    words.addAll(
        List.of(name, "--engine", SPARK, "--top", "" + top, "--threshold", "" + threshold));
    if (patches) {
      words.add("--patches");
    }
    addTo(words, "--master", master);
    addTo(words, "--split", split);
    addTo(words, "--sample", sample());
    addTo(words, "--dictionary", dictionary.typed());
    addTo(words, "--out", out == null ? null : UserPath.home(out).toAbsolutePath());
    conf.forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
    return Atlas.open(
        SparkProcess.run(words, conf, progress, note -> context.display(View.text(note))));
  }

  private static void addTo(List<String> words, String option, @Nullable Object value) {
    if (value != null) {
      words.addAll(List.of(option, value.toString()));
    }
  }
}
