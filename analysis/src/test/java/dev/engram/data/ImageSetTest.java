package dev.engram.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Refusal;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.ImageReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** VisEnt-mini as it is, and folders as people have them. */
class ImageSetTest {
  private static final ImageSet MINI =
      ImageSet.read(Iconclip.entities())
          .named("visent-mini")
          .withBackground(ImageSet.read(Iconclip.background()));

  private Path temp;

  @BeforeEach
  void keep(@TempDir Path folder) {
    temp = folder;
  }

  @Test
  void visentMiniIsComplete() {
    assertEquals(60, MINI.entities().size());
    assertEquals(576, MINI.entities().stream().mapToInt(e -> e.images().size()).sum());
    assertEquals(500, MINI.background().size());
    assertEquals(1076, MINI.images().size());
    Set<String> categories =
        MINI.entities().stream().map(Entity::category).collect(Collectors.toSet());
    assertEquals(6, categories.size());
    assertEquals(60, MINI.entities().stream().map(Entity::name).distinct().count());
    assertEquals(List.of(), MINI.notes());
    Entity liberty = MINI.entity("statue_of_liberty");
    assertEquals("a picture of Statue of Liberty", liberty.label());
    assertEquals("landmarks", liberty.category());
    LabelledImage envelope = MINI.background().get(0);
    assertEquals("red envelope", envelope.entity());
    assertEquals("a picture of red envelope", envelope.label());
    assertEquals("activities", envelope.category());
  }

  @ParameterizedTest
  @CsvSource({
    "statue_of_liberty, statue_of_liberty",
    "Statue of Liberty, statue_of_liberty",
    "STATUE-OF-LIBERTY, statue_of_liberty",
    "landmarks/statue_of_liberty, statue_of_liberty",
    "a picture of Statue of Liberty, statue_of_liberty",
    "Node.js, node_js",
    "nodejs, node_js",
    "jack-o-lantern, jack_o_lantern",
    "  moai  , moai"
  })
  void namesAreForgiven(String typed, String expected) {
    assertEquals(expected, MINI.entity(typed).name());
  }

  @ParameterizedTest
  @CsvSource({"statue_of_libery, statue_of_liberty", "pengiun, penguin", "santa, santa_claus"})
  void otherNamesGetASuggestion(String typed, String meant) {
    Refusal.holds(() -> MINI.entity(typed), typed, "visent-mini", "did you mean " + meant);
  }

  @Test
  void nonsenseGetsNoSuggestion() {
    assertTrue(!Refusal.of(() -> MINI.entity("xyzzyxyzzy")).contains("did you mean"));
    Refusal.of(() -> MINI.entity(""));
    Refusal.of(() -> MINI.entity("!!!"));
    Refusal.holds(() -> ImageSet.read(Iconclip.background()).entity("moai"), "has no entities");
  }

  @Test
  void imagesAreFoundByPathNameNumberAndFile() throws IOException {
    LabelledImage santa = MINI.image("characters/santa_claus/noto__santa-claus.png");
    assertEquals("santa_claus", santa.entity());
    assertEquals(santa, MINI.image("noto__santa-claus.png"));
    assertEquals(santa, MINI.image("santa_claus/0"));
    assertEquals(santa, MINI.image("Santa Claus/0"));
    assertEquals(santa, MINI.image(santa.file().toString()));
    assertEquals(MINI.background().get(3), MINI.image(MINI.background().get(3).name()));
    Path own = Files.copy(santa.file(), temp.resolve("own.png"));
    assertEquals("", MINI.image(own.toString()).label());
  }

  @Test
  void wrongImagesGetASentence() {
    Refusal.holds(() -> MINI.image("santa_claus/99"), "count from 0 to");
    Refusal.holds(() -> MINI.image("santa_claus"), "is an entity with", "santa_claus/0");
    Refusal.holds(() -> MINI.image("noto__santa-claws.png"), "did you mean noto__santa-claus.png");
    Refusal.of(() -> MINI.image(""));
    Refusal.of(() -> MINI.image("a\0b"));
  }

