package dev.engram.magic.result;

import dev.engram.attribution.Attributed;
import dev.engram.attribution.Reading;
import java.util.Locale;

/** What stands over and under a ranking, whether of neurons or of features. */
final class AttributionText {
  private AttributionText() {}

  /**
   * @param ranked what is ranked, in the plural
   */
  static String heading(Attributed a, String ranked) {
    boolean other = a.by() instanceof Reading reading && reading != Reading.LITERAL;
    return "%s with \"%s\": %s by %s%s"
        .formatted(
            a.title(), a.label(), ranked, a.by().method(), other ? ", reading " + a.by() : "");
  }

  /** What the scores are taken over, and how near image and text are. */
  static String summary(Attributed a) {
    int n = a.images().size();
    return String.format(
        Locale.ROOT,
        "%s; cosine with \"%s\": %.4f.",
        n == 1 ? "One image" : "Mean over " + n + " images",
        a.label(),
        a.cosine());
  }
}
