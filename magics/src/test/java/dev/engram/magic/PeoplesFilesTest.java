package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.attribution.Attribution;
import dev.engram.dissect.QueryEffects;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Described;
import dev.engram.lab.Evolutions;
import dev.engram.lab.Neurons;
import dev.engram.magic.result.NeuronRecipe;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.ImageGallery;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.View;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Image folders, photographs, word lists and models as people have them. */
class PeoplesFilesTest {
  @TempDir Path temp = Path.of("");

  private final MagicRunner runner = new MagicRunner(Magics.all(), new FakeHost());

  @BeforeEach
  void loadModel() {
    run("model");
  }

  private Object run(String line) {
    return java.util.Objects.requireNonNull(runner.run(line, null));
  }

  private String sentence(String line) {
    return String.valueOf(
        assertThrows(MagicFailure.class, () -> runner.run(line, null)).getMessage());
  }

  private View page(Object value) {
    return runner.view(value);
  }

  private void photograph(String... names) throws IOException {
    for (String name : names) {
      File file = temp.resolve(name).toFile();
      Files.createDirectories(temp.resolve(name).resolve("..").normalize());
      ImageIO.write(new BufferedImage(640, 400, BufferedImage.TYPE_INT_RGB), "png", file);
    }
  }

  @Test
  void imagesOfAFlatFolderAreShown() throws IOException {
    photograph("flat/one cat.png", "flat/two.png");
    View page = page(run("images '" + temp.resolve("flat") + "'"));
    assertTrue(page.text().contains("2 images and no entities"), page.text());
    assertTrue(page.text().contains("by its file name"), page.text());
    assertTrue(page.text().contains("one cat.png, two.png"), page.text());
    assertEquals(3, page.html().split("<img ", -1).length);
    assertTrue(run("attribute two.png --top 3").toString().contains("a photo of two"));
    Described neuron = (Described) run("neuron L0F1");
    assertTrue(page(neuron).text().contains("the image set has images alone"));
    String none = sentence("neurons");
    assertTrue(none.contains("flat has no entities that neurons could improve"), none);
    assertEquals(3, ((Neurons) run("neurons --word hat --top 3")).names().size());
  }

  @Test
  void galleriesKeepFewAndSmallPictures() throws IOException {
    for (int i = 0; i < 63; i++) {
      photograph("set/animals/cat/" + i + ".png");
    }
    ImageGallery all = (ImageGallery) run("images '" + temp.resolve("set") + "'");
    assertEquals(64, all.groups().get(0).pictures().get(0).picture().getWidth());
    assertEquals(0, all.groups().get(0).more());
    ImageGallery cats = (ImageGallery) run("images --entity cat");
    List<Gallery.Item> pictures = cats.groups().get(0).pictures();
    assertEquals(60, pictures.size());
    assertTrue(pictures.stream().allMatch(p -> p.picture().getWidth() == 64));
    assertEquals("cat/59", pictures.get(59).caption());
    assertTrue(Presenters.view(cats).text().contains("… and 3 more"), Presenters.view(cats).text());
    assertTrue(Presenters.view(cats).html().contains("… and 3 more"));
  }

  @Test
  void aLongRankingIsShownInPart() {
    run("images");
    Attribution a = (Attribution) run("attribute panda/0 --top 5000");
    PlotlyFigure bars = Presenters.figure(a, 5000);
    assertEquals(5000, Presenters.table(a, 5000).rowCount());
    assertEquals(40, bars.toJson().at("/data/0/x").size());
    assertTrue(bars.toString().endsWith("(40 of 5,000)"), bars.toString());
    assertTrue(page(a).before().get(0).text().contains("… 200 of 5,000 rows"));
    assertTrue(page(a).html().length() < 200_000);
    QueryEffects q = (QueryEffects) run("queries L3F212 --image panda/0 --top 1000");
    PlotlyFigure queries = Presenters.figure(q, 1000);
    assertEquals(1000, Presenters.table(q, 1000).rowCount());
    assertEquals(40, queries.toJson().at("/data/0/x").size());
    assertTrue(queries.toString().endsWith("(40 of 1,000)"), queries.toString());
    assertTrue(page(q).before().get(0).text().contains("… 200 of 1,000 rows"));
  }

  @Test
  void aTitleTellsTextAndReading() {
    run("images");
    Attribution a = (Attribution) run("attribute santa_claus/0 --label 'a picture of panda'");
    assertEquals(
        "santa_claus/0 with \"a picture of panda\": neurons by improvement",
        Presenters.table(a).name());
    Attribution lens = (Attribution) run("attribute santa_claus/0 --label x --reading lens");
    assertEquals(
        "santa_claus/0 with \"x\": neurons by improvement, reading lens",
        Presenters.table(lens).name());
  }

  @Test
  void aModelWithoutWordsSpeaksEnglishOrTakesADictionary() throws IOException {
    Path model = Files.createDirectory(temp.resolve("model"));
    try (Stream<Path> files = Files.list(Iconclip.model())) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Path words = Files.writeString(temp.resolve("list.txt"), "panda\nred\nhat\nsea\nbird\ntree\n");
    photograph("set/animals/cat/1.png", "set/animals/dog/1.png");
    run("model '" + model + "'");
    run("images '" + temp.resolve("set") + "'");
    Described english = (Described) run("neuron L2F5");
    assertTrue(NeuronRecipe.of(english).javaLines().contains("EnglishWords.list()"));
    String provenance = english.report().provenance().toString();
    assertTrue(provenance.contains("english-20k (20000 words)"), provenance);
    assertEquals(english.toString(), run("neuron L2F5 --dictionary english-20k").toString());
    Described said = (Described) run("neuron L2F5 --dictionary '" + words + "'");
    assertTrue(NeuronRecipe.of(said).notebookLines().contains("--dictionary " + words));
    Files.writeString(model.resolve("words.txt"), "sea\nbird\ntree\nboat\nlake\n");
    String own = run("words L2F5").toString();
    assertTrue(own.contains("boat") && own.contains("lake"), own);
    Evolutions graph =
        (Evolutions) run("evolve L2F5 --image cat/0 --depth 1 --dictionary '" + words + "'");
    assertFalse(graph.first().words().isEmpty());
  }

  @Test
  void anEditedDictionaryIsReadAgain() throws IOException {
    Path words = Files.writeString(temp.resolve("list.txt"), "panda\nred\nhat\nsea\nbird\ntree\n");
    String line = "words L2F5 --dictionary '" + words + "'";
    String before = run(line).toString();
    assertEquals(before, run(line).toString());
    Files.writeString(words, "car\nblue\nshoe\nlake\nfish\nleaf\n");
    String after = run(line).toString();
    assertNotEquals(before, after);
    assertFalse(after.contains("panda") || after.contains("tree"), after);
  }

  @Test
  void aTildeIsTheHomeDirectory() throws IOException {
    photograph("my set/animals/cat/1.png");
    Files.writeString(temp.resolve("list.txt"), "panda\nred\nhat\nsea\nbird\ntree\n");
    String home = System.getProperty("user.home");
    System.setProperty("user.home", temp.toString());
    try {
      assertTrue(run("images '~/my set'").toString().startsWith("my set: 1 entities"));
      run("words L0F1 --dictionary ~/list.txt");
      Attribution a = (Attribution) run("attribute '~/my set/animals/cat/1.png' --label x");
      assertEquals("cat/0", a.title());
      assertTrue(sentence("model ~/none").contains(temp.resolve("none").toString()));
    } finally {
      System.setProperty("user.home", home);
    }
  }
}
