package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Provenance;
import dev.engram.data.Dataset;
import dev.engram.data.DatasetClass;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccuracyChangeTest {
  @TempDir Path temp = Path.of("");

  /** Three classes with two images each, which nobody opens. */
  private Dataset dataset() throws IOException {
    for (String c : List.of("a", "b", "c")) {
      Files.createDirectory(temp.resolve(c));
      Files.createFile(temp.resolve(c).resolve("0.png"));
      Files.createFile(temp.resolve(c).resolve("1.png"));
    }
    return Dataset.of(ImageSet.read(temp));
  }

  private static ZeroShot.Result result(Dataset set, int... predicted) {
    return new ZeroShot.Result(
        set,
        IntStream.range(0, predicted.length)
            .mapToObj(i -> new ZeroShot.Prediction(set.images().get(i), predicted[i]))
            .toList(),
        List.of(),
        Provenance.of());
  }

  @Test
  void whatTheEditIsAboutIsCountedApart() throws IOException {
    Dataset set = dataset();
    AccuracyChange change =
        new AccuracyChange(
            result(set, 0, 0, 1, 0, 2, 2),
            result(set, 1, 2, 1, 1, 0, 1),
            Set.copyOf(set.filesOf("a")));
    assertEquals(1, change.editedBefore().mean());
    assertEquals(0, change.editedAfter().mean());
    assertEquals(0.75, change.restBefore().mean());
    assertEquals(0.5, change.restAfter().mean());
    assertEquals(3, change.restMoved());
    assertEquals(
        List.of("c 2 2 0", "b 2 1 2"),
        change.restChanges().stream()
            .map(c -> c.shown().name() + " " + c.images() + " " + c.before() + " " + c.after())
            .toList());
    assertThrows(
        IllegalArgumentException.class,
        () -> new AccuracyChange(result(set, 0), result(set, 0, 1), Set.of()));
  }

  /** The other images are compared with themselves, and what was held out stands beside them. */
  @Test
  void changesArePairedAndHeldOutImagesAreCountedApart() throws IOException {
    dataset();
    Files.writeString(
        temp.resolve("manifest.csv"),
        """
        file,split
        a/0.png,train
        a/1.png,heldout
        b/0.png,train
        b/1.png,heldout
        c/0.png,train
        c/1.png,heldout
        """);
    Dataset set = Dataset.of(ImageSet.read(temp));
    AccuracyChange change =
        new AccuracyChange(
            result(set, 0, 0, 1, 0, 2, 2),
            result(set, 1, 2, 1, 1, 0, 1),
            Set.copyOf(set.filesOf("a")));
    assertEquals(-0.25, change.restChange().mean(), 1e-12);
    assertEquals("95 %, Student's t over 2 classes", change.restChange().interval().about());
    Estimate kept = change.heldOutBefore().orElseThrow();
    assertEquals(2, kept.count());
    assertEquals(0.5, kept.mean());
    assertEquals(0.5, change.heldOutAfter().orElseThrow().mean());
  }

  @Test
  void imagesAreTakenOutAndPutInUnderAName() throws IOException {
    Dataset set = dataset();
    Dataset less = set.without(set.filesOf("B"));
    assertEquals(4, less.images().size());
    assertEquals(3, less.classes().size());
    LabelledImage image = new LabelledImage(temp.resolve("x.png"), "x.png", "", "", "");
    Dataset more = less.plus(new DatasetClass("n", "New One", "a new one"), List.of(image));
    assertTrue(more.hasClass("new-one"));
    assertFalse(less.hasClass("new one"));
    assertEquals(List.of(image.file()), more.filesOf("new_one"));
    Dataset there = set.plus(new DatasetClass("n", "A", "?"), List.of(image));
    assertEquals(3, there.classes().size());
    assertEquals(3, there.filesOf("a").size());
  }
}
