package dev.engram.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names alone give the entities that {@link ImageSet#read} gives of the same files. */
class FolderNamesTest {
  @TempDir Path temp = Path.of("");

  @Test
  void areTheEntitiesOfAFolderWithoutAList() throws IOException {
    for (String file :
        List.of(
            "animals/cat/1.png",
            "animals/cat/2.png",
            "animals/cat 2/1.jpg",
            "animals/cat10/1.png",
            "tools/cat/9.webp",
            "tools/x.png",
            "b10/a.png",
            "b9/a.png",
            "B 9/_a.png",
            "loose.png",
            "a/b/c/deep.png",
            ".hidden/x.png",
            "b9/.x.png",
            "b9/notes.txt",
            "b9/raw.heic")) {
      Path place = temp.resolve(file);
      Files.createDirectories(place.getParent());
      Files.writeString(place, "-");
    }
    List<String> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(temp)) {
      all.filter(Files::isRegularFile)
          .forEach(f -> files.add(temp.relativize(f).toString().replace('\\', '/')));
    }
    Collections.shuffle(files, new Random(5));
    FolderNames names = new FolderNames();
    List<String> wanted = files.stream().filter(names::add).toList();
    ImageSet set = ImageSet.read(temp);
    assertEquals(
        set.entities().stream().map(FolderNamesTest::said).toList(),
        names.entities().stream().map(FolderNamesTest::said).toList());
    Map<String, Integer> expected = new HashMap<>();
    for (int c = 0; c < set.entities().size(); c++) {
      for (LabelledImage i : set.entities().get(c).images()) {
        expected.put(i.name(), c);
      }
    }
    set.background().forEach(i -> expected.put(i.name(), -1));
    Map<String, Integer> found = new HashMap<>();
    wanted.forEach(f -> found.put(f, names.classOf(f)));
    assertEquals(expected, found);
    String notes = names.notes().toString();
    assertTrue(notes.contains("1 images lie deeper") && notes.contains("1 .heic"), notes);
  }

  private static String said(Entity e) {
    return String.join("|", e.name(), e.title(), e.category(), e.label());
  }
}
