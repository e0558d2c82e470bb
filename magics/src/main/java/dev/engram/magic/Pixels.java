package dev.engram.magic;

import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import java.util.AbstractList;
import java.util.List;

/**
 * Images as the processor makes them, (3, S, S) each, read when they are asked for: a thousand
 * photographs for a ViT-L/14 would take 600 MB.
 */
final class Pixels extends AbstractList<float[]> {
  private final Clip clip;
  private final List<LabelledImage> images;

  Pixels(Clip clip, List<LabelledImage> images) {
    this.clip = clip;
    this.images = images;
  }

  @Override
  public float[] get(int index) {
    return clip.processor().process(images.get(index).file());
  }

  @Override
  public int size() {
    return images.size();
  }
}
