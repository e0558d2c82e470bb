package dev.engram.lab;

import dev.engram.data.Entity;
import dev.engram.data.ImageSelection;
import dev.engram.data.LabelledImage;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The images that a request is about: named as a user names them, or given as they are. Names are
 * entities of the open images ({@code statue_of_liberty}), single images ({@code ghost/0}), files
 * and folders; several are taken together. A name that an entity and a folder have means the
 * entity; {@code ./name} is the folder.
 */
public sealed interface Target {
  /**
   * By name.
   *
   * @param names of entities, images, files or folders; at least one
   */
  record Named(List<String> names) implements Target {
    /** Keeps a copy. */
    public Named {
      names = List.copyOf(names);
    }
  }

  /**
   * As they are.
   *
   * @param images with their title and their label
   */
  record Given(ImageSelection images) implements Target {}

  /**
   * @param names of entities, images, files or folders; at least one
   */
  static Target of(String... names) {
    return new Named(List.of(names));
  }

  /**
   * @param names of entities, images, files or folders; at least one
   */
  static Target of(List<String> names) {
    return new Named(names);
  }

  /**
   * @param files images, or folders of images; at least one
   */
  static Target of(Path... files) {
    return new Named(Stream.of(files).map(f -> f.toAbsolutePath().toString()).toList());
  }

  /**
   * @param entity all its images, under its caption
   */
  static Target of(Entity entity) {
    return new Given(ImageSelection.of(entity));
  }

  /**
   * @param image under its own label
   */
  static Target of(LabelledImage image) {
    return new Given(new ImageSelection(image.name(), List.of(image), image.label()));
  }

  /**
   * @param images with their title and their label
   */
  static Target of(ImageSelection images) {
    return new Given(images);
  }
}
