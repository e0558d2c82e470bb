package dev.engram.atlas;

import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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
    Set<String> names = new HashSet<>();
    for (Entity e : set.entities()) {
      for (LabelledImage i : e.images()) {
        String name = unique(i.name(), e.name(), names);
        images.add(SurveyImage.file(name, classes.size(), i.file().toString()));
      }
      classes.add(new Entity(e.name(), e.title(), e.category(), e.label(), List.of()));
    }
    for (LabelledImage i : set.background()) {
      images.add(SurveyImage.file(unique(i.name(), i.entity(), names), -1, i.file().toString()));
    }
    return new SurveySet(set.name(), classes, images, set.notes());
  }

  /** A list may give an image to two classes: it passes for each, under a name of its own. */
  private static String unique(String name, String as, Set<String> taken) {
    String free = name;
    for (int i = 1; !taken.add(free); i++) {
      free = name + " as " + as + (i == 1 ? "" : ", " + i);
    }
    return free;
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
