package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.attribution.Attribution;
import dev.engram.iconclip.Iconclip;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.view.View;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user may type by mistake: one sentence, and the model and images are what they were. */
class NonsenseTest {
  @TempDir static Path temp = Path.of("");

  private static final FakeHost HOST = new FakeHost();
  private static final MagicRunner RUNNER = new MagicRunner(Magics.all(), HOST);
  private static String before = "";

  /** A model, a set of two entities, and files that are no images. */
  @BeforeAll
  static void openAll() throws IOException {
    for (String entity : List.of("landmarks/statue_of_liberty", "animals/panda")) {
      copy(entity, Path.of("set").resolve(entity));
    }
    Files.writeString(temp.resolve("text.png"), "no image");
    Files.write(temp.resolve("empty.png"), new byte[0]);
    Files.copy(firstOf("animals/panda"), temp.resolve("größe 自由 'x'.png"));
    Files.createDirectories(temp.resolve("bad set/animals/panda"));
    Files.copy(temp.resolve("text.png"), temp.resolve("bad set/animals/panda/a.png"));
    Files.createDirectory(temp.resolve("nothing"));
    HOST.variables.put("temp", temp);
    HOST.variables.put("zero", "a\0b");
    HOST.variables.put("n", 3);
    HOST.variables.put("who", "panda");
    HOST.variables.put("long", "statue of liberty ".repeat(100));
    run("model");
    run("images '{{temp}}/set'");
    run("words L0F1");
    before = state();
  }

  private static Path firstOf(String entity) throws IOException {
    try (Stream<Path> files = Files.list(Iconclip.entities().resolve(entity))) {
      return files.sorted().toList().get(0);
    }
  }

  private static void copy(String entity, Path to) throws IOException {
    Path folder = Files.createDirectories(temp.resolve(to));
    Files.copy(firstOf(entity), folder.resolve("first.png"));
  }

  private static Object run(String line) {
    return java.util.Objects.requireNonNull(RUNNER.run(line, null));
  }

  /** Everything that a mistake could have changed. */
  private static String state() {
    return run("attribute panda --top 3")
        + ((View) run("engram")).text()
        + run("images")
        + run("model")
        + run("edits")
        + HOST.variables.keySet();
  }

