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

  /** Levenshtein's distance; upper and lower case are the same. */
  static int distance(String left, String right) {
    String a = left.toLowerCase(Locale.ROOT);
    String b = right.toLowerCase(Locale.ROOT);
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
