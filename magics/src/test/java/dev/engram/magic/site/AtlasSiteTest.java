package dev.engram.magic.site;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.Atlas.Top;
import dev.engram.atlas.Atlas.TopList;
import dev.engram.atlas.AtlasImage;
import dev.engram.atlas.AtlasMap;
import dev.engram.atlas.AtlasMap.Colour;
import dev.engram.atlas.AtlasNeurons;
import dev.engram.atlas.SurveySettings;
import dev.engram.data.ImageSet;
import dev.engram.dissect.WordDictionary;
import dev.engram.iconclip.Iconclip;
import dev.engram.magic.site.NeuronPages.Page;
import dev.engram.magic.site.NeuronPages.Ranked;
import dev.engram.model.Clip;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The site of an atlas whose names are hostile: what is in it, and where it is not written. */
class AtlasSiteTest {
  private static final Path MODEL =
      Path.of("../analysis/src/test/resources/reference/models/gelu_p8");
  private static final Pattern SCRIPT =
      Pattern.compile("EngramAtlas\\.take\\(\"([a-z0-9-]+)\",\"([A-Za-z0-9+/=]+)\"\\);\n");
  private static final String EVIL = "</script><script>alert(1)</script>";
  private static final List<String> WORDS =
      List.of(EVIL, "a\u2028b", "<img src=x onerror=alert(1)>", "hat", "it's \"quoted\" & more");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path temp = Path.of("");
  private static Clip clip = Clip.from(MODEL).device("cpu").load();
  private static ImageSet set = ImageSet.read(Iconclip.background());
  private static Atlas atlas = survey();

