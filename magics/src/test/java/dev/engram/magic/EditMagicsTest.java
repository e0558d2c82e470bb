package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.attribution.Attribution;
import dev.engram.edit.Edit;
import dev.engram.experiment.AccuracyChange;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Edits;
import dev.engram.lab.Forgotten;
import dev.engram.lab.ModelCard;
import dev.engram.lab.Taught;
import dev.engram.lab.Traced;
import dev.engram.lab.Tuned;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.view.View;
import dev.engram.model.ImageReader;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The magics that edit, on the embedded model and a few of its drawings. */
class EditMagicsTest {
  @TempDir static Path temp = Path.of("");

  private final MagicRunner runner = new MagicRunner(Magics.all(), new FakeHost());

  /** A set of three flags, and the Spanish one in shades of gray, which the model does not know. */
  @BeforeAll
  static void makeImages() throws IOException {
    Path gray = Files.createDirectory(temp.resolve("gray"));
    for (String flag : List.of("spain", "japan", "italy")) {
      Path to = Files.createDirectories(temp.resolve("set/flags").resolve(flag));
      int number = 0;
      for (Path file : files(flag)) {
        Files.copy(file, to.resolve(number + ".png"));
        if (flag.equals("spain")) {
          ImageIO.write(
              gray(ImageReader.read(file)), "png", gray.resolve(number + ".png").toFile());
        }
        number++;
      }
    }
    Files.writeString(
        temp.resolve("set/manifest.csv"),
        "entity,category,file,caption\n"
            + Stream.of("Spain", "Japan", "Italy")
                .flatMap(EditMagicsTest::rows)
                .collect(java.util.stream.Collectors.joining("\n")));
  }

  private static Stream<String> rows(String title) {
    String flag = title.toLowerCase(java.util.Locale.ROOT);
    return Stream.iterate(0, i -> i + 1)
        .limit(files(flag).size())
        .map(i -> title + ",flags,flags/" + flag + "/" + i + ".png,the flag of " + title);
  }

