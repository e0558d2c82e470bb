package dev.engram.dissect;

import dev.engram.Progress;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.iconclip.Iconclip;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A few drawings of the embedded set as a set of their own, and models to look at them with. */
final class SmallSet {
  private SmallSet() {}

  /** The embedded model, and small random ones of other shapes. */
  static Stream<Path> models() {
    Path reference = Path.of("src/test/resources/reference/models");
    return Stream.of(
        Iconclip.model(), reference.resolve("gelu_p8"), reference.resolve("quick_gelu_p8"));
  }

  /** Three entities of different size, without background. */
  static ImageSet entities(Path folder) {
    copy("entities/animals/panda", folder.resolve("set/animals/panda"), 4);
    copy("entities/landmarks/castle", folder.resolve("set/landmarks/castle"), 2);
    copy("entities/characters/ghost", folder.resolve("set/characters/ghost"), 1);
    return ImageSet.read(folder.resolve("set"));
  }

  static ImageSet background(Path folder) {
    copy("background", folder.resolve("background"), 3);
    return ImageSet.read(folder.resolve("background"));
  }

  private static void copy(String from, Path to, int count) {
    try (Stream<Path> files = Files.list(Iconclip.root().resolve(from))) {
      Files.createDirectories(to);
      List<Path> images =
          files.filter(f -> f.toString().endsWith(".png")).sorted().limit(count).toList();
      for (Path image : images) {
        Files.copy(image, to.resolve(image.getFileName()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One entity, asked on its own. */
  static Attribution attribution(Attributor attributor, Entity entity, Reading reading) {
    return attributor.attribute(entity.images(), entity.label(), reading, Progress.NONE);
  }
}
