package dev.engram.lab;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.data.ImageSet;
import dev.engram.dissect.Fall;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.NeuronReport;
import dev.engram.dissect.QueryEffects;
import dev.engram.dissect.ResidualByChance;
import dev.engram.dissect.Survey;
import dev.engram.edit.Suppression;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.ExploredNeuron.Look;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What an exploration holds is what each question by itself is answered. */
class ExploreTest {
  /** Batches of other sizes round otherwise. */
  private static final double ROUNDING = 2e-5;

  private static ImageSet set;
  private static Lab lab;
  private static Exploration panda;

  @BeforeAll
  static void open() {
    set =
        ImageSet.read(Iconclip.entities())
            .firstImages(3)
            .withBackground(ImageSet.read(Iconclip.background()));
    lab = Lab.of(Clip.from(Iconclip.model()).named("iconclip").device("cpu").load()).images(set);
    panda = lab.explore(Explore.of(Target.of("panda")).top(6));
  }

  @AfterAll
  static void close() {
    lab.close();
  }

  @Test
  void theNeuronsAreThoseOfAttributionWithEveryScore() {
    assertEquals(Score.all(), panda.scores());
    assertEquals(
        lab.attribute("panda").top(6).stream().map(Attribution.Ranked::neuron).toList(),
        panda.neurons().stream().map(ExploredNeuron::neuron).toList());
    for (Score by : Score.all()) {
      Attribution a = lab.attribute(Attribute.of("panda").by(by));
      for (ExploredNeuron n : panda.neurons()) {
        ExploredNeuron.Scored scored = Objects.requireNonNull(n.scores().get(by));
        assertEquals(a.score(n.neuron()), scored.value(), ROUNDING, by + " " + n.neuron());
        assertEquals(a.rank(n.neuron()), scored.rank(), by + " " + n.neuron());
        assertEquals(a.coefficient(n.neuron()), n.coefficient(), ROUNDING);
        assertEquals(
            lab.attribute("panda").sign(n.neuron()), n.sign(), "the sign is the entity's (A.2)");
      }
    }
    Exploration.Subject subject = panda.subject(panda.neurons().get(0));
    assertEquals(lab.attribute("panda").cosine(), subject.cosine(), 1e-12);
    assertEquals(set.entity("panda").images(), subject.shown());
  }

  @Test
  void heatmapsAreThoseOfHeatmapOnOneScale() {
    for (ExploredNeuron n : panda.neurons()) {
      Heatmaps expected = lab.heatmap("panda", n.neuron());
      double largest = 0;
      for (Look look : n.onSubject()) {
        double[] drawn = look.heatmap().orElseThrow().map();
        double[] same =
            expected.images().stream()
                .filter(i -> i.picture().title().equals(panda.picture(look.image()).title()))
                .findFirst()
                .orElseThrow()
                .heatmap()
                .map();
        assertArrayEquals(same, drawn, ROUNDING);
      }
      for (List<Look> looks : List.of(n.onSubject(), n.driving())) {
        for (Look look : looks) {
          for (double share : look.heatmap().orElseThrow().map()) {
            largest = Math.max(largest, Math.abs(share));
          }
        }
      }
      assertEquals(largest, n.scale());
      assertTrue(largest > 0);
    }
  }

  @Test
  void everyImageIsThereOnce() {
    for (ExploredNeuron n : panda.neurons()) {
      n.onSubject().forEach(look -> assertTrue(panda.pictures().containsKey(look.image())));
      n.driving().forEach(look -> assertTrue(panda.pictures().containsKey(look.image())));
    }
    assertTrue(panda.pictures().size() <= 3 + 6 * 6);
    assertTrue(
        panda.pictures().size() >= 3 + 6, "the images of the entity and those that drive one");
  }

  @Test
  void aNeuronByItselfIsThatOfItsPage() {
    Neuron first = panda.neurons().get(0).neuron();
    NeuronReport report = lab.describe(Describe.of(first)).report();
    Exploration explored = lab.explore(Explore.of(first).top(12));
    ExploredNeuron n = explored.neurons().get(0);
    assertEquals(first, n.neuron());
    assertEquals(report.effects(), n.effects());
    assertEquals(report.sign(), n.sign());
    Survey.Effect served = report.decisive().orElseThrow();
    assertEquals(served.entity().title(), explored.subject(n).title());
    assertEquals(served.coefficient(), n.coefficient(), ROUNDING);
    List<NeuronReport.Seen> driving = n.sign() > 0 ? report.highest() : report.lowest();
    assertEquals(
        driving.stream().map(NeuronReport.Seen::image).toList(),
        n.driving().stream().map(Look::image).toList());
    assertArrayEquals(
        driving.get(0).heatmap().map(), n.driving().get(0).heatmap().orElseThrow().map(), ROUNDING);
    Interpretation words = report.words(first).orElseThrow();
    assertEquals(words.words(), n.words().words());
    assertEquals(words.residual(), n.words().residual(), ROUNDING);
    assertTrue(
        n.queries().orElseThrow().neurons().stream()
            .map(QueryEffects.QueryNeuron::neuron)
            .allMatch(q -> explored.neurons().stream().anyMatch(p -> p.neuron().equals(q))),
        "what drives it can be opened");
  }

