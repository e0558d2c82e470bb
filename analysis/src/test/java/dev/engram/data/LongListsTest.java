package dev.engram.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.ChildJvm;
import dev.engram.Progress;
import dev.engram.atlas.SurveyImage;
import dev.engram.atlas.SurveySet;
import dev.engram.atlas.TarShards;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A survey's list of images is read in a heap that would not hold it, whatever the layout. */
class LongListsTest {
  private static final int CLASSES = 20;
  private static final int OF_EACH = 3_000;

  /** Half a kilobyte of each image, which is less than its two paths take, would not fit. */
  private static final String HEAP = "28m";

  @Test
  void listsAreNotInMemory(@TempDir Path temp) throws Exception {
    List<String> synsets = List.copyOf(ClassNames.of(null).keySet()).subList(0, CLASSES);
    Path val = temp.resolve("val");
    for (String synset : synsets) {
      Files.createDirectories(val.resolve(synset));
      for (int i = 0; i < OF_EACH; i++) {
        Files.createFile(val.resolve(synset).resolve("%08d.JPEG".formatted(i)));
      }
    }
    Path csv = temp.resolve("list.csv");
    try (BufferedWriter out = Files.newBufferedWriter(csv)) {
      out.write("file,label,split\n");
      for (int i = 0; i < OF_EACH; i++) { // each row in another folder than the one before
        for (String synset : synsets) {
          out.write("val/%s/%08d.JPEG,%s,test\n".formatted(synset, i, synset));
        }
      }
    }
    Path shards = Files.createDirectories(temp.resolve("shards"));
    for (int number = 0; number < CLASSES; number++) {
      writeShard(shards.resolve("%03d.tar".formatted(number)), number);
    }
    for (Path each : List.of(temp, csv, shards)) {
      try (ChildJvm jvm = ChildJvm.withHeap(HEAP, LongListsTest.class, each)) {
        assertEquals(0, jvm.await(), () -> jvm.printed().toString());
        String expected =
            "%d images of %d classes, 0 of a wrong one".formatted(CLASSES * OF_EACH, CLASSES);
        assertEquals(expected, jvm.printed().get(jvm.printed().size() - 1));
      }
    }
  }

  private static void writeShard(Path shard, int number) throws IOException {
    try (OutputStream out = Files.newOutputStream(shard);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(out, 512)) {
      for (int i = 0; i < OF_EACH; i++) {
        TarArchiveEntry image =
            new TarArchiveEntry("a/long/path/within/the/shard/%08d.jpg".formatted(i));
        tar.putArchiveEntry(image);
        tar.closeArchiveEntry();
        byte[] label = ("class " + number).getBytes(UTF_8);
        TarArchiveEntry text =
            new TarArchiveEntry("a/long/path/within/the/shard/%08d.cls".formatted(i));
        text.setSize(label.length);
        tar.putArchiveEntry(text);
        tar.write(label);
        tar.closeArchiveEntry();
      }
    }
  }

  /** Reads one list, in a JVM of its own. */
  public static void main(String[] args) {
    SurveySet set =
        TarShards.isAt(args[0])
            ? TarShards.read(args[0], Progress.NONE)
            : SurveySet.read(Path.of(args[0]), null);
    Set<Integer> classes = new HashSet<>();
    int wrong = 0;
    for (SurveyImage image : set.images()) {
      Entity e = set.entities().get(image.classIndex());
      classes.add(image.classIndex());
      boolean isOfShard = e.name().startsWith("class_");
      String folder =
          isOfShard
              ? "%03d.tar/".formatted(Integer.parseInt(e.name().substring(6)))
              : "val/" + e.name() + "/";
      wrong += image.name().startsWith(folder) ? 0 : 1;
    }
    System.out.printf(
        "%d images of %d classes, %d of a wrong one%n", set.images().size(), classes.size(), wrong);
  }
}
