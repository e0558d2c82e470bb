package dev.engram.atlas;

import dev.engram.data.Datasets;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The images of a survey, wherever they lie, and their classes. An {@link ImageSet} of files is
 * one, tar shards are one ({@link TarShards}), and so is what a cluster lists.
 */
public final class SurveySet {
  private final String name;
  private final List<Entity> classes;
  private final List<SurveyImage> images;
  private final List<String> notes;

  /**
   * @param classes by their index; the lists of their images are not read and may be empty
   * @param images in any order, each with a name of its own
   * @param notes what was assumed or left out, one sentence each
   */
  public SurveySet(
      String name, List<Entity> classes, List<SurveyImage> images, List<String> notes) {
    this.name = name;
    this.classes = List.copyOf(classes);
    this.images = images;
    this.notes = List.copyOf(notes);
  }

  /** Images in files of this machine. */
  public static SurveySet of(ImageSet set) {
    List<SurveyImage> images = new ArrayList<>();
    List<Entity> classes = new ArrayList<>(); // without their images, of which a million may be
    for (Entity e : set.entities()) {
      for (LabelledImage i : e.images()) {
        images.add(SurveyImage.file(i.name(), classes.size(), i.file().toString()));
      }
      classes.add(new Entity(e.name(), e.title(), e.category(), e.label(), List.of()));
    }
    for (LabelledImage i : set.background()) {
      images.add(SurveyImage.file(i.name(), -1, i.file().toString()));
    }
    return new SurveySet(set.name(), classes, images, set.notes());
  }

  /**
   * Images of a folder or a data set, as {@link Datasets#imageSet} reads them; where there are
   * many, their names are on the disk.
   *
   * @param split null for the images on which accuracy is reported
   * @throws dev.engram.EngramException if there is no such folder, split, or nothing in it
   */
  public static SurveySet read(Path path, @Nullable String split) {
    List<SurveyImage> images = SurveyImage.list();
    ImageSet set =
        Datasets.stream(
            path,
            split,
            (entity, i) -> images.add(SurveyImage.file(i.name(), entity, i.file().toString())));
    return new SurveySet(set.name(), set.entities(), images, set.notes());
  }

  /** For people and for folders. */
  public String name() {
    return name;
  }

  /** The same under another name. */
  public SurveySet named(String other) {
    return new SurveySet(other, classes, images, notes);
  }

  /** The classes, by their index. */
  public List<Entity> entities() {
    return classes;
  }

  /** All images, in no particular order. */
  public List<SurveyImage> images() {
    return images;
  }

  /** What was assumed or left out, one sentence each. */
  public List<String> notes() {
    return notes;
  }
}