  @Test
  void queryNeuronsAreThoseOfTheImageThatDrivesItMost() {
    for (ExploredNeuron n : panda.neurons()) {
      ExploredNeuron.Drive drive = n.queries().orElseThrow();
      double most =
          n.onSubject().stream()
              .mapToDouble(look -> n.sign() * look.coefficient())
              .max()
              .orElseThrow();
      Look of =
          n.onSubject().stream()
              .filter(look -> look.image().equals(drive.image()))
              .findFirst()
              .orElseThrow();
      assertEquals(most, n.sign() * of.coefficient());
      QueryEffects alone = lab.queries(lab.nameOf(drive.image()), n.neuron());
      List<QueryEffects.QueryNeuron> best = alone.top(drive.neurons().size());
      for (int i = 0; i < best.size(); i++) {
        QueryEffects.QueryNeuron q = drive.neurons().get(i);
        assertEquals(best.get(i).neuron(), q.neuron());
        assertEquals(best.get(i).effect(), q.effect(), ROUNDING);
      }
      assertEquals(alone.coefficients()[0], drive.coefficient(), ROUNDING);
      drive.neurons().forEach(q -> assertTrue(panda.queryWords().containsKey(q.neuron())));
    }
  }

  @Test
  void theFallIsThatOfWholePasses() {
    Clip clip = lab.model();
    Suppression naive = new Suppression(clip);
    List<float[]> pixels =
        set.entity("panda").images().stream().map(i -> clip.processor().process(i.file())).toList();
    float[] text = clip.embedTexts(List.of(set.entity("panda").label()), Progress.NONE)[0];
    for (ExploredNeuron n : panda.neurons()) {
      List<Neuron> one = List.of(n.neuron());
      Fall fall = n.fall();
      assertEquals(mean(clip.embedImages(pixels, Progress.NONE), text), fall.before(), 1e-6);
      assertEquals(mean(naive.residual(pixels, one), text), fall.residual(), 1e-6);
      assertEquals(mean(naive.complete(pixels, one, Tokens.ALL), text), fall.complete(), 1e-6);
    }
  }

  private static double mean(float[][] embeddings, float[] text) {
    double sum = 0;
    for (float[] z : embeddings) {
      sum += dev.engram.Cosine.of(z, text) / embeddings.length;
    }
    return sum;
  }

  @Test
  void chanceIsWorseThanAWordAndDrawnTheSameAgain() {
    Interpreter interpreter = new Interpreter(lab.model(), lab.dictionary(null));
    ResidualByChance chance = interpreter.residualByChance(100, 0, Progress.NONE);
    assertEquals(panda.chance(), chance);
    assertTrue(0 < chance.low() && chance.low() < chance.mean() && chance.mean() < 1);
    ResidualByChance other = interpreter.residualByChance(100, 1, Progress.NONE);
    assertEquals(chance.mean(), other.mean(), 0.05);
    assertFalse(chance.equals(other));
    Interpretation said = panda.neurons().get(0).words();
    assertEquals(said.residual() < chance.low(), chance.isBeatenBy(said));
    assertSame(panda.chance(), lab.chance(lab.dictionary(null)), "made once");
    assertSame(panda.chance(), lab.describe(Describe.of(said.neuron())).chance());
  }

  @Test
  void withNothingNamedTheBestOfTheSetEachWithItsEntity() {
    Exploration best = lab.explore(Explore.best().top(4));
    Neurons found = lab.find(FindNeurons.best().count(4));
    assertEquals(found.names(), best.neurons().stream().map(n -> n.neuron().toString()).toList());
    for (int i = 0; i < 4; i++) {
      ExploredNeuron n = best.neurons().get(i);
      assertEquals(set.entity(found.found().get(i).entity()).title(), best.subject(n).title());
      assertEquals(
          found.found().get(i).improvement(),
          Objects.requireNonNull(n.scores().get(Reading.LITERAL)).value(),
          ROUNDING);
    }
  }

  @Test
  void oneImageAndAGivenNeuronFirst() {
    Exploration one =
        lab.explore(
            Explore.of(Target.of("panda/1"))
                .neurons(List.of(Neuron.parse("L0A0H3")))
                .label("a red bus")
                .top(3));
    assertEquals("L0A0H3", one.neurons().get(0).neuron().toString());
    assertEquals(3, one.neurons().size());
    assertEquals("a red bus", one.subjects().get(0).label());
    assertEquals(1, one.subjects().get(0).images());
    assertEquals(List.of(), one.neurons().get(0).queries().orElseThrow().neurons());
  }

  @Test
  void whatCannotBeExploredIsRefusedInASentence() {
    Refusal.holds(() -> Explore.best().top(0), "number of neurons from 1");
    Refusal.holds(() -> Explore.best().label("x"), "needs images");
    Refusal.holds(() -> lab.explore(Explore.of(Target.of("pandda"))), "panda");
    Refusal.holds(() -> lab.explore(Explore.of(Neuron.parse("L99F0"))), "There is no neuron");
    assertThrows(
        EngramException.class,
        () -> lab.explore(Explore.of(Target.of("panda", "koala")))); // two labels
  }

  @Test
  void itCanBeInterrupted() {
    Thread.currentThread().interrupt();
    assertThrows(
        CancellationException.class, () -> lab.explore(Explore.of(Target.of("koala")).top(2)));
  }
}