  private static List<Path> files(String flag) {
    try (Stream<Path> files = Files.list(Iconclip.entities().resolve("flags").resolve(flag))) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static BufferedImage gray(BufferedImage in) {
    BufferedImage out =
        new BufferedImage(in.getWidth(), in.getHeight(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < in.getHeight(); y++) {
      for (int x = 0; x < in.getWidth(); x++) {
        int p = in.getRGB(x, y);
        int g = (3 * (p >> 16 & 255) + 6 * (p >> 8 & 255) + (p & 255)) / 10;
        out.setRGB(x, y, g << 16 | g << 8 | g);
      }
    }
    return out;
  }

  private <T> T run(String line, Class<T> type) {
    return assertInstanceOf(type, runner.run(line, null), line);
  }

  private String sentence(String line) {
    return String.valueOf(
        assertThrows(MagicFailure.class, () -> runner.run(line, null)).getMessage());
  }

  private void open() {
    runner.run("model iconclip", null);
    runner.run("images '" + temp.resolve("set") + "'", null);
  }

  private String hash() {
    return run("model", ModelCard.class).hash();
  }

  private String text(Object value) {
    View view = runner.view(value);
    StringBuilder all = new StringBuilder();
    view.before().forEach(v -> all.append(v.text()).append('\n'));
    return all.append(view.text()).toString();
  }

  private String teachGray(String options) {
    return "teach Spain --images '"
        + temp.resolve("gray")
        + "' --shots 5 --guide spain/0 spain/1 spain/2 spain/3 spain/4 "
        + options;
  }

  @Test
  void forgettingSilencesTheFirstNeuronsAndUndoBringsThemBack() {
    open();
    String before = hash();
    String attribution = text(run("attribute italy --top 5", Attribution.class));
    List<Neuron> first =
        run("attribute italy --top 3", Attribution.class).top(3).stream()
            .map(r -> r.neuron())
            .toList();

    Forgotten preview = run("forget italy --preview", Forgotten.class);
    assertEquals(before, hash());
    assertTrue(text(preview).contains("nothing was changed"), text(preview));
    assertTrue(Presenters.figure(preview).toString().contains("Italy"));

    Forgotten f = run("forget italy", Forgotten.class);
    assertEquals(first, f.neurons());
    assertTrue(f.entity().meanAfter().mean() < f.entity().meanBefore().mean());
    assertEquals(18, f.unrelated().after().length);
    assertEquals("2 others in flags", f.others());
    AccuracyChange accuracy = measured(f.accuracy());
    assertEquals(9, accuracy.editedBefore().count());
    assertEquals(18, accuracy.restBefore().count());
    assertEquals(5, Presenters.table(f).rowCount());
    assertTrue(text(f).contains("0.2292 → 0.1661"), text(f));
    assertTrue(text(f).contains("0.1699"), "the average of the lower bound, not a case of it");
    assertTrue(text(f).contains("Student's t over 9 images"), text(f));
    assertTrue(text(f).contains("found on these images"), text(f));

    assertNotEquals(before, hash());
    String card = text(run("model", ModelCard.class));
    assertTrue(card.contains("edit 0") && card.contains("removal of Italy"), card);
    Attribution after = run("attribute italy --top 5", Attribution.class);
    assertEquals(f.entity().meanAfter().mean(), after.cosine(), 1e-6);
    assertTrue(text(after).contains("iconclip (edited) " + hash().substring(0, 12)));
    assertTrue(sentence("save '" + temp.resolve("no") + "'").contains("cannot be saved"));

    Forgotten more = run("forget italy --evaluate none", Forgotten.class);
    assertTrue(more.neurons().stream().noneMatch(first::contains), "the next ones");
    assertTrue(more.entity().meanAfter().mean() < f.entity().meanAfter().mean());

    assertTrue(text(f).contains("is applied; %undo"), text(f));
    Edits none = run("undo all", Edits.class);
    assertFalse(text(f).contains("is applied"), "it was undone");
    assertTrue(none.edits().isEmpty());
    assertEquals(before, hash());
    assertEquals(attribution, text(run("attribute italy --top 5", Attribution.class)));
  }

  @Test
  void completeRemovalCanBeSaved() {
    open();
    Forgotten f = run("forget italy --mode complete --top 40 --evaluate none", Forgotten.class);
    assertEquals(Edit.Method.COMPLETE_REMOVAL, f.edit().method());
    assertEquals(3, Presenters.table(f).columnCount(), "the paper has no numbers for this mode");
    assertTrue(text(f).contains("(40 neurons)"), text(f));
    String attribution = text(run("attribute italy", Attribution.class));
    Path to = temp.resolve("forgotten");
    run("save '" + to + "'", View.class);
    runner.run("model '" + to + "'", null);
    assertTrue(run("edits", Edits.class).edits().isEmpty());
    String again = text(run("attribute italy", Attribution.class));
    assertEquals(
        attribution.substring(0, attribution.indexOf("model iconclip")),
        again.substring(0, again.indexOf("model forgotten")));
  }

  @Test
  void teachingGrayFlagsIsKeptListedSavedAndUndone() {
    open();
    String before = hash();
    Traced chart = run("trace '" + temp.resolve("gray") + "' --guide spain", Traced.class);
    assertEquals(Tokens.CLASS, chart.trace().tokens());
    assertEquals("the flag of Spain", chart.trace().label());
    assertEquals(6, Presenters.table(chart).rowCount());
    assertTrue(text(chart).contains("The largest rise is at " + chart.best().blockName()));

    Taught preview = run(teachGray("--preview"), Taught.class);
    assertEquals(before, hash());
    Taught t = run(teachGray(""), Taught.class);
    assertEquals(t.traces().get(0).best(), t.where().get(0));
    assertEquals(List.of(chart.best()), preview.where());
    var s = t.names().get(0).similarity();
    assertEquals(4, s.before().length, "those that were kept back");
    assertTrue(s.meanAfter().mean() > s.meanBefore().mean() + 0.03, s.meanAfter() + "");
    assertEquals(4, measured(t.accuracy()).editedAfter().count());
    assertEquals(27, measured(t.accuracy()).restAfter().count());
    String page = text(t);
    for (String part :
        List.of("Rank-one edit at", "18 (class token)", "ridge 0.01", "solver", "did not teach")) {
      assertTrue(page.contains(part), part + " not in: " + page);
    }
    String taught = hash();
    assertNotEquals(before, taught);

    Path file = temp.resolve("gray.edits");
    Edits saved = run("edits --save '" + file + "'", Edits.class);
    assertEquals(1, Presenters.table(saved).rowCount());
    assertTrue(text(saved).startsWith("Saved. The model has one edit."), text(saved));
    Path folder = temp.resolve("taught");
    run("save '" + folder + "'", View.class);
    runner.run("undo all", null);
    assertEquals(before, hash());
    runner.run("edits --apply '" + file + "'", null);
    assertEquals(taught, hash());

    runner.run("model '" + folder + "'", null);
    String other = hash();
    assertTrue(sentence("edits --apply '" + file + "'").contains("was made for the model"));
    assertEquals(other, hash());
  }

  @Test
  void severalNamesOrBlocksMakeOneMemitEdit() {
    open();
    Taught t =
        run(
            "teach Spain zorblax --images '"
                + temp.resolve("gray")
                + "' japan --guide spain italy --block L5F L4A --keys italy --evaluate none",
            Taught.class);
    assertEquals(Edit.Method.MEMIT, t.edit().method());
    assertEquals(List.of("L4A", "L5F"), t.where().stream().map(w -> w.blockName()).toList());
    assertEquals(2, t.edit().changes().size());
    assertEquals("a photo of zorblax", t.names().get(1).similarity().label());
    assertTrue(text(t).contains("Accuracy was not measured"), text(t));
    assertTrue(text(run(teachGray("--memit --block L5F"), Taught.class)).contains("MEMIT at"));
    assertEquals(2, run("edits", Edits.class).edits().size());
    assertTrue(sentence("undo 0").contains("undo it first"));
    assertTrue(sentence("undo 2").contains("the edits are 0 to 1"));
    assertEquals(1, run("undo 1", Edits.class).edits().size());
  }

  @Test
  void captionsAreDrawnAndShown() {
    open();
    Taught t =
        run(
            "teach \"it's a <b>\" --images japan --guide captioned --font-size 20 --place top"
                + " --contrast box --preview --evaluate none",
            Taught.class);
    assertEquals(Tokens.ALL, t.traces().get(0).tokens());
    assertEquals(4, t.guides().size());
    assertTrue(runner.view(t).html().contains("it&#39;s a &lt;b&gt;"), "escaped");
    assertTrue(t.edit().provenance().toString().contains("size 20.0 %, top, box"));
  }

  @Test
  void theBaselinesKeepTheCheckpointThatMatchesTheInsertion() {
    open();
    String before = hash();
    String images = " Spain --images '" + temp.resolve("gray") + "' --shots 5 --preview";
    double wanted =
        measured(run(teachGray("--preview --block L5F"), Taught.class).accuracy())
            .editedAfter()
            .mean();
    for (String baseline : List.of("finetune", "lora --steps 4 --every 2 --learning-rate 1e-3")) {
      String line = baseline + images + (baseline.equals("finetune") ? " --steps 2 --every 1" : "");
      Tuned t = run(line, Tuned.class);
      assertEquals(wanted, t.wanted());
      assertEquals(before, hash());
      assertFalse(t.checkpoints().isEmpty());
      double kept = t.accuracy().editedAfter().mean();
      assertEquals(4, t.accuracy().editedAfter().count());
      assertTrue(
          t.checkpoints().stream()
              .allMatch(c -> Math.abs(c.accuracy() - wanted) >= Math.abs(kept - wanted) - 1e-9));
      assertTrue(text(t).contains("Kept is the checkpoint after"), text(t));
    }
    Tuned kept = run("finetune Spain --images spain --match 0 --steps 3 --every 3", Tuned.class);
    assertEquals(Edit.Method.FINE_TUNING, kept.edit().method());
    assertTrue(kept.similarity().meanAfter().mean() > kept.similarity().meanBefore().mean());
    assertNotEquals(before, hash());
    assertTrue(text(run("edits", Edits.class)).contains("15 weights of layer 5"));
    runner.run("undo", null);
    assertEquals(before, hash());
  }

  @Test
  void anInterruptAtAnyStepLeavesTheModelAsItWas() throws Exception {
    for (Function<EngramSession, EngramMagic> magic :
        List.<Function<EngramSession, EngramMagic>>of(
            ForgetCommand::new, TeachCommand::new, FinetuneCommand::new)) {
      EngramSession session = new EngramSession();
      session.load(EngramSession.ICONCLIP, l -> l.device("cpu"), Progress.NONE);
      session.use("set", ImageNames.read(temp.resolve("set").toString(), null));
      String before = session.model().hash();
      int interrupted = 0;
      boolean done = false;
      for (int step = 1; !done; step += 4) {
        EngramMagic fresh = magic.apply(session);
        new MagicCommand(fresh).parse(arguments(fresh), new Variables(new FakeHost()));
        try {
          fresh.run(new MagicContext(new FakeHost(), "", interruptsAt(step), ""));
          done = true;
        } catch (CancellationException e) {
          interrupted++;
          assertEquals(before, session.model().hash(), fresh + " at step " + step);
          assertTrue(session.history().edits().isEmpty());
        }
      }
      assertTrue(interrupted >= 3, interrupted + " interrupts");
      assertNotEquals(before, session.model().hash());
      session.model().original().close();
    }
  }

  private static List<String> arguments(EngramMagic magic) {
    return magic instanceof ForgetCommand
        ? List.of("italy")
        : magic instanceof TeachCommand
            ? List.of("Spain", "--images", temp.resolve("gray").toString(), "--guide", "spain")
            : List.of("Spain", "--images", temp.resolve("gray").toString(), "--steps", "8");
  }

  /** Every report asks the clock for the time; at one of them the user presses stop. */
  private static MagicProgress interruptsAt(int step) {
    long[] asked = {0};
    return new MagicProgress(
        new FakeHost(),
        () -> {
          if (++asked[0] == step + 1) {
            Thread.currentThread().interrupt();
          }
          return 0;
        });
  }

  private static AccuracyChange measured(
      @org.jspecify.annotations.Nullable AccuracyChange accuracy) {
    return Objects.requireNonNull(accuracy);
  }
}
