package dev.engram.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.atlas.SurveyedImages.Entry;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.SpilledRecords;
import dev.engram.data.SpilledSort;
import dev.engram.data.Spread;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A list that goes to the disk is the list that memory would hold. */
class SpilledListTest {
  private static final SpilledRecords.Format<String> TEXT =
      new SpilledRecords.Format<>() {
        @Override
        public void write(String value, DataOutput out) throws IOException {
          out.writeUTF(value);
        }

        @Override
        public String read(DataInput in) throws IOException {
          return in.readUTF();
        }
      };

  private final Random random = new Random(5);

  @Test
  void recordsAreReadInAnyOrder() {
    for (int count : new int[] {0, 1, 16, 17, 500}) {
      List<String> expected = new ArrayList<>();
      SpilledRecords<String> records = new SpilledRecords<>(TEXT, 100);
      for (int i = 0; i < count; i++) {
        String each = "x".repeat(random.nextInt(20)) + i;
        expected.add(each);
        records.add(each);
      }
      assertEquals(expected, records);
      for (int i = 0; i < 2 * count; i++) {
        int at = random.nextInt(count);
        assertEquals(expected.get(at), records.get(at));
      }
      assertEquals(expected.subList(0, count / 2), records.subList(0, count / 2));
    }
  }

  @Test
  void runsAreMergedAndWhatIsEqualKeepsItsOrder() throws Exception {
    Comparator<String> byFirst = Comparator.comparing(s -> s.charAt(0));
    for (int held : new int[] {1, 3, 7, 1000}) {
      List<String> all =
          IntStream.range(0, 100)
              .mapToObj(i -> "abcde".charAt(random.nextInt(5)) + "" + i)
              .toList();
      SpilledSort<String> sort = new SpilledSort<>(byFirst, TEXT, held);
      for (String each : all) {
        sort.add(each);
      }
      List<String> sorted = new ArrayList<>();
      sort.drain(sorted::add);
      assertEquals(all.stream().sorted(byFirst).toList(), sorted);
    }
  }

  private SurveySet some(int count) {
    List<SurveyImage> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String name = "%03d/%d ü.png".formatted(random.nextInt(40), i);
      images.add(new SurveyImage(name, random.nextInt(5) - 1, "/data/" + name, -1, i, 7));
    }
    List<Entity> classes =
        IntStream.range(0, 4)
            .mapToObj(c -> new Entity("c" + c, "", "label " + c, List.of()))
            .toList();
    return new SurveySet("some", classes, images, List.of());
  }

  /** Everything in memory, sorted at once. */
  private static List<Entry> naive(SurveySet set, @Nullable Integer most) {
    List<SurveyImage> all = new ArrayList<>(set.images());
    all.sort(
        Comparator.comparingInt((SurveyImage i) -> i.classIndex() < 0 ? 99 : i.classIndex())
            .thenComparing(SurveyImage::name));
    List<SurveyImage> chosen = most == null ? all : Spread.of(all, most);
    List<String> names = chosen.stream().map(SurveyImage::name).sorted().toList();
    return chosen.stream().map(i -> new Entry(i, names.indexOf(i.name()))).toList();
  }

  @Test
  void imagesPassInTheSameOrderHoweverFewMemoryHolds() {
    SurveySet set = some(200);
    for (Integer most : new Integer[] {null, 1, 33, 199, 200, 500}) {
      SurveySettings settings = SurveySettings.standard().images(most);
      List<Entry> expected = naive(set, most);
      String hash = SurveyedImages.of(set, settings).listHash();
      for (int held : new int[] {7, 1000}) {
        SurveyedImages images = SurveyedImages.of(set, settings, held);
        List<Entry> passing =
            IntStream.range(0, images.blocks())
                .boxed()
                .flatMap(b -> images.block(b).stream())
                .toList();
        assertEquals(expected, passing);
        assertEquals(
            expected.stream().sorted(Comparator.comparingInt(Entry::number)).toList(),
            images.byNumber());
        assertEquals(hash, images.listHash());
        for (int c = 0; c < 4; c++) {
          int index = c;
          assertEquals(
              expected.stream().filter(e -> e.classIndex() == index).count(),
              images.classSizes()[c]);
        }
      }
    }
  }

  private static void file(Path root, String name) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, new byte[] {1});
  }

  @Test
  void aFolderIsReadAsAnImageSetIs(@TempDir Path temp) throws Exception {
    Path folders = temp.resolve("folders");
    for (String name :
        List.of(
            "cats/red/1.png",
            "cats/red/10.png",
            "cats/red/2.png",
            "dogs/red/1.png",
            "dogs/big/x.jpg",
            "birds/b.png",
            "loose.png",
            ".hidden/h.png",
            "dogs/big/deeper/y.png",
            "a/b.heic")) {
      file(folders, name);
    }
    Path listed = temp.resolve("listed");
    file(listed, "k/e/1.png");
    file(listed, "k/e/2.png");
    Files.writeString(listed.resolve("manifest.csv"), "file,caption\nk/e/2.png,an e\n");
    Path flat = temp.resolve("flat");
    file(flat, "one.png");
    Files.writeString(flat.resolve("labels.csv"), "file,label\none.png,one thing\n");
    for (Path root : List.of(folders, listed, flat)) {
      ImageSet held = ImageSet.read(root);
      SurveySet expected = SurveySet.of(held);
      SurveySet streamed = SurveySet.read(root, null);
      assertEquals(expected.name(), streamed.name());
      assertEquals(expected.notes(), streamed.notes());
      assertEquals(expected.entities(), streamed.entities());
      assertEquals(
          SurveyedImages.of(expected, SurveySettings.standard()).listHash(),
          SurveyedImages.of(streamed, SurveySettings.standard()).listHash());
      assertTrue(streamed.images().size() >= held.images().size());
    }
  }
}
