package dev.engram.model;

import dev.engram.Progress;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadProgressListener;
import org.jspecify.annotations.Nullable;

/** Ends a decoder after an interrupt: by {@code abort}, for native code, or by an exception. */
class InterruptListener implements IIOReadProgressListener {
  @Override
  public void imageProgress(@Nullable ImageReader source, float percentageDone) {
    if (source == null) {
      Progress.checkInterrupt();
    } else if (Thread.currentThread().isInterrupted()) {
      source.abort(); // whoever called it asks for the interrupt afterwards
    }
  }

  @Override
  public void sequenceStarted(ImageReader source, int minIndex) {}

  @Override
  public void sequenceComplete(ImageReader source) {}

  @Override
  public void imageStarted(ImageReader source, int imageIndex) {}

  @Override
  public void imageComplete(ImageReader source) {}

  @Override
  public void thumbnailStarted(ImageReader source, int imageIndex, int thumbnailIndex) {}

  @Override
  public void thumbnailProgress(ImageReader source, float percentageDone) {}

  @Override
  public void thumbnailComplete(ImageReader source) {}

  @Override
  public void readAborted(ImageReader source) {}
}
