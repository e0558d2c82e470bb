package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.data.Entity;
import dev.engram.data.ImageSelection;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.data.UserPath;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the images that somebody names: among the open images if there are any, and among files.
 */
final class OpenImages {
  private @Nullable ImageSet set;
  private @Nullable Supplier<ImageSet> otherwise;

  /** Puts a set in the place of the one there is. */
  void use(ImageSet fresh) {
    set = fresh;
  }

  /** Opens another set where one is needed and none is open. */
  void otherwise(Supplier<ImageSet> standIn) {
    otherwise = standIn;
  }

  boolean isOpen() {
    return set != null;
  }

  /**
   * @throws EngramException if no set is open
   */
  ImageSet set() {
    if (set == null && otherwise != null) {
      set = otherwise.get();
    }
    if (set == null) {
      throw new EngramException(
          "No images are open yet; run %images for the embedded set, or %images DIR.");
    }
    return set;
  }

  /**
   * @throws EngramException if a name is nothing of that kind, with the nearest names
   */
  ImageSelection select(Target target) {
    return target instanceof Target.Given given
        ? given.images()
        : together(((Target.Named) target).names().stream().map(this::selectOrFolder));
  }

  /**
   * @param targets at least one
   * @return the images of all of them, each once, under the label that they have in common
   */
  ImageSelection together(List<Target> targets) {
    return together(targets.stream().map(this::select));
  }

  /**
   * @param wanted an entity, an image of the set, or a file
   * @throws EngramException if there is neither, with the nearest names
   */
  ImageSelection select(String wanted) {
    Path file = UserPath.orNull(wanted);
    if (set == null && file != null && Files.isRegularFile(file)) {
      String name = String.valueOf(file.getFileName());
      return new ImageSelection(name, List.of(new LabelledImage(file, name, "", "", "")), "");
    }
    EngramException noEntity;
    try {
      return ImageSelection.of(set().entity(wanted));
    } catch (EngramException e) {
      noEntity = e;
    }
    boolean isThere = file != null && Files.exists(file);
    if (!wanted.contains("/") && !wanted.contains(".") && !isThere) {
      throw noEntity;
    }
    LabelledImage image =
        set().image(file != null && wanted.startsWith("~") ? file.toString() : wanted);
    return new ImageSelection(shortName(image), List.of(image), image.label());
  }

  private static ImageSelection together(Stream<ImageSelection> selections) {
    List<ImageSelection> parts = selections.toList();
    if (parts.size() == 1) {
      return parts.get(0);
    }
    List<String> labels = parts.stream().map(ImageSelection::label).distinct().toList();
    return new ImageSelection(
        parts.stream().map(ImageSelection::title).collect(Collectors.joining(", ")),
        parts.stream().flatMap(p -> p.images().stream()).distinct().toList(),
        labels.size() == 1 ? labels.get(0) : "");
  }

  private ImageSelection selectOrFolder(String wanted) {
    if (wanted.isBlank()) { // as a path it would be the folder of this process
      throw new EngramException(
          "An image needs a name; give an entity, an image of the set, a file or a folder, not '%s'."
              .formatted(wanted));
    }
    Path file = UserPath.orNull(wanted);
    if (file == null) { // "Who?" is no path of Windows, but may be an entity
      return select(wanted);
    }
    boolean isPath =
        file.isAbsolute()
            || wanted.startsWith(".")
            || wanted.endsWith("/")
            || wanted.endsWith(File.separator);
    // A name means the open images first: which folder this process runs in is seldom on one's
    // mind.
    if (Files.isDirectory(file) && (isPath || set == null || !set.hasEntity(wanted))) {
      ImageSet folder = ImageSet.read(file);
      return new ImageSelection(folder.name(), folder.images(), "");
    }
    if (isPath && !Files.exists(file)) {
      throw new EngramException("There is no folder and no image " + file + ".");
    }
    return select(wanted);
  }

  /** How a user would name an image: {@code panda/3}, or its file's name. */
  String shortName(LabelledImage image) {
    List<Entity> entities = set == null ? List.of() : set.entities();
    for (Entity e : entities) {
      int index = e.images().indexOf(image);
      if (index >= 0) {
        return e.name() + "/" + index;
      }
    }
    return String.valueOf(image.file().getFileName());
  }
}
