package dev.engram.magic;

import dev.engram.data.ImageSet;
import dev.engram.magic.view.ImageGallery;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %images}: opens an image set and shows it. */
@Command(
    name = "images",
    description = "Open a set of images and show it as a gallery.",
    footer = {
      "",
      "A folder holds category/entity/*.png (or jpg, gif, bmp, webp, tif), and perhaps a"
          + " manifest.csv",
      "with a caption for each image. An entity is named by its folder. ImageNet's validation set,",
      "CUB-200-2011, Flowers-102, folders train/class/*.png and CSV lists are opened as well; each",
      "class is an entity."
    })
@HelpPage(
    theme = Theme.OPEN,
    examples = {"%images visent-mini", "%images visent-mini --entity ghost"})
final class ImagesCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      arity = "0..1",
      paramLabel = "SET|DIR",
      description =
          "visent-mini, or a folder; the set that is open, else visent-mini, if left out.")
  private @Nullable String name;

  @Option(
      names = "--split",
      paramLabel = "SPLIT",
      description =
          "Of a data set that has splits: train, val, test or all; test, else val, else all if left"
              + " out.")
  private @Nullable String split;

  @Option(
      names = "--entity",
      paramLabel = "ENTITY",
      description = "Show all images of one entity, with the numbers by which magics take them.")
  private @Nullable String entity;

  ImagesCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public ImageGallery run(MagicContext context) {
    String wanted = name == null ? session.imagesName() : name;
    ImageSet set =
        name == null && split == null && session.hasImages()
            ? session.images()
            : ImageNames.read(wanted, split);
    try (MagicProgress progress = context.progress()) {
      ImageGallery gallery =
          entity == null
              ? ImageGallery.of(set, progress)
              : ImageGallery.of(set, set.entity(entity), progress);
      session.use(
          wanted, set); // only now: a set that cannot be shown does not take the old one's place
      return gallery;
    }
  }
}
