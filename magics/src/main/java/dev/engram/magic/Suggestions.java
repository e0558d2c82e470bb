package dev.engram.magic;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what a mistyped name was meant to be, by edit distance. */
public final class Suggestions {
  private Suggestions() {}

  /**
   * @param known the names there are, as they are to be written
   * @return the end of a sentence: {@code "; did you mean x?"}, or "." if nothing is close
   */
  public static String didYouMean(String typed, Collection<String> known) {
    return closest(typed, known).map(name -> "; did you mean " + name + "?").orElse(".");
  }

  /**
   * @return the known name that is closest to what was typed, if at most a third of its letters
   *     must change or it is how the name begins
   */
  public static Optional<String> closest(String typed, Collection<String> known) {
    int budget = Math.max(1, typed.length() / 3);
    return known.stream()
        .filter(name -> distance(typed, name) <= budget || begins(name, typed))
        .min(Comparator.comparingInt((String name) -> distance(typed, name)).thenComparing(n -> n));
  }

  private static boolean begins(String name, String typed) {
    return typed.length() > 1 && name.regionMatches(true, 0, typed, 0, typed.length());
  }

  /** Levenshtein's distance, with two letters swapped as one change; case does not matter. */
  static int distance(String left, String right) {
    String a = left.toLowerCase(Locale.ROOT);
    String b = right.toLowerCase(Locale.ROOT);
    int[][] changes = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          changes[i][j] = i + j;
          continue;
        }
        int replace = changes[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        changes[i][j] = Math.min(replace, 1 + Math.min(changes[i - 1][j], changes[i][j - 1]));
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          changes[i][j] = Math.min(changes[i][j], changes[i - 2][j - 2] + 1);
        }
      }
    }
    return changes[a.length()][b.length()];
  }
}
