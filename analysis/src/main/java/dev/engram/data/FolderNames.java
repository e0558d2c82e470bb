package dev.engram.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Entities by the names of folders alone, for images that lie where {@link ImageSet#read} does not
 * reach: {@code category/entity/image}, {@code entity/image}, or {@code image} for the background.
 * Both have the same entities in the same order where no list stands beside the images.
 */
public final class FolderNames {
  private static final Comparator<String[]> ORDER =
      Comparator.comparing((String[] parts) -> parts[0], NaturalOrder.NAMES)
          .thenComparing(parts -> parts.length < 2 ? "" : parts[1], NaturalOrder.NAMES);

  private final List<Entity> entities = new ArrayList<>();
  private final Map<String, Integer> byFolder = new HashMap<>();
  private final ImageFiles kinds = new ImageFiles();
  private final TreeMap<String[], String> folders = new TreeMap<>(ORDER);
  private int deeper;

  /**
   * Takes a file in, before anything is asked; of its name only the folder is kept.
   *
   * @param given a path within the set, with slashes; what is no image is left out
   * @return whether it is an image that belongs to the set
   */
  public boolean add(String given) {
    String file = UserPath.composed(given);
    boolean isWanted = isWanted(file);
    if (isHidden(file)) {
      return false;
    }
    if (!ImageFiles.isImage(file)) {
      kinds.count(file);
    } else if (!isWanted) {
      deeper += file.split("/").length > 3 ? 1 : 0;
    } else if (file.indexOf('/') >= 0) {
      String folder = file.substring(0, file.lastIndexOf('/'));
      folders.putIfAbsent(folder.split("/"), folder);
    }
    return isWanted;
  }

  private void found() {
    if (!entities.isEmpty()) {
      return;
    }
    Set<String> seen = new HashSet<>();
    Set<String> twice = new HashSet<>();
    folders.keySet().stream().map(FolderNames::last).filter(f -> !seen.add(f)).forEach(twice::add);
    folders.forEach(
        (parts, folder) -> {
          String category = parts.length < 2 ? "" : parts[0];
          String own = last(parts);
          boolean isPlain = category.isEmpty() || !twice.contains(own);
          String title = ImageSet.words(own);
          byFolder.put(folder, entities.size());
          entities.add(
              new Entity(
                  isPlain ? own : folder,
                  title,
                  category,
                  ImageSet.DEFAULT_TEMPLATE.replace("{name}", title),
                  List.of()));
        });
  }

  private static String last(String[] parts) {
    return parts[parts.length - 1];
  }

  /** As in {@link ImageSet#read}: {@code ._x.png} of macOS is nobody's image. */
  private static boolean isHidden(String file) {
    return ("/" + file).contains("/.");
  }

  private static boolean isWanted(String file) {
    return ImageFiles.isImage(file)
        && !isHidden(file)
        && file.chars().filter(c -> c == '/').count() < 3;
  }

  /** By their index; their lists of images are empty. */
  public List<Entity> entities() {
    found();
    return entities;
  }

  /**
   * @param file a path within the set
   * @return the index of its entity; −1 for none
   */
  public int classOf(String file) {
    found();
    String folder = file.substring(0, Math.max(0, file.lastIndexOf('/')));
    return byFolder.getOrDefault(UserPath.composed(folder), -1);
  }

  /** What was left out or assumed, one sentence each. */
  public List<String> notes() {
    found();
    List<String> notes = new ArrayList<>();
    if (!entities.isEmpty()) {
      notes.add(
          "Classes are the names of folders; labels are \"" + ImageSet.DEFAULT_TEMPLATE + "\".");
    }
    if (deeper > 0) {
      notes.add("%d images lie deeper than category/entity/ and were left out.".formatted(deeper));
    }
    if (!kinds.note().isEmpty()) {
      notes.add(kinds.note());
    }
    return notes;
  }
}
