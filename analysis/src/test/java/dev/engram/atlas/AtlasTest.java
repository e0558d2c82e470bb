package dev.engram.atlas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.Vectors;
import dev.engram.atlas.SurveyedImages.Entry;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Contributions;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.trace.NeuronSpace;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An atlas says what a computation says that keeps everything, whatever came between. */
class AtlasTest {
  private static final Path MODELS = Path.of("src/test/resources/reference/models");
  private static final SurveySettings SETTINGS =
      SurveySettings.standard().top(6).classes(3).threshold(0.05);

  @TempDir static Path temp = Path.of("");
  private static Clip clip = model("gelu_p8");
  private static ImageSet set = ImageSet.read(Iconclip.background());

  private static Clip model(String name) {
    return Clip.from(MODELS.resolve(name)).device("cpu").load();
  }

  /** 5 classes with 13, 2, 1, 20 and 7 images, one of them damaged, and 9 without a class. */
  @BeforeAll
  static void images() throws IOException {
    List<Path> all;
    try (Stream<Path> files = Files.walk(Iconclip.entities())) {
      all = files.filter(f -> f.toString().endsWith(".png")).sorted().limit(60).toList();
    }
    int next = 0;
    int[] sizes = {13, 2, 1, 20, 7, 9};
    for (int c = 0; c < sizes.length; c++) {
      Path folder = temp.resolve(c < 5 ? "set/things/thing" + c : "background");
      Files.createDirectories(folder);
      for (int i = 0; i < sizes[c]; i++) {
        Files.copy(all.get(next++), folder.resolve("i" + (c + i * 7) % 23 + ".png"));
      }
    }
    Files.writeString(temp.resolve("set/things/thing3/damaged.png"), "this is no picture");
    set =
        ImageSet.read(temp.resolve("set"))
            .withBackground(ImageSet.read(temp.resolve("background")));
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  private static Surveyor surveyor(String work) {
    return new Surveyor(
        clip, SurveyedImages.of(set, SETTINGS), SETTINGS, temp.resolve(work), Progress.NONE);
  }

  private static byte[] bytes(AtlasState state) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    state.write(new DataOutputStream(out));
    return out.toByteArray();
  }

  @Test
  void anySplitAndOrderGiveTheSameBits() throws IOException {
    byte[] whole;
    try (Surveyor all = surveyor("whole")) {
      whole = bytes(all.run(Progress.NONE));
    }
    SurveyedImages images = SurveyedImages.of(set, SETTINGS);
    assertEquals(4, images.blocks());
    for (int seed = 0; seed < 3; seed++) {
      List<Integer> order = new ArrayList<>(IntStream.range(0, 4).boxed().toList());
      Collections.shuffle(order, new Random(seed));
      try (Surveyor parts = surveyor("split" + seed);
          ImageRows rows = parts.rows()) {
        AtlasState merged = parts.empty();
        for (List<Integer> part : List.of(order.subList(0, 1), order.subList(1, 4))) {
          AtlasState state = parts.empty();
          int[] blocks = part.stream().mapToInt(b -> b).toArray();
          parts.pass(state, blocks, rows, Progress.NONE);
          merged.merge(state);
        }
        assertTrue(merged.isComplete());
        assertArrayEquals(whole, bytes(merged));
        assertThrows(IllegalArgumentException.class, () -> merged.merge(merged));
      }
    }
  }

  @Test
  void whatIsInterruptedGoesOn() throws IOException {
    byte[] whole;
    try (Surveyor all = surveyor("undisturbed")) {
      whole = bytes(all.run(Progress.NONE));
    }
    List<Long> seen = new ArrayList<>();
    Progress stopping =
        (what, done, total) -> {
          if (what.startsWith("surveying")) {
            seen.add(done);
            if (done == 32) {
              Thread.currentThread().interrupt();
            }
          }
        };
    try (Surveyor first = surveyor("stopped")) {
      assertThrows(CancellationException.class, () -> first.run(stopping));
      assertEquals(List.of(0L, 16L, 32L), seen);
      assertEquals(2, first.kept().blocks.cardinality());
    }
    seen.clear();
    try (Surveyor second = surveyor("stopped")) {
      assertArrayEquals(
          whole,
          bytes(
              second.run(
                  (what, done, total) -> {
                    if (what.startsWith("surveying")) {
                      seen.add(done);
                    }
                  })));
      assertEquals(32L, seen.get(0)); // what passed before does not pass again
    }
    Path state = state("stopped");
    Files.write(state, Arrays.copyOf(Files.readAllBytes(state), 5000));
    try (Surveyor damaged = surveyor("stopped")) {
      assertTrue(damaged.kept().blocks.isEmpty());
    }
  }

