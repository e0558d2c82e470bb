package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.data.Entity;
import dev.engram.data.LabelledImage;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which images give the lower bounds of a removal. */
class UnrelatedTest {
  private static Entity entity(String name, String category, String label, String... files) {
    return new Entity(
        name,
        category,
        label,
        List.of(files).stream()
            .map(f -> new LabelledImage(Path.of(f), f, name, category, label))
            .toList());
  }

  private final Entity cat = entity("cat", "animals", "a cat", "1");
  private final Entity dog = entity("dog", "animals", "a dog", "2");
  private final Entity tower = entity("tower", "places", "a tower", "3");
  private final Entity nothing = entity("thing", "", "a thing", "4");
  private final Entity other = entity("other", "", "another", "5");
  private final List<Entity> all = List.of(cat, dog, tower, nothing, other);

  @Test
  void theSameCategoryComesFirst() {
    assertEquals(new Unrelated(List.of(dog), true), Unrelated.of(all, cat.images()));
  }

  @Test
  void whereACategoryHasNoOtherAllOthersAreTaken() {
    assertEquals(
        new Unrelated(List.of(cat, dog, nothing, other), false), Unrelated.of(all, tower.images()));
    assertEquals(
        new Unrelated(List.of(cat, dog, tower, other), false),
        Unrelated.of(all, nothing.images()),
        "no category is none that two could have in common");
  }

  @Test
  void neitherItsImagesNorItsLabelAreUnrelated() {
    Entity twin = entity("twin", "animals", "a cat", "6");
    Entity same = entity("same", "animals", "a picture of it", "1");
    Entity shared =
        new Entity("shared", "animals", "a picture of it", List.of(cat.images().get(0)));
    assertEquals(
        new Unrelated(List.of(dog, same), true),
        Unrelated.of(List.of(cat, twin, shared, dog, same), cat.images()));
  }
}
