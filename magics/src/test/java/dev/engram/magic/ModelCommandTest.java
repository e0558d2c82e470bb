package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.attribution.Attribution;
import dev.engram.data.LabelledImage;
import dev.engram.lab.ModelCard;
import dev.engram.magic.view.ImageGallery;
import dev.engram.model.Clip;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code %model} hands to a Java cell. */
class ModelCommandTest {
  private final MagicRunner runner = new MagicRunner(Magics.all(), new FakeHost());

  @Test
  void aCellGoesOnWithTheModelOfTheMagics() {
    Clip clip = model();
    ImageGallery gallery = assertInstanceOf(ImageGallery.class, runner.run("images", null));
    LabelledImage panda = gallery.set().image("panda/0");
    Attribution shown = assertInstanceOf(Attribution.class, runner.run("attribute panda/0", null));

    float[] pixels = clip.processor().process(panda.file());
    float[] image = clip.embedImages(List.of(pixels), Progress.NONE)[0];
    float[] text = clip.embedTexts(List.of(panda.label()), Progress.NONE)[0];
    assertEquals(shown.cosine(), Cosine.of(image, text), 1e-6);
  }

  @Test
  void anotherModelClosesIt() {
    Clip first = model();
    Clip second = assertInstanceOf(ModelCard.class, runner.run("model iconclip", null)).clip();
    assertFalse(first.manager().isOpen());
    assertTrue(second.manager().isOpen());
  }

  @Test
  void withoutANameTheLoadedModelIsShownAndStaysOpen() {
    Clip first = model();
    assertSame(first, model());
    assertTrue(first.manager().isOpen());
  }

  @Test
  void thePrecisionStandsBesideEveryNumber() {
    ModelCard card =
        assertInstanceOf(ModelCard.class, runner.run("model --precision F16 --device cpu", null));
    String page = runner.view(card).text();
    assertTrue(page.contains("multiplied in float16"), page);
    assertTrue(page.contains("On a CPU, f16 saves memory, not time."), page);
    runner.run("images", null);
    Attribution shown = assertInstanceOf(Attribution.class, runner.run("attribute panda/0", null));
    assertEquals(
        "iconclip in f16 " + card.hash().substring(0, 12),
        shown.provenance().entries().get("model"));
    assertRefused("attribute panda/0 --by gradient", "--precision f32");
    assertRefused("finetune panda --images panda", "--precision f32");
    assertRefused("model --precision half", "f32, f16, bf16 or auto; got 'half'");
    assertSame(card.clip(), model(), "what was refused changed nothing");
  }

  @Test
  void anOptionAloneLoadsTheOpenModelAgain(@TempDir Path temp) {
    runner.run("model iconclip", null);
    runner.run("save '" + temp.resolve("mine") + "'", null);
    Clip mine =
        assertInstanceOf(ModelCard.class, runner.run("model '" + temp.resolve("mine") + "'", null))
            .clip();
    Clip again =
        assertInstanceOf(ModelCard.class, runner.run("model --precision bf16", null)).clip();
    assertEquals(mine.directory(), again.directory());
    assertFalse(mine.manager().isOpen());
    runner.run("images", null);
    runner.run("forget italy --evaluate none", null);
    assertRefused("model --precision f32", "has an edit, which loading it again would lose");
    assertTrue(again.manager().isOpen());
  }

  private void assertRefused(String line, String part) {
    MagicFailure failure = assertThrows(MagicFailure.class, () -> runner.run(line, null));
    assertTrue(String.valueOf(failure.getMessage()).contains(part), failure.getMessage());
  }

  private Clip model() {
    return assertInstanceOf(ModelCard.class, runner.run("model", null)).clip();
  }
}
