package dev.engram.atlas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.data.Entity;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members of tar shards are found where they lie, and what is damaged is named. */
class TarShardsTest {
  @TempDir Path temp = Path.of("");

  /** Writes a tar file with members in this order. */
  static void tar(Path file, Map<String, byte[]> members) throws IOException {
    try (TarArchiveOutputStream out =
        new TarArchiveOutputStream(Files.newOutputStream(file), "UTF-8")) {
      out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      for (Map.Entry<String, byte[]> each : members.entrySet()) {
        TarArchiveEntry entry = new TarArchiveEntry(each.getKey());
        entry.setSize(each.getValue().length);
        out.putArchiveEntry(entry);
        out.write(each.getValue());
        out.closeArchiveEntry();
      }
    }
  }

  private static Map<String, byte[]> members(String... namesAndTexts) {
    Map<String, byte[]> out = new LinkedHashMap<>();
    for (int i = 0; i < namesAndTexts.length; i += 2) {
      out.put(namesAndTexts[i], namesAndTexts[i + 1].getBytes(UTF_8));
    }
    return out;
  }

  private static byte[] bytes(SurveyImage image) throws IOException {
    try (InputStream in = ImageOpener.FILES.open(image)) {
      return in.readAllBytes();
    }
  }

  private SurveySet read(String name) {
    return TarShards.read(name.isEmpty() ? temp.toString() : temp + "/" + name, Progress.NONE);
  }

  @Test
  void samplesAreReadWhereTheyLie() throws IOException {
    String longName = "a".repeat(80) + "/" + "b".repeat(90);
    tar(
        temp.resolve("b.tar"),
        members(
            "x/0001.jpg",
            "first",
            "x/0001.cls",
            "1\n",
            "./0002.seg.png",
            "mask",
            "./0002.png",
            "second image",
            "0002.cls",
            "0",
            "note.md",
            "-",
            ".hidden.jpg",
            "-"));
    tar(
        temp.resolve("a.tar"),
        members(longName + ".json", "{\"label\": 1}", longName + ".webp", "third"));
    Files.writeString(temp.resolve("classnames.txt"), "a cat\nstatue of liberty\n");
    assertTrue(TarShards.isAt(temp.toString()));
    SurveySet set = read("");
    assertEquals(
        List.of("a.tar/" + longName, "b.tar/x/0001", "b.tar/0002"),
        set.images().stream().map(SurveyImage::name).toList());
    assertEquals(
        List.of("third", "first", "second image"),
        set.images().stream().map(TarShardsTest::text).toList());
    assertEquals(List.of(1, 1, 0), set.images().stream().map(SurveyImage::classIndex).toList());
    Entity liberty = set.entities().get(1);
    assertEquals("statue_of_liberty", liberty.name());
    assertEquals("a photo of statue of liberty", liberty.label());
    assertEquals(1, set.notes().size(), "a mask is no image of its own");
    assertTrue(set.notes().get(0).contains("are left out: 1 ("), set.notes().get(0));
    Files.createDirectories(temp.resolve("unpacked/cat"));
    assertFalse(TarShards.isAt(temp.toString()), "a folder of images, with tar files left in it");
    Files.delete(temp.resolve("unpacked/cat"));
    Files.delete(temp.resolve("unpacked"));
    assertEquals(2, read("b.tar").images().size());
    assertEquals(3, read("[ab].tar").images().size());
    assertEquals(1, read("{a,c}*.tar").images().size());
    Files.copy(temp.resolve("a.tar"), temp.resolve("c[1].tar"));
    assertEquals(1, read("c[1].tar").images().size(), "a file's name is no pattern");
    Refusal.holds(() -> read("c.tar"), "c.tar");
    Refusal.holds(() -> read("x*.tar"), "no tar file", "x*.tar");
  }

