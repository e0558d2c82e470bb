package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.atlas.Atlas;
import dev.engram.lab.Exploration;
import dev.engram.lab.Explore;
import dev.engram.lab.ExploreFeatures;
import dev.engram.lab.Explored;
import dev.engram.lab.FeatureExploration;
import dev.engram.lab.Target;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.view.PageFile;
import dev.engram.trace.Feature;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %explore}: linked pages of neurons, to be clicked through. */
@Command(
    name = "explore",
    description =
        "Explore neurons by clicking: where they look, what they say, serve and are driven by.",
    footer = {
      "",
      "Of an entity or an image: the neurons that bring it closest to its label. Of neurons: these,",
      "the neurons that drive them, and the best of the entity that the first one serves. Of",
      "nothing: the best neurons of the open images. The first call passes the whole set through the",
      "model, the next ones do not. Where an atlas is open (%%survey, %%atlas), each page names",
      "the strongest images of its whole set.",
      "In Java: Exploration e = %%explore santa_claus   (with var it is an Object)"
    })
@HelpPage(
    theme = Theme.READ,
    examples = {
      "%explore santa_claus --top 5",
      "%explore L4F707 panda/0 --top 5 --html explorer.html"
    })
final class ExploreCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      paramLabel = "ENTITY|IMAGE|NEURON",
      arity = "0..*",
      description =
          "Entities of the open images, single images (entity/0) or image files, neurons (L5F412,"
              + " L3A0H11); in any number. Or features of the open sparse autoencoder (L3S17).")
  private List<String> targets = List.of();

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "" + Explore.TOP,
      description = "How many neurons have a page (default: ${DEFAULT-VALUE}).")
  private int top = Explore.TOP;

  @Option(
      names = "--label",
      paramLabel = "TEXT",
      description = "The text that the images are held against; the entity's label if left out.")
  private @Nullable String label;

  @Mixin private DictionaryOptions dictionary = new DictionaryOptions();

  @Option(
      names = "--features",
      description =
          "Pages of features of the open sparse autoencoder (%%sae) in the place of neurons.")
  private boolean features;

  @Mixin private PageOptions page = new PageOptions();

  ExploreCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Explored run(MagicContext context) {
    session.model();
    if (features || targets.stream().anyMatch(this::isFeature)) {
      return ofFeatures(context);
    }
    List<Neuron> neurons = new ArrayList<>();
    List<String> images = new ArrayList<>();
    for (String target : targets) {
      if (Neuron.isName(target) && !session.images().hasEntity(target)) {
        neurons.add(session.neuron(target));
      } else {
        images.add(target);
      }
    }
    Explore request =
        new Explore(
            images.isEmpty() ? null : Target.of(images),
            neurons,
            label,
            top,
            dictionary.words(session));
    PageFile file = page.file();
    try (MagicProgress progress = context.progress()) {
      Exploration exploration = session.lab(progress).explore(request);
      Atlas atlas = session.atlas().ofModel(context);
      if (atlas != null) {
        exploration = exploration.in(atlas);
      }
      if (file != null) {
        context.display(file.write(Presenters.page(exploration)));
      }
      return exploration;
    }
  }

  private boolean isFeature(String target) {
    return Feature.isName(target) && !session.images().hasEntity(target);
  }

  private Explored ofFeatures(MagicContext context) {
    List<Feature> named = targets.stream().filter(this::isFeature).map(Feature::parse).toList();
    List<String> images = targets.stream().filter(t -> !isFeature(t)).toList();
    if (images.stream().anyMatch(t -> Neuron.isName(t) && !session.images().hasEntity(t))) {
      throw new EngramException(
          "%explore takes neurons or features of an autoencoder, not both; ask once for each.");
    }
    ExploreFeatures request =
        new ExploreFeatures(
            images.isEmpty() ? null : Target.of(images),
            named,
            label,
            top,
            dictionary.words(session));
    PageFile file = page.file();
    try (MagicProgress progress = context.progress()) {
      FeatureExploration exploration = session.lab(progress).features().explore(request);
      if (file != null) {
        context.display(file.write(Presenters.page(exploration)));
      }
      return exploration;
    }
  }
}