  @Test
  void aSmallerSetKeepsTheFirstImagesAndIsAnotherSet() {
    ImageSet two = MINI.firstImages(2);
    assertEquals(60, two.entities().size());
    assertEquals(MINI.entity("moai").images().subList(0, 2), two.entity("moai").images());
    assertEquals(MINI.background(), two.background());
    assertEquals("visent-mini, at most 2 of each entity", two.name());
    assertNotEquals(MINI.hash(), two.hash());
    Refusal.holds(() -> MINI.firstImages(0), "At least one image", "got 0");
  }

  @Test
  void foldersAloneAreEnoughAndInNaturalOrder() throws IOException {
    touch("cats/tom/img10.png", "cats/tom/img2.JPG", "cats/tom/notes.txt", "cats/tom/.hidden.png");
    touch("dogs/tom/1.gif", "solo/1.bmp", "loose_one.jpeg");
    Files.createDirectories(temp.resolve("dogs/nobody"));
    ImageSet set = ImageSet.read(temp);
    assertEquals(
        List.of("cats/tom", "dogs/tom", "solo"),
        set.entities().stream().map(Entity::name).toList());
    Entity tom = set.entity("cats/tom");
    assertEquals(
        List.of("cats/tom/img2.JPG", "cats/tom/img10.png"),
        tom.images().stream().map(LabelledImage::name).toList());
    assertEquals("a photo of tom", tom.label());
    assertEquals("a photo of loose one", set.background().get(0).label());
    assertTrue(set.notes().toString().contains("dogs/nobody"), set.notes().toString());
    assertEquals(
        "a sketch of solo", ImageSet.read(temp, "a sketch of {name}").entity("solo").label());
    Refusal.holds(() -> ImageSet.read(temp, "a photo"), "{name}");
    Refusal.holds(() -> set.image("tom/1.png"), "There is no image");
  }

  @Test
  void sameFileNamesAreToldApart() throws IOException {
    touch("a/1.png", "b/1.png");
    Refusal.holds(() -> ImageSet.read(temp).image("1.png"), "2 images", "a/1.png");
    assertEquals("b", ImageSet.read(temp).image("b/1.png").entity());
  }

  @Test
  void aManifestDecides() throws IOException {
    touch("x/moai/1.png", "x/moai/2.png", "x/moai/3.png");
    csv(
        "manifest.csv",
        "\ufeffEntity,File,Caption,,\n"
            + "The Moai,x/moai/2.png,\"a moai, big\",,\n"
            + ",x\\moai\\1.png,other\n");
    ImageSet set = ImageSet.read(temp);
    Entity moai = set.entity("the moai");
    assertEquals("moai", moai.name());
    assertEquals("x", moai.category());
    assertEquals("a moai, big", moai.label());
    assertEquals("x/moai/2.png", moai.images().get(0).name());
    assertEquals(2, moai.images().size());
    assertEquals(2, set.notes().size(), set.notes().toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "file|There is no image",
        "name,caption|needs a column 'file' (or filename, path, image), named in its first line,"
            + " which is 'name,caption'",
        "''|needs a column 'file'",
        "file;moai/1.png;moai/gone.png|names 1 of 2 files that are not there, the first being"
            + " moai/gone.png",
        "file;../outside.png|outside",
        "file,caption;,x|line 2, names no file",
        "file;a\0b.png|no system can have",
        "file,caption;moai/1.png,\"two;lines\";;,;,x|line 6, names no file",
        "file,file;1,2|cannot be read as CSV",
        "file;\"unclosed|cannot be read as CSV",
      })
  void mistakesInAListAreTold(String content, String part) throws IOException {
    touch("moai/1.png");
    csv("manifest.csv", content.replace(';', '\n'));
    Refusal.holds(() -> ImageSet.read(temp), part);
  }