  private static String text(SurveyImage image) {
    try {
      return new String(bytes(image), UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** As the hub's cache has them: a link with the name, a file named by its hash. */
  @Test
  void shardsBehindLinksKeepTheirNames() throws IOException {
    Path blobs = Files.createDirectory(temp.resolve("blobs"));
    Path links = Files.createDirectory(temp.resolve("links"));
    tar(blobs.resolve("ff"), members("1.jpg", "first", "1.cls", "0"));
    tar(blobs.resolve("00"), members("1.jpg", "second", "1.cls", "0"));
    Files.createSymbolicLink(links.resolve("a.tar"), blobs.resolve("ff"));
    Files.createSymbolicLink(links.resolve("b.tar"), blobs.resolve("00"));
    Files.writeString(links.resolve("classnames.txt"), "cat\n");
    SurveySet set = read("links");
    assertEquals(
        List.of("a.tar/1", "b.tar/1"), set.images().stream().map(SurveyImage::name).toList());
    assertEquals(
        List.of("first", "second"), set.images().stream().map(TarShardsTest::text).toList());
    assertEquals("cat", set.entities().get(0).name());
  }

  @Test
  void linksInATarAreNoImages() throws IOException {
    try (TarArchiveOutputStream out =
        new TarArchiveOutputStream(Files.newOutputStream(temp.resolve("a.tar")), "UTF-8")) {
      TarArchiveEntry image = new TarArchiveEntry("1.jpg");
      image.setSize(5);
      out.putArchiveEntry(image);
      out.write("first".getBytes(UTF_8));
      out.closeArchiveEntry();
      for (byte kind : new byte[] {TarConstants.LF_LINK, TarConstants.LF_SYMLINK}) {
        TarArchiveEntry link = new TarArchiveEntry("2" + (char) kind + ".jpg", kind);
        link.setLinkName("1.jpg");
        out.putArchiveEntry(link);
        out.closeArchiveEntry();
      }
    }
    assertEquals(
        List.of("a.tar/1"), read("a.tar").images().stream().map(SurveyImage::name).toList());
  }

  @Test
  void captionsAreClassesWhereNothingElseSaysOne() throws IOException {
    tar(
        temp.resolve("a.tar"),
        members("1.jpg", "-", "1.txt", "a red bus", "2.jpg", "-", "2.txt", "a cat", "3.jpg", "-"));
    SurveySet set = read("a.tar");
    assertEquals(
        List.of("a cat", "a red bus"), set.entities().stream().map(Entity::label).toList());
    assertEquals(List.of(1, 0, -1), set.images().stream().map(SurveyImage::classIndex).toList());
    tar(
        temp.resolve("b.tar"),
        members(
            "1.jpg",
            "-",
            "1.txt",
            "the same",
            "1.cls",
            "7",
            "2.jpg",
            "-",
            "2.txt",
            "the same",
            "2.cls",
            "7",
            "3.jpg",
            "-",
            "3.cls",
            "12"));
    SurveySet numbered = read("b.tar");
    assertEquals(
        List.of("the same", "a photo of 12"),
        numbered.entities().stream().map(Entity::label).toList());
    assertTrue(numbered.notes().get(0).contains("classnames.txt"), numbered.notes().toString());
  }

  @Test
  void whatIsLeftOutIsCounted() throws IOException {
    String long_ = "{\"class\": 1, \"text\": \"" + "x".repeat(70_000) + "\"}";
    tar(
        temp.resolve("a.tar"),
        members(
            "1.jpg",
            "-",
            "1.png",
            "-",
            "1.left.jpg",
            "-",
            "2.jpg",
            "-",
            "2.json",
            "no",
            "3.jpg",
            "-",
            "3.json",
            long_,
            "4.jpg",
            "-",
            "4.json",
            "{\"class\": 1}"));
    SurveySet set = read("a.tar");
    assertEquals(4, set.images().size());
    assertEquals(3, set.notes().size(), "" + set.notes());
    assertTrue(set.notes().get(0).contains("first of their sample are left out: 2 ("));
    assertTrue(set.notes().get(1).contains("longer than 64 kB, are not used: 2."));
  }

  @Test
  void noTwoClassesHaveOneName() throws IOException {
    Files.writeString(temp.resolve("classnames.txt"), "crane\ncrane\ncrane_1\n");
    tar(
        temp.resolve("a.tar"),
        members(
            "1.jpg", "-", "1.cls", "0", "2.jpg", "-", "2.cls", "1", "3.jpg", "-", "3.cls", "2"));
    List<String> names = read("a.tar").entities().stream().map(Entity::name).toList();
    assertEquals(3, names.stream().distinct().count(), names.toString());
  }

  @Test
  void whatIsDamagedIsNamed() throws IOException {
    Map<String, byte[]> members = new LinkedHashMap<>();
    for (int i = 0; i < 4; i++) {
      members.put("%04d.jpg".formatted(i), new byte[2000]);
    }
    Path whole = temp.resolve("whole.tar");
    tar(whole, members);
    byte[] all = Files.readAllBytes(whole);
    Files.write(temp.resolve("cut.tar"), java.util.Arrays.copyOf(all, 2 * 2560 + 900));
    byte[] flipped = all.clone();
    java.util.Arrays.fill(flipped, 2560, 2560 + 512, (byte) 'x');
    Files.write(temp.resolve("flipped.tar"), flipped);
    Files.write(temp.resolve("empty.tar"), new byte[0]);
    SurveySet set = read("");
    Map<String, Integer> found = new LinkedHashMap<>();
    set.images().forEach(i -> found.merge(i.name().split("/")[0], 1, Integer::sum));
    assertEquals(Map.of("cut.tar", 2, "flipped.tar", 1, "whole.tar", 4), found);
    List<String> named = new ArrayList<>();
    for (String each : List.of("cut", "empty", "flipped")) {
      named.addAll(set.notes().stream().filter(n -> n.contains(each + ".tar is damaged")).toList());
    }
    assertEquals(3, named.size(), set.notes().toString());
    assertEquals(3, set.notes().size());
    assertTrue(named.get(0).contains("it ends within 0002.jpg; 2 of"), named.get(0));
    assertArrayEquals(new byte[2000], bytes(set.images().get(0)));
    Files.delete(whole);
    Files.delete(temp.resolve("cut.tar"));
    Files.delete(temp.resolve("flipped.tar"));
    Refusal.holds(() -> read(""), "no image", "empty.tar");
    assertFalse(TarShards.isAt(temp.resolve("nothing").toString()));
  }
}