  private static String sentence(MagicRunner runner, String line) {
    MagicFailure failure = assertThrows(MagicFailure.class, () -> runner.run(line, null));
    String sentence = String.valueOf(failure.getMessage());
    assertEquals(1, sentence.lines().count(), sentence);
    assertTrue(sentence.endsWith(".") || sentence.endsWith("?"), sentence);
    assertFalse(sentence.contains("failed with"), sentence);
    return sentence;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "atribute panda | did you mean %attribute?",
        "attribute panda --lable x | no option '--lable'; did you mean --label?",
        "attribute panda --label | label",
        "attribute | %attribute needs IMAGE|ENTITY",
        "attribute pnada | no entity 'pnada' among the 2 of set; did you mean panda?",
        "attribute 'red square' | no entity 'red square' among the 2 of set.",
        "teach x --images panda --guide panda --font-size 20 | of the letters that --guide captioned",
        "forget panda --evaluate none --sample 60 | --sample has nothing to take",
        "neurons --by cosine --sort density | each say what the neurons are ranked by",
        "attribute '' | An image needs a name",
        "attribute panda/7 | count from 0 to 0; there is no panda/7",
        "attribute panda/x.png | no image 'panda/x.png'",
        "attribute frist.png | did you mean first.png",
        "attribute first.png | is the name of 2 images",
        "attribute panda --label '' | A label is needed",
        "attribute panda --label '  ' | A label is needed",
        "attribute panda --label '{{long}}' | tokens",
        "attribute panda --top 0 | --top takes a number of rows from 1, got 0",
        "attribute panda --top -3 | got -3",
        "attribute panda --top many | --top takes a whole number, such as 5, got 'many'",
        "attribute panda --top 99999999999 | --top takes a whole number of at most 2147483647, got",
        "attribute panda --by gradeint | did you mean gradient?",
        "attribute panda --by gradient --reading lens | the method gradient has none",
        "attribute panda --reading litteral | did you mean literal",
        "attribute Statue of Liberty --top 3 | got 'of'; a name of several words stands in quotes:"
            + " \"Statue of Liberty\"",
        "attribute panda penguin | no further argument, got 'penguin'",
        "attribute {{nobody}} | no variable 'nobody'",
        "attribute '{{zero}}' | no entity 'a\\u0000b' among the 2 of set",
        "attribute '{{temp}}/text.png' --label x | text.png",
        "attribute '{{temp}}/empty.png' --label x | empty.png",
        "attribute '{{temp}}/none.png' --label x | no image",
        "attribute '{{temp}}' --label x | no image",
        "attribute '{{temp}}/größe 自由 \\'x\\'.png' | unclosed",
        "attribute \"{{temp}}/größe 自由 'x'.png\" | no label; give one with --label",
        "attribute \"panda | is not closed",
        "heatmap panda | %heatmap needs --neuron",
        "heatmap panda --neuron | neuron",
        "heatmap panda --neuron L5 | A neuron is written L5F412",
        "heatmap panda --neuron L99F0 | no neuron L99F0: this model has layers 0 to",
        "heatmap panda --neuron L0F999999 | FFN channels 0 to",
        "heatmap panda --neuron L0A99H0 | heads 0 to",
        "heatmap panda --neuron L0A0H999 | channels 0 to",
        "heatmap panda --neuron L99999999999F0 | A neuron is written",
        "heatmap nobody --neuron L0F1 | no entity 'nobody'",
        "words | %words needs NEURON",
        "words nonsense | got 'nonsense'",
        "words L0F1 L0F1x | got 'L0F1x'",
        "words L0F1 --entity pnada | did you mean panda?",
        "words L0F1 --dictionary none.txt | no dictionary none.txt",
        "words L0F1 --dictionary '{{temp}}' | no dictionary",
        "words L0F1 --dictionary english | did you mean english-20k?",
        "words L0F1 --dictionary '{{temp}}/empty.png' | is empty",
        "neuron | %neuron needs NEURON",
        "neuron F0 | got 'F0'",
        "neuron L0F1 --reading litteral | did you mean literal",
        "neuron L0F1 --seed x | --seed takes a whole number, such as 5, got 'x'",
        "neuron L0F1 --html '{{temp}}' | is a folder",
        "neuron L0F1 --html '{{temp}}/none/x.html' | no folder",
        "neuron L0F1 --html '{{temp}}/text.png' | is no page that Engram wrote",
        "neuron L0F1 --html '{{zero}}' | --html",
        "neurons --layer 99 | layers from 0 to 5, as 5 or 0,3 or 2-4; got '99'",
        "neurons --layer 3-1 | got '3-1'",
        "neurons --layer 1,,2 | got '1,,2'",
        "neurons --layer last | got 'last'",
        "neurons --layer -1 | layer",
        "neurons --kind fnn | did you mean ffn?",
        "neurons --word '' | takes a word or a phrase",
        "neurons --word '{{long}}' | tokens",
        "neurons --entity pnada | did you mean panda?",
        "neurons --top 0 | got 0",
        "neurons --by cosine | by cosine needs a word",
        "neurons --by product --entity panda | needs a word",
        "neurons --by improvment --word x | did you mean improvement?",
        "neurons --wrod x | did you mean --word?",
        "neurons panda | no further argument, got 'panda'",
        "model /bad | no model directory /bad",
        "model '{{temp}}/text.png' | text.png is a file",
        "model '{{temp}}/nothing' | an empty folder",
        "model '{{zero}}' | no path",
        "model '' | Expected model.safetensors",
        "model --device tpu | auto, cpu or gpu; got 'tpu'",
        "images /bad | no folder or list /bad",
        "images '{{temp}}/text.png' | is a file",
        "images '{{temp}}/nothing' | no image in",
        "images '{{zero}}' | no path",
        "images '{{temp}}/bad set' | a.png",
        "images visent-mini --entity nobody | no entity 'nobody'",
        "forget pnada | did you mean panda?",
        "forget panda --top 0 | a number of neurons from 1; got 0",
        "forget panda --mode residal | did you mean residual?",
        "forget panda --unrelated nobody | no entity 'nobody'",
        "forget panda --evaluate /bad | no folder or list /bad",
        "forget panda --sample 0 | A sample takes a number of images from 1; got 0",
        "forget first.png | is the name of 2 images",
        "teach x --images panda | %teach needs --guide",
        "teach --images panda --guide captioned | %teach needs NAME",
        "teach '' --images panda --guide captioned | needs a name, got ''",
        "teach x --images pnada --guide captioned | did you mean panda?",
        "teach x --images /bad --guide captioned | no folder and no image /bad",
        "teach x --images '{{temp}}/nothing' --guide captioned | no image in",
        "teach x --images panda --guide /bad | no folder and no image /bad",
        "teach x --images panda --guide captoined | no entity 'captoined'",
        "teach x --images panda --guide captioned --block L99F | no block L99F: this model has the"
            + " layers 0 to 5",
        "teach x --images panda --guide captioned --block L5 | A block is written L5F",
        "teach x --images panda --guide captioned --ridge 0 | The ridge is a number above 0",
        "teach x --images panda --guide captioned --ridge NaN | The ridge is a number above 0",
        "teach x --images panda --guide captioned --shots 2 | Of the 1 images of panda, 1 to 1 can teach it; got 2",
        "teach x --images panda --guide captioned --keys /bad | no folder and no image /bad",
        "teach x --images panda --guide captioned --font-size 99 | up to 50 percent",
        "teach x --images panda --guide captioned --place middle | takes top, center, bottom",
        "teach x --images panda --guide captioned --template t | needs {}",
        "teach x --images panda --guide captioned --solver qr | takes auto, cholesky, woodbury",
        "teach x y --images panda --guide captioned | 2 names need as many folders",
        "teach x y --images panda statue_of_liberty --guide panda | 2 names need as many guides",
        "teach x x --images panda panda --guide captioned | taught once",
        "trace panda | %trace needs --guide",
        "trace nobody --guide captioned | no entity 'nobody'",
        "trace '{{temp}}/set' --guide captioned | say with --name",
        "edits --apply '{{temp}}/none' | none",
        "edits --apply '{{temp}}/text.png' | text.png",
        "edits --save '{{temp}}/e' | no edits to save",
        "finetune x | %finetune needs --images",
        "finetune x --images pnada | did you mean panda?",
        "finetune x --images panda --steps 0 | 1 step or more, and 1 or more between checkpoints; got 0 and 10",
        "finetune x --images panda --every 0 | 1 or more between checkpoints; got 100 and 0",
        "finetune x --images panda --learning-rate 0 | The learning rate is a number above 0",
        "finetune x --images panda --match 101 | from 0 to 100 %; got 101",
        "finetune x --images panda --template t | needs {}",
        "finetune x --images panda --evaluate none | The checkpoint is chosen by accuracy",
        "lora '' --images panda | needs a name, got ''",
        "undo | no edit to undo",
        "undo all | no edit to undo",
        "undo 3 | no edit to undo",
        "undo alll | the number of an edit or all",
        "save '{{temp}}/text.png' | text.png",
        "save '{{temp}}/set' | set",
        "engram tarce | did you mean trace?"
      })
  void oneSentenceAndNothingChanges(String line, String part) {
    String sentence = sentence(RUNNER, line);
    assertTrue(
        part.equals("unclosed") || sentence.contains(part), "'" + part + "' not in: " + sentence);
    assertEquals(before, state());
  }

  @Test
  void aDamagedModelDoesNotTakeTheOldOnesPlace() throws IOException {
    Path bad = Files.createDirectory(temp.resolve("dam aged"));
    try (Stream<Path> files = Files.list(Iconclip.model())) {
      for (Path file : files.toList()) {
        Files.copy(file, bad.resolve(file.getFileName()));
      }
    }
    Path config = bad.resolve("config.json");
    String good = Files.readString(config);
    Files.writeString(config, good.replaceAll("\"(quick_)?gelu\"", "\"relu\""));
    assertTrue(sentence(RUNNER, "model '" + bad + "'").contains("'relu'"));
    Files.writeString(config, good);
    byte[] weights = Files.readAllBytes(bad.resolve("model.safetensors"));
    Files.write(
        bad.resolve("model.safetensors"), java.util.Arrays.copyOf(weights, weights.length - 4));
    assertTrue(sentence(RUNNER, "model '" + bad + "'").contains("truncated"));
    Files.delete(bad.resolve("model.safetensors"));
    Files.write(bad.resolve("pytorch_model.bin"), weights);
    assertTrue(
        sentence(RUNNER, "model '" + bad + "'").contains("Not a usable checkpoint of PyTorch"));
    assertEquals(before, state());
  }

  @Test
  void namesOfAllKindsAreTaken() {
    HOST.variables.put("file", temp.resolve("größe 自由 'x'.png"));
    Attribution a =
        (Attribution) run("attribute {{file}} --top {{n}} --label \"it's a 自由 \\\"panda\\\"\"");
    HOST.variables.remove("file");
    assertTrue(RUNNER.view(a).before().get(0).text().contains("\n   3  L"), "as the line asks");
    assertEquals(3, Presenters.table(a, 3).rowCount());
    assertEquals("it's a 自由 \"panda\"", a.label());
    assertEquals("größe 自由 'x'.png", a.title());
    assertTrue(Presenters.figure(a).toString().contains("größe 自由 'x'.png with \"it's a"));
    assertEquals(run("attribute panda").toString(), run("attribute {{who}};").toString());
    assertEquals(run("attribute panda").toString(), run("attribute 'PANDA' // why").toString());
  }

  @Test
  void namesThatAreHtmlComeOutAsText() throws IOException {
    String evil = "<script>alert(1)<img src=x>";
    MagicRunner fresh = new MagicRunner(Magics.all(), new FakeHost());
    copy("animals/panda", Path.of(evil + "set", evil + "category", evil));
    Path entity = temp.resolve(evil + "set").resolve(evil + "category").resolve(evil);
    Files.move(entity.resolve("first.png"), entity.resolve(evil + ".png"));
    Files.createDirectory(temp.resolve(evil + "set").resolve(evil + "nothing"));
    Path words = Files.writeString(temp.resolve("words.txt"), evil + "\npanda\nred\n");
    Path html = temp.resolve(evil + ".html");
    fresh.run("model", null);
    String name = "\"" + evil + "\"";
    for (String line :
        List.of(
            "images \"" + temp.resolve(evil + "set") + "\"",
            "images --entity " + name,
            "attribute " + name + " --label '" + evil + "'",
            "attribute " + name + " --by gradient",
            "heatmap " + name + " --neuron L0F1",
            "heatmap " + name + " --neuron L0A0H1",
            "words L0F1 L0A0H1 --entity " + name + " --dictionary '" + words + "'",
            "neuron L0F1 --dictionary '" + words + "' --html '" + html + "'",
            "neuron L3A0H1",
            "neurons --word '" + evil + "' --entity " + name + " --dictionary '" + words + "'",
            "neurons",
            "queries L2F1 --image " + name,
            "evolve L2F1 --depth 1 --image " + name + "/0 --dictionary '" + words + "'",
            "forget " + name + " --preview --unrelated " + name,
            "trace " + name + " --guide captioned",
            "teach " + name + " --images " + name + " --guide captioned --keys " + name,
            "edits",
            "model",
            "undo",
            "engram")) {
      assertHarmless(fresh.view(java.util.Objects.requireNonNull(fresh.run(line, null))), line);
    }
    assertHarmless(View.html(Files.readString(html), ""), "--html");
  }

  private static void assertHarmless(View view, String line) {
    assertFalse(view.html().contains("<script>alert"), line);
    assertFalse(view.html().contains("<img src=x"), line);
    // plotly.js reads tags in texts
    Object figure = view.data().getOrDefault(View.PLOTLY, "");
    assertFalse(figure.toString().contains("<script>alert"), line);
    assertFalse(figure.toString().contains("<img src=x"), line);
    view.before().forEach(v -> assertHarmless(v, line));
  }
}
