package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Refusal;
import dev.engram.edit.EditFile;
import dev.engram.edit.EditHistory;
import dev.engram.edit.Removal;
import dev.engram.iconclip.Iconclip;
import dev.engram.trace.Neuron;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sentence in a model's folder reaches every result of the model, and changes none. */
class CautionTest {
  private static final Path MODEL =
      Path.of("src", "test", "resources", "reference", "models", "quick_gelu_p8");

  private Path temp;
  private Path folder;
  private Path caution;

  @BeforeEach
  void copyModel(@TempDir Path temporary) throws IOException {
    temp = temporary;
    folder = Files.createDirectory(temp.resolve("m"));
    caution = folder.resolve("caution.txt");
    try (Stream<Path> files = Files.list(MODEL)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName().toString()));
      }
    }
  }

  private static Clip open(Path model) {
    return Clip.from(model).device("cpu").load();
  }

  @Test
  void theEmbeddedModelSaysThatItIsSmall() {
    try (Clip clip = open(Iconclip.model())) {
      assertEquals(
          Optional.of(
              "iconclip is a small model that is embedded in Engram: its numbers are not the paper's."),
          Provenance.of(clip).caution());
      assertEquals("model model " + clip.hash().substring(0, 12), Provenance.of(clip).toString());
    }
  }

  @Test
  void itGoesWithEditsAndSavingAndIsNoPartOfTheHash() throws IOException {
    Files.writeString(caution, "Only for tests.\n");
    Optional<String> sentence = Optional.of("Only for tests.");
    Path saved = temp.resolve("saved");
    Path edits = temp.resolve("edits.safetensors");
    try (Clip plain = open(MODEL);
        Clip clip = open(folder);
        EditHistory history = new EditHistory(clip)) {
      assertEquals(Optional.empty(), plain.caution());
      assertEquals(plain.hash(), clip.hash());
      history.apply(
          Removal.complete(clip, "it", List.of(Neuron.ffn(0, 1)), Provenance.of(clip, "a", "b")));
      assertEquals(sentence, history.model().caution());
      history.saveModel(saved, Progress.NONE);
      EditFile.write(edits, history.edits(), Progress.NONE);
      assertEquals(history.edits().get(0).provenance(), EditFile.read(edits).get(0).provenance());
    }
    try (Clip again = open(saved)) {
      assertEquals(sentence, again.caution());
    }
  }

  @Test
  void itIsOneShortPrintableLine() throws IOException {
    Files.writeString(caution, "a\u202eb\n");
    try (Clip clip = open(folder)) {
      assertEquals(Optional.of("a\\u202eb"), clip.caution());
    }
    Files.writeString(caution, " \n");
    try (Clip clip = open(folder)) {
      assertEquals(Optional.empty(), clip.caution());
    }
    Files.writeString(caution, "one\ntwo\n");
    Refusal.holds(() -> open(folder), "caution.txt has 2 lines");
    Files.writeString(caution, "x".repeat(501));
    Refusal.holds(() -> open(folder), "caution.txt has more than 500 bytes");
  }

  @Test
  void numbersOfTwoModelsHaveTheCautionOfEither() throws IOException {
    Files.writeString(caution, "Only for tests.");
    try (Clip plain = open(MODEL);
        Clip clip = open(folder)) {
      Provenance one = Provenance.of("experiment", "x").with(plain);
      Provenance both = one.joined("model", Provenance.of(clip));
      assertEquals(Optional.of("Only for tests."), both.caution());
      String hash = plain.hash().substring(0, 12);
      assertEquals(
          "experiment x · model quick_gelu_p8 %s, m %s".formatted(hash, hash), both.toString());
      assertEquals(both.caution(), both.joined("model", both).caution());
      assertEquals(both.caution(), both.with("a", "b", "c", "d").caution());
      assertEquals(Optional.empty(), both.with(plain).caution());
    }
  }
}