  private static Path state(String work) throws IOException {
    try (Stream<Path> inside = Files.list(temp.resolve(work))) {
      return inside.filter(f -> f.toString().endsWith("state.bin")).findFirst().orElseThrow();
    }
  }

  /** Else a disk that was unplugged at night would leave a finished atlas of half of the images. */
  @Test
  void aDiskThatIsGoneStopsASurveyAndNothingIsLost() throws IOException {
    byte[] whole;
    try (Surveyor all = surveyor("present")) {
      whole = bytes(all.run(Progress.NONE));
    }
    Path there = temp.resolve("background"); // of the last block, which is read last
    Path away = temp.resolve("unplugged");
    Progress unplugging =
        (what, done, total) -> {
          if (what.startsWith("surveying") && done == 16 && Files.exists(there)) {
            assertDoesNotThrow(() -> Files.move(there, away));
          }
        };
    try (Surveyor first = surveyor("gone")) {
      Refusal.holds(() -> first.run(unplugging), "cannot be reached", "is kept", "the same line");
      assertTrue(first.kept().blocks.cardinality() >= 1);
    } finally {
      Files.move(away, there);
    }
    try (Surveyor second = surveyor("gone")) {
      assertArrayEquals(whole, bytes(second.run(Progress.NONE)));
    }
  }

  @Test
  void aFileThatIsGoneAloneIsNamed() throws IOException {
    Path copy = temp.resolve("copy");
    Files.createDirectories(copy.resolve("things/one"));
    for (LabelledImage i : set.images().subList(0, 3)) {
      Files.copy(i.file(), copy.resolve("things/one").resolve(i.file().getFileName()));
    }
    ImageSet few = ImageSet.read(copy);
    Files.delete(few.images().get(1).file());
    SurveyedImages images = SurveyedImages.of(SurveySet.of(few), SETTINGS);
    try (Surveyor one =
        new Surveyor(clip, images, SETTINGS, temp.resolve("alone"), Progress.NONE)) {
      AtlasState state = one.run(Progress.NONE);
      assertEquals(2, state.images);
      assertTrue(state.unreadable.values().iterator().next().startsWith("There is no file"));
    }
  }

  @Test
  void twoSurveysThatWereMeantForOnePlaceLoseNothing() throws IOException {
    Progress stopping =
        (what, done, total) -> {
          if (what.startsWith("surveying") && done == 32) {
            Thread.currentThread().interrupt();
          }
        };
    try (Surveyor first = surveyor("shared")) {
      assertThrows(CancellationException.class, () -> first.run(stopping));
    }
    Path mine = Files.writeString(temp.resolve("shared/mine.txt"), "not Engram's");
    SurveySettings other = SETTINGS.top(SETTINGS.top() + 1);
    try (Surveyor second =
        new Surveyor(
            clip, SurveyedImages.of(set, other), other, temp.resolve("shared"), Progress.NONE)) {
      second.run(Progress.NONE);
      String mark = UnfinishedSurvey.mark(second.key());
      Files.writeString(temp.resolve("shared/.." + mark + "0-1.part-x.crc"), "of a killed worker");
      new UnfinishedSurvey(temp.resolve("shared"), second.key()).delete();
    }
    assertTrue(Files.exists(mine));
    try (Surveyor first = surveyor("shared")) {
      assertEquals(2, first.kept().blocks.cardinality());
      new UnfinishedSurvey(temp.resolve("shared"), first.key()).delete();
    }
    try (Stream<Path> inside = Files.list(temp.resolve("shared"))) {
      assertEquals(List.of(mine), inside.toList());
    }
  }

