package dev.engram.magic.result;

import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import java.util.ArrayList;
import java.util.List;

/**
 * Two concept graphs of one neuron on two images, one above the other: a photograph and a caption,
 * or two styles. Neurons in both are marked.
 *
 * @param first on the one image
 * @param second on the other
 */
public record Evolutions(Evolution first, Evolution second) implements Viewable {
  @Override
  public View view() {
    View above = first.view();
    View below = second.view();
    List<View> before = new ArrayList<>(above.before());
    before.add(new View(above.data(), above.plotly(), List.of()));
    before.addAll(below.before());
    return new View(below.data(), below.plotly(), before);
  }

  @Override
  public String toString() {
    return first + "\n" + second;
  }
}
