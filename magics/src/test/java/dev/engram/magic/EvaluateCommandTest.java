package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Evaluated;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.view.ImageGallery;
import dev.engram.magic.view.View;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code %evaluate} on the embedded set and on a list. */
@ExtendWith(OwnCache.class)
class EvaluateCommandTest {
  @TempDir Path temp = Path.of("");

  private final MagicRunner runner = new MagicRunner(Magics.all(), new FakeHost());

  private Evaluated evaluate(String line) {
    return assertInstanceOf(Evaluated.class, runner.run("evaluate " + line, null));
  }

  private String sentence(String line) {
    return String.valueOf(
        assertThrows(MagicFailure.class, () -> runner.run(line, null)).getMessage());
  }

  @Test
  void theEntitiesOfTheOpenImagesAreTheClasses() {
    Evaluated e = evaluate("--sample 60");
    assertEquals(60, e.result().predictions().size());
    String page = runner.view(e).before().get(0).text();
    assertTrue(page.startsWith("Zero-shot accuracy on visent-mini, 60 of 576 images"), page);
    assertTrue(page.contains("60 images, 60 classes"), page);
    assertTrue(page.contains("95 %, bootstrap over 59 classes"), page);
    assertTrue(page.contains("Held out from training, as the list of the images says, are"), page);
    assertTrue(page.contains("Top-5 accuracy: "), page);
    assertTrue(e.topFive() >= e.accuracy(), page);
    assertTrue(page.contains("model iconclip") && page.contains("are not the paper's"), page);
    assertTrue(page.contains("prompts labels, such as"), page);
    assertTrue(runner.view(e).data().containsKey(View.PLOTLY));
    assertEquals(40, Presenters.figure(e).toJson().at("/data/0/x").size());
    double[] accuracies = Presenters.table(e).doubleColumn("accuracy (%)").asDoubleArray();
    for (int i = 1; i < accuracies.length; i++) {
      assertTrue(accuracies[i - 1] <= accuracies[i]);
    }
    Evaluated panda = e.ofClass("Panda");
    assertTrue(
        Presenters.table(panda).name().contains("taken for"), Presenters.table(panda).name());
    assertTrue(runner.view(panda).before().get(0).text().contains("images of panda are taken for"));
    assertTrue(!page.contains("computed"), page);
    Evaluated again = evaluate("--sample 60 --class panda");
    assertEquals(e.result().predictions(), again.result().predictions());
    String note = runner.view(again).before().get(0).text();
    assertTrue(note.contains("All parts of this result were computed 20"), note);
    assertTrue(note.endsWith(" and kept. %evaluate … --fresh computes it again."), note);
    String fresh = runner.view(evaluate("--sample 60 --fresh")).before().get(0).text();
    assertTrue(!fresh.contains("computed"), fresh);
    assertTrue(sentence("evaluate --class pandda").contains("did you mean panda"));
    assertTrue(
        sentence("evaluate --split test").contains("splits train, heldout; there is no 'test'"));
    assertTrue(sentence("evaluate --templates 'a photo'").contains("needs {}"));
    assertTrue(sentence("evaluate --classes x.txt").contains("ImageNet"));
    assertTrue(sentence("evaluate --sample 0").contains("from 1; got 0"));
    assertTrue(sentence("evaluate no/such").contains("There is no folder"));
  }

