package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.engram.Progress;
import dev.engram.attribution.Reading;
import dev.engram.data.ImageSet;
import dev.engram.dissect.Survey;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

class EngramSessionTest {
  private final EngramSession session = new EngramSession();

  @Test
  void aModelWhoseLoadIsInterruptedLateDoesNotTakeTheOldOnesPlace() {
    try (Clip old = session.load(EngramSession.ICONCLIP, l -> l.device("cpu"), Progress.NONE)) {
      Clip fresh = Clip.from(Iconclip.model()).device("cpu").load();
      assertEquals(64, fresh.hash().length()); // so that nothing is left to do but the change
      Thread.currentThread().interrupt();
      assertThrows(CancellationException.class, () -> session.lab(Progress.NONE).use(fresh));
      assertFalse(fresh.manager().isOpen());
      assertFalse(Thread.currentThread().isInterrupted());
      assertSame(old, session.model());
      assertEquals(1, old.embedTexts(List.of("a panda"), Progress.NONE).length);
    }
  }

  @Test
  void imagesThatAreInterruptedLateDoNotTakeTheOldOnesPlace() {
    ImageSet images = ImageNames.read(ImageNames.VISENT_MINI, null);
    Thread.currentThread().interrupt();
    assertThrows(CancellationException.class, () -> session.use("images", images));
    assertFalse(session.hasImages());
    session.use("images", images);
    assertSame(images, session.images());
  }

  @Test
  void aSetIsSurveyedOnceForEachModelAndReading() {
    ImageSet pandas = ImageSet.read(Iconclip.entities().resolve("animals/panda"));
    try (Clip clip = session.load(EngramSession.ICONCLIP, l -> l.device("cpu"), Progress.NONE)) {
      session.use("pandas", pandas);
      Survey first = session.lab(Progress.NONE).survey(Reading.LITERAL);
      assertSame(first, session.lab(Progress.NONE).survey(Reading.LITERAL));
      Survey lens = session.lab(Progress.NONE).survey(Reading.LENS);
      assertEquals(Reading.LENS, lens.reading());
      session.use("pandas", pandas);
      assertSame(lens, session.lab(Progress.NONE).survey(Reading.LENS));
      Thread.currentThread().interrupt();
      assertThrows(
          CancellationException.class, () -> session.lab(Progress.NONE).survey(Reading.LITERAL));
      assertSame(lens, session.lab(Progress.NONE).survey(Reading.LENS));
      session.use("koalas", ImageSet.read(Iconclip.entities().resolve("animals/koala")));
      assertNotSame(lens, session.lab(Progress.NONE).survey(Reading.LENS));
      assertSame(clip, session.model());
    }
  }
}
