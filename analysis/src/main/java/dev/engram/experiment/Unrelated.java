package dev.engram.experiment;

import dev.engram.data.Entity;
import dev.engram.data.LabelledImage;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The entities whose images give the lower bounds of a removal (Table 3). The paper takes people of
 * the same race and gender; here it is what is of the same category, else all others.
 *
 * @param entities which
 * @param sameCategory whether they are of the category of what is removed
 */
public record Unrelated(List<Entity> entities, boolean sameCategory) {
  /** Keeps a copy. */
  public Unrelated {
    entities = List.copyOf(entities);
  }

  /**
   * @param all entities of a set
   * @param removed images of what is removed, at least one
   * @return those that share neither an image nor a label with it; none where there is no other
   */
  public static Unrelated of(List<Entity> all, List<LabelledImage> removed) {
    Set<LabelledImage> own = new HashSet<>(removed);
    Set<String> labels = new HashSet<>();
    removed.stream().map(LabelledImage::label).filter(l -> !l.isEmpty()).forEach(labels::add);
    List<Entity> others =
        all.stream()
            .filter(e -> !labels.contains(e.label()))
            .filter(e -> e.images().stream().noneMatch(own::contains))
            .toList();
    String category = removed.get(0).category();
    List<Entity> same = others.stream().filter(e -> e.category().equals(category)).toList();
    return category.isEmpty() || same.isEmpty()
        ? new Unrelated(others, false)
        : new Unrelated(same, true);
  }

  /** In words, for provenance. */
  static String rule() {
    return "other entities of the same category, else all others";
  }
}
