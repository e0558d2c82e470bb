package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.AtlasNeurons.Sort;
import dev.engram.dissect.NeuronSearch.By;
import dev.engram.lab.FindNeurons;
import dev.engram.lab.FindNeurons.InAtlas;
import dev.engram.lab.Neurons;
import dev.engram.lab.Target;
import dev.engram.trace.Neuron;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code %neurons}: which neurons are there. */
@Command(
    name = "neurons",
    description =
        "Search neurons: by layer, by the entity they improve, by the word they say, by how often"
            + " they speak.",
    footer = {
      "",
      "A word counts by the cosine of a neuron's value vector, in the space of the texts, with the",
      "word's embedding: so every neuron is compared, with any word or phrase. Of an entity the",
      "improvement is taken (Eq. 11, 12), and neurons are turned around as A.2 has it. With"
          + " neither",
      "word nor entity each neuron counts by the entity of the open images that it improves most.",
      "Where an atlas is open (%%survey, %%atlas), its images stand for the open ones, and its",
      "columns are shown: density is the share of images on which |m| is beyond its threshold.",
      "In Java: Neurons n = %%neurons --word hat   (n.names(), table(n))"
    })
@HelpPage(
    theme = Theme.FIND,
    examples = {"%neurons --entity ghost", "%neurons --word hat --layer 2-3"})
final class NeuronsCommand implements EngramMagic {
  private static final Pattern RANGE =
      Pattern.compile(
          "\\s*(\\d*\\.?\\d+(?:[eE]-?\\d+)?)?\\s*\\.\\.\\s*(\\d*\\.?\\d+(?:[eE]-?\\d+)?)?\\s*");

  private final EngramSession session;

  @Option(
      names = "--layer",
      paramLabel = "LAYERS",
      description = "One layer, several or a range, from 0: 5 or 0,3 or 2-4.")
  private @Nullable String layer;

  @Option(names = "--kind", paramLabel = "KIND", description = "ffn or msa; both if left out.")
  private Neuron.@Nullable Block kind;

  @Option(
      names = "--word",
      paramLabel = "WORD",
      description = "Those whose value vectors are nearest to this word or phrase.")
  private @Nullable String word;

  @Option(
      names = "--entity",
      paramLabel = "ENTITY|IMAGE",
      description = "Those that improve this entity, or image of the set, most.")
  private @Nullable String entity;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many neurons to show (default: ${DEFAULT-VALUE}).")
  private int top = 10;

  @Option(
      names = "--by",
      paramLabel = "SCORE",
      description =
          "improvement, coefficient, cosine (with the word), or product of improvement and cosine"
              + " where both are positive. Left out: what was searched for, the product for both.")
  private @Nullable By by;

  @Option(
      names = "--like",
      paramLabel = "NEURON",
      description = "Those whose value vectors point most nearly the way of this neuron's.")
  private @Nullable String like;

  @Option(
      names = "--density",
      paramLabel = "FROM..TO",
      description =
          "Of the open atlas, those that speak on such a share of its images: ..0.01 or 0.05..0.2.")
  private @Nullable String density;

  @Option(
      names = "--sort",
      paramLabel = "COLUMN",
      description =
          "Of the open atlas, by mean, deviation, least, greatest or density; the largest first.")
  private @Nullable Sort sort;

  @Option(names = "--ascending", description = "With --sort, the smallest first.")
  private boolean ascending;

  @Option(
      names = "--dictionary",
      paramLabel = WordSource.LABEL,
      description = "Words for the column 'says': " + WordSource.DESCRIPTION)
  private @Nullable String dictionary;

  NeuronsCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Neurons run(MagicContext context) {
    int layers = session.model().config().vision().layers();
    FindNeurons request =
        FindNeurons.best()
            .layers(layer == null ? null : Layers.parse(layer, layers))
            .kind(kind)
            .word(word)
            .entity(entity == null ? null : Target.of(entity))
            .count(top)
            .by(by)
            .words(session.vocabulary(dictionary))
            .like(like == null ? null : session.neuron(like))
            .in(inAtlas(context));
    try (MagicProgress progress = context.progress()) {
      return session.lab(progress).find(request);
    }
  }

  /** What is asked of the open atlas; null if there is none and none is needed. */
  private @Nullable InAtlas inAtlas(MagicContext context) {
    boolean needed = density != null || sort != null;
    if (ascending && sort == null) {
      throw new EngramException("--ascending turns the order of --sort COLUMN around; give both.");
    }
    if (by != null && sort != null) {
      throw new EngramException(
          "--by and --sort each say what the neurons are ranked by; leave one of them out.");
    }
    Atlas atlas = needed ? session.atlas().required() : session.atlas().ofModel(context);
    if (atlas == null) {
      return null;
    }
    double[] range = density == null ? new double[] {0, 1} : range(density);
    return new InAtlas(atlas, range[0], range[1], sort, ascending);
  }

  private static double[] range(String text) {
    Matcher m = RANGE.matcher(text);
    if (!m.matches() || text.strip().equals("..")) {
      throw new EngramException(
          "--density takes a range of shares, as ..0.01, 0.05..0.2 or 0.5..; got '%s'."
              .formatted(text));
    }
    return new double[] {
      m.group(1) == null ? 0 : Double.parseDouble(m.group(1)),
      m.group(2) == null ? 1 : Double.parseDouble(m.group(2))
    };
  }
}
