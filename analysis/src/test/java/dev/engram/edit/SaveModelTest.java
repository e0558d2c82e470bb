package dev.engram.edit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Refusal;
import dev.engram.model.Clip;
import dev.engram.model.Safetensors;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A saved model, read again, gives the same embeddings to the bit, whatever it was read from. */
class SaveModelTest {
  private static final Path MODELS = Path.of("src", "test", "resources", "reference", "models");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quick_gelu_p8",
        "fp16",
        "bf16",
        "sharded",
        "openai_naming",
        "openai_naming_width64",
        "openclip_naming",
        "openclip_custom_naming"
      })
  void savedAndReadAgainItIsTheSameToTheBit(String name, @TempDir Path folder) {
    Path saved = folder.resolve("edited");
    try (Clip clip = Clip.from(MODELS.resolve(name)).device("cpu").load();
        EditHistory history = new EditHistory(clip)) {
      history.apply(scaled(clip));
      history.saveModel(saved, Progress.NONE);
      List<float[]> noise = List.of(noise(clip), noise(clip));
      List<String> texts = List.of("a dog", "a photo of a ball moss.");
      try (Clip again = Clip.from(saved).device("cpu").load()) {
        assertArrayEquals(
            history.model().embedImages(noise, Progress.NONE),
            again.embedImages(noise, Progress.NONE));
        assertFalse(
            java.util.Arrays.deepEquals(
                clip.embedImages(noise, Progress.NONE), again.embedImages(noise, Progress.NONE)));
        assertArrayEquals(
            clip.embedTexts(texts, Progress.NONE), again.embedTexts(texts, Progress.NONE));
        assertEquals(clip.logitScale(), again.logitScale());
        assertEquals(clip.config().vision(), again.config().vision());
        assertEquals(clip.config().text(), again.config().text());
        assertEquals(clip.processor().mean(), again.processor().mean());
        assertEquals("Hugging Face", again.naming());
        assertEquals("F32", again.storedType());
      }
      Map<String, String> metadata =
          Safetensors.open(saved.resolve("model.safetensors")).metadata();
      assertTrue(String.valueOf(metadata.get("engram.original")).endsWith(clip.hash()));
      assertTrue(String.valueOf(metadata.get("engram.edit.0")).contains("scaled"));
    }
  }

  /** Adds to W_fc2 what no half-precision number holds. */
  private static Edit scaled(Clip clip) {
    Weight w = Weight.values(Neuron.Block.FFN, 1);
    double[] left = new double[w.rows(clip.config().vision())];
    double[] right = new double[w.columns(clip.config().vision())];
    java.util.Arrays.setAll(left, i -> 0.01 * Math.sin(i));
    java.util.Arrays.setAll(right, Math::cos);
    return Edit.of(
        Edit.Method.RANK_ONE,
        "scaled",
        clip,
        Map.of(w, new WeightChange.LowRank(1, left, right)),
        Provenance.of());
  }

  private static float[] noise(Clip clip) {
    Random random = new Random(5);
    int side = clip.config().imageSize();
    float[] p = new float[3 * side * side];
    for (int i = 0; i < p.length; i++) {
      p[i] = (float) random.nextGaussian();
    }
    return p;
  }

  @Test
  void whatCannotBeSavedLeavesNothing(@TempDir Path folder) throws IOException {
    Path saved = folder.resolve("edited");
    try (Clip clip = Clip.from(MODELS.resolve("fp16")).device("cpu").load();
        EditHistory history = new EditHistory(clip)) {
      Assertions.assertThrows(
          CancellationException.class,
          () ->
              history.saveModel(
                  saved,
                  (what, done, total) -> {
                    if (done == 3) {
                      Thread.currentThread().interrupt();
                    }
                  }));
      assertEquals(0, entries(folder));
      history.apply(Removal.residual(clip, "it", List.of(Neuron.ffn(1, 3)), Provenance.of()));
      Refusal.holds(() -> history.saveModel(saved, Progress.NONE), "L1F3", "cannot be saved");
      assertEquals(0, entries(folder));
      history.undo();
      Files.createDirectories(saved);
      history.saveModel(saved, Progress.NONE);
      Refusal.holds(() -> history.saveModel(saved, Progress.NONE), "is not empty");
      Refusal.holds(
          () -> history.saveModel(saved.resolve("config.json"), Progress.NONE), "is a file");
    }
  }

  private static long entries(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.count();
    }
  }

  @Test
  void whatTheUserHasBesideItSurvives(@TempDir Path folder) throws IOException {
    Path part = Files.createDirectory(folder.resolve("out.part"));
    Path notes = Files.writeString(part.resolve("notes"), "mine");
    Path precious = Files.writeString(folder.resolve("precious"), "mine");
    for (String guessed : List.of("e.st.part", "e.st.tmp", "out.tmp")) {
      Files.createSymbolicLink(folder.resolve(guessed), precious);
    }
    Path full = Files.createDirectory(folder.resolve("full"));
    Files.writeString(full.resolve("mine"), "mine");
    try (Clip clip = Clip.from(MODELS.resolve("fp16")).device("cpu").load();
        EditHistory history = new EditHistory(clip)) {
      history.apply(scaled(clip));
      Refusal.holds(() -> history.saveModel(full, Progress.NONE), "not empty");
      assertThrows(
          CancellationException.class,
          () ->
              history.saveModel(
                  folder.resolve("out"),
                  (what, done, total) -> {
                    throw new CancellationException();
                  }));
      history.saveModel(folder.resolve("out"), Progress.NONE);
      EditFile.write(folder.resolve("e.st"), history.edits(), Progress.NONE);
      EditFile.write(folder.resolve("e.st"), history.edits(), Progress.NONE);
    }
    assertEquals("mine", Files.readString(notes));
    assertEquals("mine", Files.readString(precious));
    try (var all = Files.list(folder)) {
      assertEquals(
          List.of(
              "e.st", "e.st.part", "e.st.tmp", "full", "out", "out.part", "out.tmp", "precious"),
          all.map(p -> p.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void theFolderThatALinkNamesIsFilled(@TempDir Path folder) throws IOException {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), disk);
    Path nowhere = Files.createSymbolicLink(folder.resolve("nowhere"), folder.resolve("gone"));
    try (Clip clip = Clip.from(MODELS.resolve("fp16")).device("cpu").load();
        EditHistory history = new EditHistory(clip)) {
      history.apply(scaled(clip));
      history.saveModel(link, Progress.NONE);
      Refusal.holds(() -> history.saveModel(nowhere, Progress.NONE), "is a file");
    }
    assertTrue(Files.isSymbolicLink(link));
    assertTrue(Files.exists(disk.resolve("model.safetensors")));
    assertTrue(Files.isSymbolicLink(nowhere));
  }

  @Test
  void editsReplaceAnOlderFileOfEditsAndNoOther(@TempDir Path folder) throws IOException {
    Path notes = Files.writeString(folder.resolve("notes.md"), "# mine");
    Path model = folder.resolve("model.safetensors");
    Files.copy(MODELS.resolve("fp16").resolve("model.safetensors"), model);
    byte[] weights = Files.readAllBytes(model);
    Path edits = folder.resolve("e.st");
    try (Clip clip = Clip.from(MODELS.resolve("fp16")).device("cpu").load();
        EditHistory history = new EditHistory(clip)) {
      history.apply(scaled(clip));
      for (Path taken : List.of(notes, model)) {
        Refusal.holds(
            () -> EditFile.write(taken, history.edits(), Progress.NONE),
            taken.getFileName().toString(),
            "holds no edits",
            "another name");
      }
      Refusal.holds(() -> EditFile.write(folder, history.edits(), Progress.NONE), "is a folder");
      EditFile.write(edits, history.edits(), Progress.NONE);
      long one = Files.size(edits);
      history.apply(scaled(history.model()));
      EditFile.write(edits, history.edits(), Progress.NONE);
      assertTrue(Files.size(edits) > one);
      assertEquals(2, EditFile.read(edits).size());
    }
    assertEquals("# mine", Files.readString(notes));
    assertArrayEquals(weights, Files.readAllBytes(model));
  }
}
