package dev.engram.magic.result;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.dissect.ResidualByChance;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Holds the words of a neuron or a feature against those of random vectors, in one sentence. */
final class ByChance {
  private ByChance() {}

  /**
   * What the residual is worth; "" where nothing stands beside it.
   *
   * @param residual of its words, 0 to 1
   * @param chance of the same dictionary; null for none
   */
  static String sentence(double residual, @Nullable ResidualByChance chance) {
    return chance == null
        ? ""
        : String.format(
            Locale.ROOT,
            chance.isBeatenBy(residual)
                ? "Of %d random vectors 5 %% leave less than %.3f unsaid, and it does too."
                : "That is no better than a random vector: of %d such 5 %% leave less than %.3f"
                    + " unsaid.",
            chance.vectors(),
            chance.low());
  }

  /** What {@code explorer.js} writes under the words, and whether they are grey. */
  static void put(double residual, @Nullable ResidualByChance chance, ObjectNode out) {
    out.set("residual", ExplorationData.number(residual));
    out.put("chance", sentence(residual, chance));
    out.put("grey", chance != null && !chance.isBeatenBy(residual));
  }
}
