package dev.engram.atlas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.data.ImageSet;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parts that are computed anywhere, twice, in any order, make the atlas that one process makes. */
class SurveyJobTest {
  private static final Path MODELS = Path.of("src/test/resources/reference/models");
  private static final SurveySettings SETTINGS = SurveySettings.standard().top(4).images(70);

  @TempDir static Path temp = Path.of("");
  private static Clip clip = Clip.from(MODELS.resolve("gelu_p8")).device("cpu").load();
  private static SurveySet set = SurveySet.of(ImageSet.read(Iconclip.entities()));
  private static Map<String, byte[]> whole = Map.of();

  @BeforeAll
  static void local() throws IOException {
    whole = made("whole", null);
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  /** The files of an atlas but for the manifest. */
  private static Map<String, byte[]> made(String name, @Nullable SurveyEngine engine)
      throws IOException {
    Path folder = temp.resolve(name);
    Atlas.survey(clip, set, SETTINGS, null, folder, engine, Progress.NONE).close();
    return files(folder);
  }

  static Map<String, byte[]> files(Path folder) throws IOException {
    Map<String, byte[]> out = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        out.put(folder.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return out;
  }

  private static void assertSame(Map<String, byte[]> made) {
    assertEquals(whole.keySet(), made.keySet());
    whole.forEach((name, bytes) -> assertArrayEquals(bytes, made.get(name), name));
  }

  private static byte[] pass(SurveyJob job, SurveyJob.Part part) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    List<Long> counted = new ArrayList<>();
    new SurveyWorker(job.shared(), clip, ImageOpener.FILES).pass(part.work(), out, counted::add);
    assertEquals(part.images(), counted.get(counted.size() - 1).intValue());
    return out.toByteArray();
  }

  @Test
  void partsInAnyOrderMakeTheSameAtlas() throws IOException {
    assertSame(
        made(
            "parts",
            (job, progress) -> {
              List<SurveyJob.Part> parts = new ArrayList<>(job.parts(20));
              assertEquals(5, parts.size());
              assertEquals(70, parts.stream().mapToInt(SurveyJob.Part::images).sum());
              Collections.shuffle(parts, new Random(3));
              for (SurveyJob.Part part : parts) {
                byte[] bytes = pass(job, part);
                byte[] cut = Arrays.copyOf(bytes, bytes.length - 7);
                assertThrows(IOException.class, () -> job.absorb(new ByteArrayInputStream(cut)));
                assertTrue(job.absorb(new ByteArrayInputStream(bytes)));
                assertFalse(job.absorb(new ByteArrayInputStream(bytes)), "came twice");
              }
            }));
  }

  @Test
  void partsThatWereLeftAreTakenIn() throws IOException {
    Refusal.holds(
        () ->
            made(
                "left",
                (job, progress) -> {
                  List<SurveyJob.Part> parts = job.parts(32);
                  Files.write(job.folder().resolve(parts.get(1).name()), pass(job, parts.get(1)));
                  Files.write(
                      job.folder().resolve(job.mark() + "00000000-00000000.part"),
                      new byte[] {0, 1});
                }),
        "5 of 5 blocks",
        "the same line");
    List<Integer> left = new ArrayList<>();
    Map<String, byte[]> made =
        made(
            "left",
            (job, progress) -> {
              for (SurveyJob.Part part : job.parts(16)) {
                left.add(part.images());
                job.absorb(new ByteArrayInputStream(pass(job, part)));
              }
            });
    assertSame(made);
    assertEquals(List.of(16, 16, 6), left);
  }

  @Test
  void anotherModelIsRefused() {
    try (Clip other = Clip.from(MODELS.resolve("quick_gelu_p8")).device("cpu").load()) {
      SurveyEngine engine =
          (job, progress) -> new SurveyWorker(job.shared(), other, ImageOpener.FILES);
      Refusal.holds(() -> made("other", engine), "another model", "gelu_p8", "%save");
    }
  }

  @Test
  void tarShardsMakeTheAtlasOfTheFolder() throws IOException {
    // the same images, with the folder's names as classes
    Map<String, byte[]> a = new LinkedHashMap<>();
    Map<String, byte[]> b = new LinkedHashMap<>();
    int n = 0;
    for (SurveyImage image : set.images().subList(0, 40)) {
      String key = "%04d".formatted(n);
      Map<String, byte[]> shard = n++ % 2 == 0 ? a : b;
      shard.put(key + ".png", Files.readAllBytes(Path.of(image.place())));
      shard.put(
          key + ".cls",
          set.entities()
              .get(image.classIndex())
              .name()
              .getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    a.put("9999.png", new byte[] {1, 2, 3});
    Path folder = Files.createDirectories(temp.resolve("shards"));
    TarShardsTest.tar(folder.resolve("a.tar"), a);
    TarShardsTest.tar(folder.resolve("b.tar"), b);
    SurveySet shards = TarShards.read(folder.toString(), Progress.NONE);
    try (Atlas atlas =
        Atlas.survey(clip, shards, SETTINGS, null, temp.resolve("tarred"), null, Progress.NONE)) {
      assertEquals(40, atlas.manifest().images());
      assertEquals(40, atlas.manifest().labelled());
      assertEquals(0, atlas.manifest().halved());
      AtlasTable bad = atlas.sql("SELECT image, unreadable FROM images WHERE sha256 IS NULL");
      assertEquals("a.tar/9999", bad.columns().get(0).values().get(0));
      AtlasTable hashes = atlas.sql("SELECT sha256 FROM images WHERE image = 'b.tar/0001'");
      assertEquals(
          dev.engram.Sha256.of(Files.readAllBytes(Path.of(set.images().get(1).place()))),
          hashes.columns().get(0).values().get(0));
    }
  }
}