  @Test
  void anImageOfTwoClassesHasANameForEach() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("both"));
    Files.copy(set.images().get(0).file(), folder.resolve("i.png"));
    Files.writeString(
        folder.resolve("manifest.csv"), "file,entity\ni.png,cat\ni.png,dog\ni.png,dog\n");
    assertEquals(
        List.of("i.png", "i.png as dog", "i.png as dog, 2"),
        SurveySet.of(ImageSet.read(folder)).images().stream().map(SurveyImage::name).toList());
  }

  private static AtlasTable small(AtlasQuery query, String text) {
    try {
      return query.run(text, 10, 40);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aUsersQueryMayBeTooLargeForATable() throws SQLException {
    try (Connection connection = DuckDb.open()) {
      AtlasQuery query = new AtlasQuery(connection);
      assertEquals(10, query.run("SELECT 'text' AS t FROM range(10)", 10, 40).rows());
      Refusal.holds(() -> small(query, "SELECT 1 FROM range(11)"), "more than 10 rows", "LIMIT");
      Refusal.holds(
          () -> small(query, "SELECT [1, 2] FROM range(10)"),
          "more than 40 characters",
          "in 7 rows");
      AtlasTable sum = query.run("SELECT sum(range) AS s FROM range(10)");
      assertEquals(AtlasTable.Kind.NUMBER, sum.columns().get(0).kind());
      assertEquals(45.0, sum.columns().get(0).values().get(0));
    }
  }

  /** Everything of every image. */
  private record Naive(
      List<Entry> images, Map<Integer, float[]> m, Map<Integer, float[]> improvement) {
    static Naive of(SurveyedImages images) {
      Map<Integer, float[]> m = new HashMap<>();
      Map<Integer, float[]> improvement = new HashMap<>();
      List<Entity> entities = set.entities();
      float[][] labels =
          clip.embedTexts(entities.stream().map(Entity::label).toList(), Progress.NONE);
      try (Attributor attributor = new Attributor(clip)) {
        for (int b = 0; b < images.blocks(); b++) {
          List<Entry> readable =
              images.block(b).stream().filter(e -> !e.image().name().contains("damaged")).toList();
          List<float[]> pixels =
              readable.stream()
                  .map(e -> clip.processor().process(Path.of(e.image().place())))
                  .toList();
          clip.traces(pixels, Contributions.request(clip))
              .each(
                  batch -> {
                    float[][] all = attributor.coefficients(batch.trace());
                    for (int i = 0; i < all.length; i++) {
                      Entry e = readable.get(i);
                      m.put(e.number(), all[i]);
                      if (e.classIndex() >= 0) {
                        float[] t = labels[e.classIndex()];
                        float[][] scores =
                            attributor.scores(batch.trace(), pixels, t, Reading.LITERAL);
                        improvement.put(e.number(), scores[i]);
                      }
                    }
                  });
        }
      }
      return new Naive(
          images.byNumber().stream().filter(e -> m.containsKey(e.number())).toList(),
          m,
          improvement);
    }

    /** The names of the images with the largest values, of equal ones by name. */
    List<String> top(Map<Integer, float[]> of, int neuron, int sign) {
      return images.stream()
          .filter(e -> of.containsKey(e.number()))
          .sorted(
              Comparator.comparingDouble((Entry e) -> -sign * (double) value(of, e, neuron))
                  .thenComparing(e -> e.image().name()))
          .limit(SETTINGS.top())
          .map(e -> e.image().name())
          .toList();
    }

    double[] ofClass(Map<Integer, float[]> of, int neuron, int classIndex) {
      return images.stream()
          .filter(e -> e.classIndex() == classIndex)
          .mapToDouble(e -> value(of, e, neuron))
          .toArray();
    }
  }

  @Test
  void saysWhatKeepingEverythingSays() throws IOException {
    Path folder = temp.resolve("atlas o'[all]");
    Naive naive = Naive.of(SurveyedImages.of(set, SETTINGS));
    try (Atlas atlas = Atlas.survey(clip, set, SETTINGS, null, folder, Progress.NONE)) {
      assertEquals(52, atlas.manifest().images());
      assertEquals(43, atlas.manifest().labelled());
      assertEquals(1, atlas.manifest().unreadable());
      assertFalse(Files.exists(temp.resolve("atlas o'[all].unfinished")));
      AtlasTable bad = atlas.sql("SELECT image, unreadable FROM images WHERE sha256 IS NULL");
      assertEquals("things/thing3/damaged.png", bad.columns().get(0).values().get(0));
      String why = String.valueOf(bad.columns().get(1).values().get(0));
      assertTrue(why.contains(" things/thing3/damaged.png ") && !why.contains("" + temp), why);
      assertEquals(1, bad.rows());
      NeuronSpace space = clip.config().vision().space();
      AtlasNeurons n = atlas.neurons();
      Random random = new Random(1);
      for (int round = 0; round < 25; round++) {
        int i = random.nextInt(space.count());
        double[] m = naive.images.stream().mapToDouble(e -> value(naive.m, e, i)).toArray();
        double mean = Arrays.stream(m).average().orElseThrow();
        double variance = Arrays.stream(m).map(x -> (x - mean) * (x - mean)).sum() / m.length;
        assertEquals(mean, n.mean()[i], 1e-12);
        assertEquals(Math.sqrt(variance), n.deviation()[i], 1e-9);
        assertEquals(Arrays.stream(m).min().orElseThrow(), n.least()[i]);
        assertEquals(Arrays.stream(m).max().orElseThrow(), n.greatest()[i]);
        assertEquals(
            Arrays.stream(m).filter(x -> Math.abs(x) > 0.05).count() / 52.0, n.density()[i]);
        assertEquals(naive.top(naive.m, i, 1), names(atlas, i, Atlas.TopList.HIGHEST));
        assertEquals(naive.top(naive.m, i, -1), names(atlas, i, Atlas.TopList.LOWEST));
        // another product of matrices: of nearly equal values either may come first
        List<Atlas.Top> improved = atlas.tops(space.neuron(i), Atlas.TopList.IMPROVEMENT);
        List<String> expected = naive.top(naive.improvement, i, 1);
        for (int r = 0; r < improved.size(); r++) {
          assertEquals(value(naive, expected.get(r), i), improved.get(r).value(), 1e-7);
        }
        double best = Double.NEGATIVE_INFINITY;
        double coefficient = 0;
        for (int c = 0; c < 5; c++) {
          double of = Arrays.stream(naive.ofClass(naive.improvement, i, c)).average().orElseThrow();
          if (of > best) {
            best = of;
            coefficient = Arrays.stream(naive.ofClass(naive.m, i, c)).average().orElseThrow();
          }
        }
        assertEquals(best, n.improvement()[i], 1e-7);
        assertEquals(coefficient, n.coefficient()[i], 1e-6);
        int[] histogram = new int[LogBins.COUNT];
        Arrays.stream(m).forEach(x -> histogram[LogBins.of((float) x)]++);
        assertEquals(
            Arrays.toString(histogram),
            atlas
                .sql("SELECT histogram::VARCHAR FROM neurons WHERE position = " + i)
                .columns()
                .get(0)
                .values()
                .get(0));
      }
      Refusal.holds(
          () -> atlas.sql("SELEKT 1"),
          "DuckDB",
          "neurons, tops, classes, sketches, images, labels");
    }
  }

  private static float value(Map<Integer, float[]> of, Entry e, int neuron) {
    return Objects.requireNonNull(of.get(e.number()))[neuron];
  }

  private static double value(Naive naive, String image, int neuron) {
    return naive.images.stream()
        .filter(e -> e.image().name().equals(image))
        .mapToDouble(e -> value(naive.improvement, e, neuron))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> names(Atlas atlas, int neuron, Atlas.TopList list) {
    return atlas.tops(atlas.manifest().space().neuron(neuron), list).stream()
        .map(Atlas.Top::image)
        .toList();
  }

  @Test
  void anotherModelVersionOrFolderIsRefused() throws IOException {
    Path folder = temp.resolve("small");
    SurveySettings few = SETTINGS.images(5);
    try (Atlas atlas = Atlas.survey(clip, set, few, null, folder, Progress.NONE)) {
      assertEquals(5, atlas.manifest().images());
      atlas.requireOf(clip);
      try (Clip other = model("quick_gelu_p8")) {
        Refusal.holds(() -> atlas.requireOf(other), "small", "gelu_p8", "quick_gelu_p8", "%survey");
        Refusal.holds(
            () -> Atlas.survey(other, set, few, null, folder, Progress.NONE), "small", "--out");
      }
    }
    // the same again is there already
    Atlas.survey(clip, set, few, null, folder, Progress.NONE).close();
    Refusal.holds(() -> Atlas.open(temp.resolve("nothing")), "no atlas", "%survey");
    Refusal.holds(
        () -> Atlas.survey(clip, set, few, null, temp.resolve("set"), Progress.NONE), "empty");
    Path manifest = folder.resolve("manifest.json");
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.replace("\"version\" : 2", "\"version\" : 1"));
    Refusal.holds(() -> Atlas.open(folder), "version 1", "reads version 2");
    Files.writeString(manifest, text.replace("engram-atlas", "else"));
    Refusal.holds(() -> Atlas.open(folder), "no manifest of an atlas");
    Files.writeString(manifest, text);
    Files.delete(folder.resolve("labels.parquet"));
    Refusal.holds(() -> Atlas.open(folder), "damaged", "labels.parquet");
  }

  @Test
  void eachImageKeepsWhatItIs() throws IOException {
    Path folder = temp.resolve("of images");
    try (Atlas atlas = Atlas.survey(clip, set, SETTINGS.images(20), null, folder, Progress.NONE)) {
      AtlasTable rows =
          atlas.sql(
              "SELECT image, number, class, len(embedding), nearest[1], len(improved),"
                  + " len(strongest) FROM images WHERE sha256 IS NOT NULL ORDER BY number");
      String[] names =
          rows.columns().get(0).values().stream().map(String::valueOf).toArray(String[]::new);
      String[] sorted = names.clone();
      Arrays.sort(sorted);
      assertArrayEquals(sorted, names);
      int width = clip.config().projectionWidth();
      assertTrue(rows.columns().get(3).values().stream().allMatch(w -> w.equals((long) width)));
      List<Entity> entities = set.entities();
      float[][] labels =
          clip.embedTexts(entities.stream().map(Entity::label).toList(), Progress.NONE);
      for (int r = 0; r < 5; r++) {
        float[] z =
            clip.embedImages(
                    List.of(clip.processor().process(set.image(names[r]).file())), Progress.NONE)[
                0];
        int best =
            IntStream.range(0, labels.length)
                .boxed()
                .max(
                    Comparator.comparingDouble(
                        c -> Vectors.dot(Vectors.unit(labels[c]), Vectors.unit(z))))
                .orElseThrow();
        assertEquals(entities.get(best).name(), rows.columns().get(4).values().get(r));
        boolean hasClass = rows.columns().get(2).values().get(r) != null;
        assertEquals(hasClass ? 20L : 0L, rows.columns().get(5).values().get(r));
        assertEquals(20L, rows.columns().get(6).values().get(r));
      }
    }
  }

  @Test
  void whereDuckDbIsMissingTheSentenceNamesTheJarOfThisBuild() throws IOException {
    String pom = Files.readString(Path.of("../pom.xml"));
    assertTrue(pom.contains("<duckdb.version>" + DuckDb.VERSION + "</duckdb.version>"));
    String sentence = DuckDb.absent();
    assertTrue(sentence.contains("duckdb_jdbc-" + DuckDb.VERSION + ".jar"), sentence);
  }

  @Test
  void thePaceTellsWhatIsLeft() {
    Pace pace = new Pace(100, 1100);
    assertEquals("surveying images", pace.said(100, 5_000_000_000L));
    assertEquals("surveying images", pace.said(150, 500_000_000L));
    assertEquals("surveying images, 20 a second, 45 s left", pace.said(200, 5_000_000_000L));
    assertEquals("surveying images, 0.2 a second, 1 h 23 min left", pace.said(101, 5_000_000_000L));
  }
}
