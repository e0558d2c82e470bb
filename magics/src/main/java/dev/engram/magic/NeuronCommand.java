package dev.engram.magic;

import dev.engram.attribution.Reading;
import dev.engram.data.LabelledImage;
import dev.engram.data.UserPath;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.NeuronReport;
import dev.engram.dissect.NeuronReport.Seen;
import dev.engram.dissect.NeuronReporter;
import dev.engram.dissect.NeuronReporter.Settings;
import dev.engram.dissect.WordDictionary;
import dev.engram.magic.result.HeatmapFigure;
import dev.engram.magic.result.NeuronPage;
import dev.engram.magic.result.NeuronRecipe;
import dev.engram.magic.view.PageFile;
import dev.engram.model.ImageReader;
import dev.engram.trace.Neuron;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %neuron}: all about one neuron on a page. */
@Command(
    name = "neuron",
    description = "Show a neuron: its words, images, entities, query neurons, and what it is for.",
    footer = {
      "",
      "The images are those of the open set. The first call passes all of them through the model",
      "and keeps what it finds of every neuron, so that the next page is fast.",
      "In Java: NeuronPage p = %%neuron L5F412   (with var it is an Object)"
    })
final class NeuronCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      paramLabel = "NEURON",
      description = "Which neuron: L5F412 or L3A0H11, every index from 0.")
  private String neuron = "";

  @Option(
      names = "--dictionary",
      paramLabel = WordSource.LABEL,
      description = "Words: " + WordSource.DESCRIPTION)
  private @Nullable String dictionary;

  @Option(
      names = "--reading",
      paramLabel = "READING",
      defaultValue = "literal",
      description =
          "How the improvement is read: literal (default), literal_post, lens, frozen or direct;"
              + " see %%attribute?.")
  private Reading reading = Reading.LITERAL;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Draws the random images; the same number draws the same (default: 0).")
  private long seed;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description =
          "Also write the page as one HTML file that needs no network. A page that Engram wrote"
              + " there before is replaced, any other file is refused.")
  private @Nullable Path html;

  NeuronCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public NeuronPage run(MagicContext context) {
    Neuron n = Neuron.parse(neuron, session.model().config().vision().space());
    session.images();
    new Heatmapper(session.model()).requireDefined(n);
    PageFile file = html == null ? null : new PageFile(UserPath.home(html));
    try (MagicProgress progress = context.progress()) {
      // first: what is wrong with it should not be told after minutes
      boolean speaks = session.model().config().hasText();
      WordDictionary words =
          speaks || dictionary != null ? session.dictionary(dictionary, progress) : null;
      NeuronReport report =
          new NeuronReporter(
                  session.model(), session.survey(reading, progress), session.valueVectors(), words)
              .report(n, Settings.DEFAULT.seeded(seed), progress);
      NeuronPage page = new NeuronPage(report, figures(report), recipe(report));
      if (file != null) {
        context.display(file.write(page.page()));
      }
      return page;
    }
  }

  private Map<LabelledImage, HeatmapFigure> figures(NeuronReport report) {
    Map<LabelledImage, HeatmapFigure> figures = new HashMap<>();
    Stream.of(report.highest(), report.lowest(), report.random())
        .flatMap(java.util.List::stream)
        .forEach(seen -> figures.put(seen.image(), figure(seen)));
    return figures;
  }

  private HeatmapFigure figure(Seen seen) {
    return new HeatmapFigure(
        seen.heatmap(),
        session.model().processor().crop(ImageReader.read(seen.image().file())),
        caption(seen.image()));
  }

  /** An image of an entity by the name that magics take, a background image by what it shows. */
  private String caption(LabelledImage image) {
    return session.images().background().contains(image) && !image.entity().isEmpty()
        ? image.entity()
        : session.shortName(image);
  }

  private NeuronRecipe recipe(NeuronReport report) {
    WordSource words = session.wordSource(dictionary);
    LabelledImage strongest = report.strongest().image();
    return new NeuronRecipe(
        report.neuron(),
        session.model().name(),
        session.modelFolder(),
        session.model().precision(),
        session.isVisentMini() ? null : session.images().root(),
        dictionary,
        words.file(),
        words.isEnglish(),
        report.words(report.neuron()).isEmpty(),
        reading,
        seed,
        session.argument(strongest));
  }
}
