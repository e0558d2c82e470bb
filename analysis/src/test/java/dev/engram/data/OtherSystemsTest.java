package dev.engram.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data sets that were made or unpacked on macOS or Windows, or are read there. */
class OtherSystemsTest {
  /** As people type it, and as macOS may write it into an archive: the same text to a reader. */
  private static final String COMPOSED = "Käse";

  private static final String DECOMPOSED =
      Normalizer.normalize(COMPOSED, Normalizer.Form.NFD).intern();

  private static final DatasetOptions OPTIONS = new DatasetOptions(false, null);

  @TempDir Path temp = Path.of("");

  private Path image(String name) throws IOException {
    Path file = temp.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, "-");
  }

  @Test
  void anEntityIsCalledAsPeopleTypeIt() throws IOException {
    Path file = image("Häuser/" + DECOMPOSED + "/" + DECOMPOSED + ".png");
    Entity entity = ImageSet.read(temp).entities().get(0);
    assertEquals(COMPOSED, entity.name());
    assertEquals("a photo of " + COMPOSED, entity.label());
    assertEquals("Häuser/Käse/Käse.png", entity.images().get(0).name());
    assertEquals(
        Files.readString(file), Files.readString(entity.images().get(0).file()), "the file itself");
    String typed = DECOMPOSED + ".png";
    assertEquals("Häuser/Käse/Käse.png", ImageSet.read(temp).image(typed).name());
  }

  @Test
  void aListNamesFilesThatMacOsWrote() throws IOException {
    image("Bilder/" + DECOMPOSED + ".png");
    image(DECOMPOSED + "/1.png");
    Files.writeString(
        temp.resolve("manifest.csv"), "file,entity\nBilder/Käse.png,Käse\nKäse/1.png,Käse\n");
    assertEquals(2, ImageSet.read(temp).images().size());
    Path list =
        Files.writeString(
            temp.resolve("mine.csv"), "file,label\nBilder/Käse.png,cheese\nKäse/1.png,cheese\n");
    Dataset set = Datasets.open(list, OPTIONS);
    assertEquals(
        List.of("Bilder/Käse.png", "Käse/1.png"),
        set.images().stream().map(DatasetImage::name).toList());
    for (DatasetImage i : set.images()) {
      assertTrue(Files.exists(i.file()), i.file().toString());
    }
  }

  @Test
  void aClassIsOneInAllSplits() throws IOException {
    image("train/" + DECOMPOSED + "/1.png");
    image("test/" + COMPOSED + "/2.png");
    Dataset set = Datasets.open(temp, OPTIONS);
    assertEquals(List.of(COMPOSED), set.classes().stream().map(DatasetClass::name).toList());
  }

  @Test
  void whatMacOsPacksBesideImagesIsNothing() throws IOException {
    image("train/cat/1.png");
    image("test/cat/2.png");
    image("__MACOSX/train/cat/._1.png");
    image("train/cat/.DS_Store");
    Dataset set = Datasets.open(temp, OPTIONS);
    assertEquals(DatasetLayout.SPLIT_FOLDERS, set.layout());
    assertEquals(List.of("cat"), set.classes().stream().map(DatasetClass::name).toList());
    List<String> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(temp)) {
      all.filter(Files::isRegularFile).forEach(f -> files.add(temp.relativize(f).toString()));
    }
    files.replaceAll(f -> f.replace('\\', '/'));
    FolderNames names = new FolderNames();
    files.forEach(names::add);
    String notes = names.notes().toString();
    assertTrue(!notes.contains("deeper"), notes);
  }

  @Test
  void pathsHaveOneOrder() {
    List<Path> sorted =
        Stream.of("b", "B", "a/z", "a-b", "ä", "a\u0308a", "A")
            .map(Path::of)
            .sorted(UserPath.ORDER)
            .toList();
    assertEquals(
        Stream.of("A", "B", "a-b", "a/z", "b", "ä", "a\u0308a").map(Path::of).toList(), sorted);
  }
}