  @Test
  @EnabledOnOs(OS.LINUX) // where /dev/zero never ends
  void devicesAreNoListsAndNoImages() throws IOException {
    touch("moai/1.png");
    Files.createSymbolicLink(temp.resolve("manifest.csv"), Path.of("/dev/zero"));
    Refusal.holds(() -> ImageSet.read(temp), "manifest.csv is no regular file");
    Refusal.holds(() -> ImageReader.read(Path.of("/dev/zero")), "/dev/zero is no regular file");
  }

  @Test
  void imagesThatAreNotReadAreCountedByKind() throws IOException {
    touch("cat/A.JPG", "cat/B.JPEG", "dog/c.jfif", "dog/d.webp", "dog/e.png", "dog/f.tif");
    touch("dog/g.jpe", "dog/h.avif", "cat/i.HEIC", "cat/j.heic", "cat/notes.txt", "cat/.k.avif");
    ImageSet set = ImageSet.read(temp);
    assertEquals(7, set.images().size());
    String notes = set.notes().toString();
    assertTrue(notes.contains("3 images were left out"), notes);
    assertTrue(notes.contains("1 .avif, 2 .heic. Convert them to PNG or JPEG."), notes);
    touch("only/x/y.heic");
    Refusal.holds(() -> ImageSet.read(temp.resolve("only")), "no image", "1 .heic");
    csv("labels.csv", "file\ncat/A.JPG\n");
    String listed = ImageSet.read(temp).notes().toString();
    assertTrue(listed.contains("6 images in the folder are not in labels.csv"), listed);
  }

  @Test
  void imagesInDeeperFoldersAreCounted() throws IOException {
    touch("a/b/1.png", "a/b/c/2.png", "a/b/c/d/3.png");
    assertTrue(ImageSet.read(temp).notes().toString().contains("2 images lie deeper"));
  }

  @Test
  void aNameThatTwoEntitiesHaveIsRefusedWithTheirFullNames() throws IOException {
    touch("birds/crane/0.png", "birds/duck/0.png", "machines/crane/0.png", "machines/crane/1.png");
    ImageSet set = ImageSet.read(temp);
    for (String typed : List.of("crane", "Crane", "crane/0", "a photo of crane")) {
      String sentence =
          Refusal.of(() -> (typed.contains("/") ? set.image(typed) : set.entity(typed)).hashCode());
      assertTrue(sentence.contains("2 entities"), sentence);
      assertTrue(sentence.contains("write birds/crane or machines/crane."), sentence);
    }
    assertEquals(1, set.entity("birds/crane").images().size());
    assertEquals(2, set.entity("Machines/Crane").images().size());
    assertEquals("machines/crane/1.png", set.image("machines/crane/1").name());
    assertEquals("duck", set.entity("birds/duck").name());
    touch("crane/0.png");
    assertEquals(
        Set.of("crane", "birds/crane", "machines/crane", "duck"),
        ImageSet.read(temp).entities().stream().map(Entity::name).collect(Collectors.toSet()));
  }

