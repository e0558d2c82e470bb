package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.engram.Progress;
import dev.engram.data.ImageSet;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

class EngramSessionTest {
  private final EngramSession session = new EngramSession();

  @Test
  void aModelWhoseLoadIsInterruptedLateDoesNotTakeTheOldOnesPlace() {
    try (Clip old = session.load(EngramSession.ICONCLIP, "cpu", Progress.NONE)) {
      Clip fresh = Clip.load(Iconclip.model(), "cpu", Progress.NONE);
      assertEquals(64, fresh.hash().length()); // so that nothing is left to do but the change
      Thread.currentThread().interrupt();
      assertThrows(CancellationException.class, () -> session.use(fresh));
      assertFalse(fresh.manager().isOpen());
      assertFalse(Thread.currentThread().isInterrupted());
      assertSame(old, session.model());
      assertEquals(1, old.embedTexts(List.of("a panda"), Progress.NONE).length);
    }
  }

  @Test
  void imagesThatAreInterruptedLateDoNotTakeTheOldOnesPlace() {
    ImageSet images = EngramSession.read(EngramSession.VISENT_MINI, null);
    Thread.currentThread().interrupt();
    assertThrows(CancellationException.class, () -> session.use(images));
    assertFalse(session.hasImages());
    session.use(images);
    assertSame(images, session.images());
  }
}
