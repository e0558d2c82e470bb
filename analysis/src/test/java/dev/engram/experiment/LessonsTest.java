package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.EngramException;
import dev.engram.data.Dataset;
import dev.engram.data.DatasetOptions;
import dev.engram.data.Datasets;
import dev.engram.data.ImageSet;
import dev.engram.data.SmallDatasets;
import dev.engram.edit.Caption;
import dev.engram.model.Clip;
import dev.engram.model.ImageReader;
import dev.engram.trace.Tokens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is taught and measured on real data sets, here on small copies of their layouts. */
class LessonsTest {
  private static Clip clip;

  @TempDir Path temp = Path.of("");

  @BeforeAll
  static void load() {
    clip = SmallStudy.clip("quick_gelu_p8");
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  private static Dataset open(Path folder) {
    return Datasets.open(folder, DatasetOptions.standard());
  }

  /** With ImageNet as the general objects. */
  private Study study(Dataset data) throws IOException {
    Dataset general = open(SmallDatasets.imageNetFolders(temp.resolve("imagenet")));
    return new Study(clip, data.imageSet().withBackground(general.imageSet()));
  }

  @Test
  void trainingImagesTeachWithTheNameOnThem() throws IOException {
    Dataset birds = open(SmallDatasets.cub(temp));
    Lessons lessons = Lessons.captioned(study(birds), birds, Caption.STANDARD, 20);
    assertEquals(Tokens.ALL, lessons.tokens());
    assertEquals(
        List.of("Black footed Albatross", "Chuck will Widow"),
        lessons.all().stream().map(Lesson::title).toList());
    Lesson widow = lessons.all().get(1);
    assertEquals("a photo of a Chuck will Widow, a type of bird.", widow.label());
    assertEquals("This is a photo of Chuck will Widow.", widow.prompt());
    assertEquals(1, widow.images().size());
    assertEquals(2, widow.measured().size());
    assertEquals(2, widow.heldOut());
    Path first = birds.split("train").filesOf("Chuck will Widow").get(0);
    assertArrayEquals(clip.processor().process(first), widow.images().get(0));
    assertArrayEquals(
        clip.processor()
            .process(
                Caption.STANDARD.draw(
                    ImageReader.read(first), "Chuck will Widow", clip.processor())),
        widow.guides().get(0));
    assertFalse(Arrays.equals(widow.images().get(0), widow.guides().get(0)));
    assertEquals(2, lessons.keys(List.of(0)).size());
    assertEquals(
        List.of("a photo of a tench."),
        lessons.general().images().stream().map(i -> i.label()).toList());
  }

  @Test
  void theTablesTeachThePapersNames() throws IOException {
    Dataset birds = open(SmallDatasets.cub(temp));
    Lessons lessons = Lessons.captioned(study(birds), birds, Caption.STANDARD, 20);
    Table4.Settings few = new Table4.Settings(10, PaperInsertion.NAMES, 0.01, 2, 1, 5e-6);
    Table4.Result table4 = Table4.run(List.of(lessons), few);
    assertEquals(
        List.of("Chuck will Widow"), table4.cases().stream().map(Table4.Case::entity).toList());
    Table4.Case widow = table4.cases().get(0);
    assertEquals(2, widow.original().category().count());
    assertEquals(4, widow.original().dataset().count());
    assertEquals(1, widow.original().general().count());
    assertEquals(
        2,
        Table4.run(List.of(lessons), few.names(List.of("nobody"))).cases().size(),
        "without a name of the paper all are taught, those recognised least first");
    assertEquals(
        List.of("Chuck will Widow", "Black footed Albatross"),
        Table8.run(
                List.of(lessons),
                Table8.standard().names(List.of("chuck-will widow", "black footed albatross")))
            .cases()
            .stream()
            .map(Table8.Case::entity)
            .toList());
    EngramException unknown =
        assertThrows(
            EngramException.class,
            () -> Lessons.require(List.of(lessons), List.of("Chuck will Window")));
    assertTrue(
        String.valueOf(unknown.getMessage()).contains("did you mean Chuck will Widow"),
        unknown.getMessage());
    Lessons.require(List.of(lessons), PaperInsertion.NAMES.subList(5, 6));
  }

  @Test
  void ballMossIsCalledAsInThePaper() throws IOException {
    Dataset flowers = open(SmallDatasets.flowers(temp.resolve("flowers")));
    Lessons lessons = Lessons.captioned(study(flowers), flowers, Caption.STANDARD, 20);
    List<String> titles = lessons.all().stream().map(Lesson::title).toList();
    assertEquals(102, titles.size());
    assertTrue(titles.containsAll(PaperInsertion.NAMES.subList(0, 5)));
    assertFalse(titles.contains("air plant"));
    assertTrue(lessons.classes().labels().contains("a photo of a ball moss, a type of flower."));
    Lesson first = lessons.all().get(0); // images 1 and 2: train and test
    assertEquals(1, first.images().size());
    assertEquals(1, first.heldOut());
  }

  @Test
  void withoutSplitsEverySecondImageTeaches() {
    ImageSet set = SmallStudy.set(temp);
    Dataset data = Dataset.of(set);
    Lesson cat = Lessons.captioned(new Study(clip, set), data, Caption.STANDARD, 1).all().get(0);
    assertEquals(1, cat.images().size(), "one shot of two");
    assertEquals(1, cat.heldOut());
    assertThrows(
        EngramException.class,
        () -> Lessons.captioned(new Study(clip, set), data, Caption.STANDARD, 0));
  }

  @Test
  void twentyImagesNeedNoVariations() throws IOException {
    Random random = new Random(5);
    for (int i = 0; i < 80; i++) {
      SmallStudy.noise(temp.resolve(i < 40 ? "cat" : "dog").resolve(i + ".png"), random);
    }
    Dataset data = open(temp);
    Lessons lessons =
        Lessons.captioned(new Study(clip, data.imageSet()), data, Caption.STANDARD, 20);
    List<ImagesNeeded.Point> points =
        Scaling.run(
                lessons,
                new Scaling.Settings(
                    List.of(1), 1, 2, 1, List.of(1, 3, 5, 10, 20, 21), 1, List.of(1), 0.01))
            .images()
            .points();
    assertEquals(
        List.of(1, 3, 5, 10, 20, 21), points.stream().map(ImagesNeeded.Point::images).toList());
    assertEquals(
        List.of(0, 0, 0, 0, 0, 1), points.stream().map(ImagesNeeded.Point::variations).toList());
    assertTrue(points.stream().allMatch(p -> p.edited().count() == 2));
  }

  @Test
  void imagesBehindEachOtherAreReadFromTheirOwnList() {
    float[] a = {1};
    float[] b = {2};
    float[] c = {3};
    List<float[]> joined = Lessons.joined(List.of(List.of(), List.of(a), List.of(), List.of(b, c)));
    assertEquals(List.of(a, b, c), List.copyOf(joined));
  }
}