  /** Three classes of six images, and names that no one gives a file by chance. */
  private static Atlas survey() {
    try {
      Path folder = Files.createTempDirectory("engram-site-test");
      List<Path> all;
      try (Stream<Path> files = Files.walk(Iconclip.entities())) {
        all = files.filter(f -> f.toString().endsWith(".png")).sorted().limit(18).toList();
      }
      for (int i = 0; i < all.size(); i++) {
        String thing = i % 3 == 0 ? "rock & 'roll'" : "thing" + i % 3;
        Path home = Files.createDirectories(folder.resolve("set/things/" + thing));
        String name = i == 4 ? "x\u2028'&#34; onerror='alert(1)'.png" : "i" + i + ".png";
        Files.copy(all.get(i), home.resolve(name));
      }
      set = ImageSet.read(folder.resolve("set")).named(EVIL);
      WordDictionary words = WordDictionary.of(clip, "words", WORDS, Progress.NONE);
      SurveySettings settings = SurveySettings.standard().top(6).classes(3).threshold(0.05);
      return Atlas.survey(clip, set, settings, words, folder.resolve("atlas"), Progress.NONE);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @BeforeAll
  static void look() {
    assertEquals(18, atlas.manifest().images());
  }

  @AfterAll
  static void close() throws IOException {
    Path folder = atlas.folder().getParent();
    atlas.close();
    clip.close();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private static AtlasSite site(Path folder, ImageSet images) {
    AtlasMap map = AtlasMap.of(atlas, clip, Colour.LAYER, Progress.NONE);
    return new AtlasSite(atlas, map, AtlasImage.of(atlas, images), folder);
  }

  private static byte[] data(Path site, String name) throws IOException {
    String script = Files.readString(site.resolve("data/" + name + ".js"));
    Matcher m = SCRIPT.matcher(script);
    assertTrue(m.matches(), "not one call with a packed text: " + name);
    assertEquals(name, m.group(1));
    byte[] packed = Base64.getDecoder().decode(m.group(2));
    return new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes();
  }

  private static JsonNode json(Path site, String name) throws IOException {
    return JSON.readTree(data(site, name));
  }

  private static List<String> texts(JsonNode list) {
    List<String> out = new ArrayList<>();
    list.forEach(each -> out.add(each.asText()));
    return out;
  }

  @Test
  void theSiteHasWhatTheAtlasHas() throws IOException {
    Path folder = temp.resolve("whole");
    AtlasSite.Written written = site(folder, set).write(Progress.NONE);
    assertEquals(List.of(), written.missing());
    assertEquals(18, written.images());
    try (Stream<Path> all = Files.walk(folder)) {
      assertEquals(
          written.bytes() + Files.size(folder.resolve(SiteFolder.MARKER)),
          all.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum());
    }
    JsonNode front = json(folder, "front");
    byte[] numbers = data(folder, "numbers");
    AtlasNeurons n = atlas.neurons();
    for (JsonNode column : front.get("columns")) {
      ByteBuffer at = ByteBuffer.wrap(numbers).order(ByteOrder.LITTLE_ENDIAN);
      at.position(column.get("at").asInt());
      assertEquals(0, at.position() % 4);
      if (column.get("name").asText().equals("density")) {
        for (double density : n.density()) {
          assertEquals((float) density, at.getFloat());
        }
      }
      if (column.get("name").asText().equals("class")) {
        List<String> classes = texts(front.get("classes"));
        for (String best : n.bestClass()) {
          assertEquals(best, classes.get(at.getShort() - 1));
        }
      }
    }
    List<String> images = texts(json(folder, "images").get("names"));
    int each = n.space().width() + n.space().ffnWidth();
    for (int neuron : new int[] {0, each - 1, each + 7}) {
      JsonNode page = json(folder, "layer-" + neuron / each).get(neuron % each);
      for (TopList list : TopList.values()) {
        List<Top> tops = atlas.tops(n.space().neuron(neuron), list);
        JsonNode shown = page.get("t").get(list.ordinal());
        assertEquals(tops.size(), shown.get(0).size());
        for (int r = 0; r < tops.size(); r++) {
          String name = tops.get(r).image().replace("\u2028", "\\u2028");
          assertEquals(name, images.get(shown.get(0).get(r).asInt()));
          double value = tops.get(r).value();
          assertEquals(value, shown.get(1).get(r).asDouble(), 1e-3 * Math.abs(value));
        }
      }
      assertEquals(65, page.get("h").size());
      int counted = 0;
      for (JsonNode bin : page.get("h")) {
        counted += bin.asInt();
      }
      assertEquals(18, counted);
      assertEquals(10, page.get("n").get(0).size());
      assertEquals(3, page.get("c").get(0).size());
    }
  }

  @Test
  void hostileNamesAreTextAndNothingElse() throws IOException {
    Path folder = temp.resolve("hostile");
    site(folder, set).write(Progress.NONE);
    String index = Files.readString(folder.resolve("index.html"));
    assertTrue(index.contains("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;"), index);
    assertFalse(index.contains("<script>"), index);
    try (Stream<Path> all = Files.list(folder.resolve("data"))) {
      for (Path file : all.toList()) {
        data(folder, file.getFileName().toString().replace(".js", ""));
      }
    }
    List<String> said = texts(json(folder, "front").get("vocabulary"));
    assertTrue(said.contains(EVIL) && said.contains("a\\u2028b"), said.toString());
    assertTrue(texts(json(folder, "front").get("classes")).contains("rock & 'roll'"));
    for (String name : List.of("site.js", "site.css")) {
      String text = Files.readString(folder.resolve(name));
      assertFalse(text.contains("alert("), name);
      // no address but that of SVG's names
      assertFalse(text.replace("http://www.w3.org/2000/svg", "").contains("//www"), name);
      assertFalse(text.contains("fetch(") || text.contains("innerHTML"), name);
    }
  }

  @Test
  void imagesThatAreGoneOrChangedAreCountedAndNamed() throws IOException {
    Path copy = temp.resolve("copy");
    try (Stream<Path> all = Files.walk(set.root())) {
      for (Path from : all.toList()) {
        Files.copy(from, copy.resolve(set.root().relativize(from).toString()));
      }
    }
    Files.delete(copy.resolve("things/thing2/i5.png"));
    Files.copy(
        copy.resolve("things/thing2/i2.png"),
        copy.resolve("things/thing1/i1.png"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Path folder = temp.resolve("missing");
    AtlasSite.Written written = site(folder, ImageSet.read(copy)).write(Progress.NONE);
    assertEquals(List.of("things/thing1/i1.png", "things/thing2/i5.png"), written.missing());
    assertEquals(1, written.gone());
    assertEquals(1, written.changed());
    JsonNode images = json(folder, "images");
    List<String> names = texts(images.get("names"));
    assertEquals(-1, images.get("tiles").get(names.indexOf("things/thing2/i5.png")).asInt());
    assertEquals(names.indexOf("things/thing1/i1.png"), images.get("changed").get(0).asInt());
  }

  private static void refused(Path folder, String... parts) {
    String told =
        String.valueOf(
            assertThrows(EngramException.class, () -> AtlasSite.check(folder)).getMessage());
    for (String part : parts) {
      assertTrue(told.contains(part), part + " is not in: " + told);
    }
  }

  @Test
  void onlyASiteOfOursIsReplacedAndOnlyByAWholeOne() throws IOException {
    Path home = Files.createDirectory(temp.resolve("home"));
    Path file = Files.writeString(home.resolve("file"), "mine");
    refused(file, "takes a folder");
    refused(home, "holds something");
    refused(atlas.folder(), "holds something");
    refused(temp.resolve("no/such"), "There is no folder", "make it first");
    Path fake = Files.createDirectory(home.resolve("fake"));
    Files.writeString(fake.resolve(SiteFolder.MARKER), "{}");
    refused(fake, "is no site");

    Path folder = Files.createDirectory(home.resolve("site"));
    AtlasSite site = site(folder, set); // an empty folder is taken
    site.write(Progress.NONE);
    Files.writeString(folder.resolve("index.html"), "an older one");
    Files.writeString(folder.resolve(".DS_Store"), "Finder was here");
    Progress stopsAtImages =
        (what, done, total) -> {
          if (what.contains("images")) {
            Thread.currentThread().interrupt();
          }
        };
    assertThrows(CancellationException.class, () -> site.write(stopsAtImages));
    assertEquals("an older one", Files.readString(folder.resolve("index.html"), UTF_8));
    assertEquals(List.of("fake", "file", "site"), names(home));
    site.write(Progress.NONE);
    assertTrue(Files.readString(folder.resolve("index.html")).contains("<!DOCTYPE html>"));
    assertEquals(List.of("fake", "file", "site"), names(home));

    Path notes = Files.writeString(folder.resolve("data/notes.txt"), "mine");
    refused(folder, "'data/notes.txt' lies in it too");
    assertThrows(EngramException.class, () -> site.write(Progress.NONE));
    assertEquals("mine", Files.readString(notes));
    assertEquals(List.of("fake", "file", "site"), names(home));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  /** 24 layers of 1,024 and 4,096 neurons over 5,000 images of 1,000 classes, of random numbers. */
  @Test
  void aLargeModelsSiteHas150MegabytesAtMost() throws IOException {
    int neurons = 5120;
    Random random = new Random(1);
    List<Page> pages = new ArrayList<>();
    for (int i = 0; i < neurons; i++) {
      int[] histogram = new int[65];
      for (int image = 0; image < 5000; image++) {
        histogram[(int) Math.max(0, Math.min(64, 32 + 9 * random.nextGaussian()))]++;
      }
      pages.add(
          new Page(
              histogram,
              random.nextGaussian(),
              ranked(random, 10, 122_880, 1),
              List.of(
                  ranked(random, 20, 5000, 1),
                  ranked(random, 20, 5000, 1),
                  ranked(random, 20, 5000, 1)),
              ranked(random, 10, 1000, 2)));
    }
    double layers = 24.0 * NeuronPages.script(0, pages).length;
    NumberColumns columns = new NumberColumns();
    for (int c = 0; c < 9; c++) {
      columns.reals("c" + c, random.doubles(24L * neurons).toArray());
    }
    columns.counts("class", random.ints(24L * neurons, 0, 1001).toArray());
    columns.counts("words", random.ints(5L * 24 * neurons, 0, 20_001).toArray());
    double front = SiteScript.binary("numbers", columns.bytes()).length;
    double pictures = 5000.0 * SpriteSheets.side(5000) * SpriteSheets.side(5000) * 0.5;
    double all = layers + front + pictures;
    System.out.printf(
        "a neuron %.0f bytes, front %.1f MB, all %.1f MB%n",
        layers / 24 / neurons, front / 1e6, all / 1e6);
    assertTrue(all < 150e6, all / 1e6 + " MB");
    assertEquals(96, SpriteSheets.side(5000));
    assertEquals(32, SpriteSheets.side(1_000_000));
  }

  private static Ranked ranked(Random random, int count, int of, int lists) {
    double[][] values = new double[lists][];
    for (int l = 0; l < lists; l++) {
      values[l] = random.doubles(count).map(v -> v * 10 - 5).toArray();
    }
    return new Ranked(random.ints(count, 0, of).toArray(), values);
  }
}