  @Test
  void anotherEncodingIsTold() throws IOException {
    touch("moai/1.png");
    Files.write(temp.resolve("labels.csv"), "file,label\né".getBytes(StandardCharsets.ISO_8859_1));
    Refusal.holds(() -> ImageSet.read(temp), "not UTF-8");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "empty", "empty/no such"})
  void foldersWithoutImagesAreTold(String name) throws IOException {
    Files.createDirectories(temp.resolve("empty"));
    Refusal.holds(() -> ImageSet.read(temp.resolve(name)), "There is no", temp.toString());
  }

  @Test
  void aFileIsNoFolder() throws IOException {
    touch("1.png");
    Refusal.holds(() -> ImageSet.read(temp.resolve("1.png")), "is a file");
  }

  @Test
  void theHashIsOfNamesAndContents() throws IOException {
    touch("a/1.png", "a/2.png");
    String before = ImageSet.read(temp).hash();
    assertEquals(64, before.length());
    assertEquals(before, ImageSet.read(temp).named("other").hash());
    csv("manifest.csv", "file\na/2.png\na/1.png\n");
    assertEquals(before, ImageSet.read(temp).hash());
    Files.writeString(temp.resolve("a/1.png"), "x");
    assertNotEquals(before, ImageSet.read(temp).hash());
    ImageSet gone = ImageSet.read(temp);
    Files.delete(temp.resolve("a/2.png"));
    Refusal.holds(gone::hash, "cannot be read");
  }

  @Test
  void linksAreFollowed() throws IOException {
    touch("set/cats/tom/1.png", "elsewhere/animals/rex/1.png", "elsewhere/animals/rex/2.png");
    link("set/dogs", "elsewhere/animals");
    link("set/cats/rex", "elsewhere/animals/rex");
    link("my set", "set");
    ImageSet set = ImageSet.read(temp.resolve("my set"));
    assertEquals("my set", set.name());
    assertEquals(
        List.of("cats/rex", "tom", "dogs/rex"), set.entities().stream().map(Entity::name).toList());
    assertEquals(2, set.entity("dogs/rex").images().size());
    assertEquals(
        "cats/tom/1.png", set.image(temp.resolve("my set/cats/tom/1.png").toString()).name());
    csv("set/manifest.csv", "file\ndogs/rex/1.png\n");
    String notes = ImageSet.read(temp.resolve("my set")).notes().toString();
    assertTrue(notes.contains("4 images in the folder are not in manifest.csv"), notes);
  }

  @Test
  void aLinkThatLeadsBackIsTold() throws IOException {
    touch("set/cats/tom/1.png");
    link("set/cats/all", "set");
    Refusal.holds(() -> ImageSet.read(temp.resolve("set")), "all leads back to a folder");
    csv("set/manifest.csv", "file\ncats/tom/1.png\n");
    Refusal.holds(() -> ImageSet.read(temp.resolve("set")), "all leads back to a folder");
  }

  @Test
  void aScanCanBeInterrupted() throws IOException {
    touch("cats/tom/1.png");
    Thread.currentThread().interrupt();
    assertThrows(CancellationException.class, () -> ImageSet.read(temp));
    assertEquals(1, ImageSet.read(temp).entities().size());
    csv("list.csv", "file\ncats/tom/1.png\n");
    Listing list = Listing.read(temp.resolve("list.csv"));
    Thread.currentThread().interrupt();
    assertThrows(CancellationException.class, () -> list.each(row -> {}));
    list.each(row -> assertEquals("cats/tom/1.png", row.get("file")));
    assertEquals(1, list.rows());
  }

  private void link(String from, String to) throws IOException {
    Files.createSymbolicLink(temp.resolve(from), temp.resolve(to));
  }

  private void touch(String... files) throws IOException {
    for (String f : files) {
      Files.createDirectories(temp.resolve(f).resolve("..").normalize());
      Files.createFile(temp.resolve(f));
    }
  }

  private void csv(String name, String content) throws IOException {
    Files.writeString(temp.resolve(name), content);
  }

  /**
   * What the manifest says of the training is a value, and part of what a result says of itself.
   */
  @Test
  void theSplitOfEachImageIsKept() {
    ImageSet mini = ImageSet.read(Iconclip.entities());
    assertEquals(511, mini.images().stream().filter(i -> i.split() == Split.TRAIN).count());
    assertEquals(65, mini.images().stream().filter(i -> i.split() == Split.HELD_OUT).count());
    assertTrue(mini.toString().contains("576 images (511 trained on)"), mini.toString());
    assertEquals(Split.TRAIN, ImageSet.read(Iconclip.background()).background().get(0).split());
    assertEquals(Set.of("train", "heldout"), Dataset.of(mini).splits());
    assertEquals(
        65,
        Dataset.of(mini).imageSet().images().stream()
            .filter(i -> i.split() == Split.HELD_OUT)
            .count());
    assertEquals(Split.HELD_OUT, Split.of(" Held-Out "));
    assertEquals(Split.HELD_OUT, Split.of("TEST"));
    assertEquals(Split.UNKNOWN, Split.of("fold 3"));
  }
}