  @Test
  void foldersOfSplitsAndOfOneName() throws IOException {
    Path from = Iconclip.entities().resolve("animals");
    for (String role : List.of("train", "val", "TEST")) {
      for (String animal : List.of("panda", "koala")) {
        try (var files = Files.list(from.resolve(animal))) {
          Path to = Files.createDirectories(temp.resolve("set").resolve(role).resolve(animal));
          Files.copy(files.sorted().findFirst().orElseThrow(), to.resolve("0.png"));
        }
      }
    }
    Files.writeString(temp.resolve("set/train/panda/1.heic"), "");
    Path set = temp.resolve("set");
    runner.run("model", null);
    Evaluated e = evaluate("'" + set + "'");
    assertEquals(2, e.result().dataset().classes().size());
    assertEquals(2, e.result().predictions().size());
    String page = runner.view(e).before().get(0).text();
    assertTrue(page.contains("are splits, not classes."), page);
    assertTrue(page.contains("taken: test."), page);
    assertTrue(page.contains("train: 1 image was left out") && page.contains("1 .heic"), page);
    assertTrue(!page.contains("Top-5"), page);
    assertEquals(6, evaluate("'" + set + "' --split all").result().predictions().size());
    ImageGallery shown =
        assertInstanceOf(
            ImageGallery.class, runner.run("images '" + set + "' --split valid", null));
    assertEquals(2, shown.set().entities().size());
    assertTrue(
        Presenters.view(shown).text().contains("taken: val."), Presenters.view(shown).text());
    assertTrue(sentence("images '" + set + "' --split tset").contains("did you mean test"));

    ImageGallery other =
        assertInstanceOf(ImageGallery.class, runner.run("images --split train", null));
    assertEquals(shown.set().root(), other.set().root(), "of the open set");
    assertTrue(Presenters.view(other).text().contains("taken: train."));

    Files.move(set.resolve("train/koala"), Files.createDirectories(set.resolve("a")).resolve("x"));
    Path cranes = temp.resolve("cranes");
    for (String kind : List.of("birds", "machines")) {
      Path to = Files.createDirectories(cranes.resolve(kind + "/crane"));
      Files.copy(set.resolve("val/koala/0.png"), to.resolve("0.png"));
    }
    runner.run("images '" + cranes + "'", null);
    assertTrue(
        sentence("attribute crane").contains("write birds/crane or machines/crane"),
        sentence("attribute crane"));
    assertTrue(sentence("attribute crane/0").contains("write birds/crane or machines/crane"));
    assertTrue(sentence("evaluate --class crane").contains("birds/crane or machines/crane"));
    runner.run("attribute birds/crane --top 1", null);
    runner.run("attribute machines/crane/0 --top 1", null);
    String equal = runner.view(evaluate("")).before().get(0).text();
    assertTrue(equal.contains("1 prompts belong to several classes"), equal);
    assertTrue(equal.contains("crane (machines/crane)"), equal);
  }

  @Test
  void aListWithSplitsAndTemplates() throws IOException {
    Path from = Iconclip.entities().resolve("animals");
    StringBuilder list = new StringBuilder("file,label,split\n");
    for (String animal : List.of("panda", "koala")) {
      Files.createDirectory(temp.resolve(animal));
      try (var files = Files.list(from.resolve(animal))) {
        for (Path file : files.sorted().limit(3).toList()) {
          String name = animal + "/" + file.getFileName();
          list.append(name).append(",<b>").append(animal).append("</b>,");
          list.append(Files.exists(temp.resolve(animal + "/first")) ? "test" : "train");
          list.append('\n');
          Files.copy(file, temp.resolve(name));
          Files.writeString(temp.resolve(animal + "/first"), "");
        }
      }
    }
    Path csv = Files.writeString(temp.resolve("my list.csv"), list.toString());
    runner.run("model", null);
    Evaluated e = evaluate("'" + csv + "' --templates 'a picture of {}' 'a {} in red'");
    assertEquals(4, e.result().predictions().size());
    String html =
        runner.view(e).before().get(0).html() + runner.view(e.ofClass("<b>panda</b>")).html();
    assertTrue(html.contains("&lt;b&gt;panda") && !html.contains("<td><b>panda"), html);
    assertTrue(
        !Presenters.figure(e).toJson().toString().contains("<b>panda"), "escaped in the figure");
    assertTrue(e.result().provenance().toString().contains("mean of 2 templates"));
    assertEquals(2, evaluate("'" + csv + "' --split train").result().predictions().size());
    ImageGallery train =
        assertInstanceOf(
            ImageGallery.class, runner.run("images '" + csv + "' --split train", null));
    assertEquals(2, train.set().images().size());
    Files.writeString(temp.resolve("panda").resolve("broken.png"), "no image");
    Files.writeString(csv, list + "panda/broken.png,<b>panda</b>,test\n");
    assertTrue(sentence("evaluate '" + csv + "'").contains("broken.png"));
    Evaluated skipped = evaluate("'" + csv + "' --skip-unreadable");
    assertTrue(runner.view(skipped).before().get(0).text().contains("1 images cannot be read"));
  }
}
