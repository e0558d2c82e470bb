package dev.engram.magic.result;

import dev.engram.magic.view.Html;
import dev.engram.trace.Neuron;

/** The colours of the two kinds of block, the same in every figure. */
final class BlockColours {
  private BlockColours() {}

  static String of(Neuron.Block block) {
    return block == Neuron.Block.FFN ? "#d1495b" : "#3b528b";
  }

  /** A second line for a figure's title. */
  static String legend() {
    return "<br><sup>" + mark(Neuron.Block.FFN) + " · " + mark(Neuron.Block.MSA) + "</sup>";
  }

  private static String mark(Neuron.Block block) {
    return Html.element("span", "■ " + block, "style", "color:" + of(block));
  }
}
