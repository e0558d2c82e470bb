package dev.engram;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * "Did you mean …?": the known names nearest to a mistyped one, by Damerau-Levenshtein distance
 * (insertions, deletions, substitutions and swaps of neighbours), upper and lower case being equal.
 */
public final class Suggest {
  private static final int MOST = 3;

  private Suggest() {}

  /**
   * @param word what was typed
   * @param candidates what exists
   * @return at most three names near enough to be meant, the nearest first; equal ones in the order
   *     of the candidates
   */
  public static List<String> nearest(String word, Collection<String> candidates) {
    String typed = word.strip().toLowerCase(Locale.ROOT);
    record Near(String name, int distance) {}
    List<Near> near = new ArrayList<>();
    for (String candidate : candidates) {
      String known = candidate.toLowerCase(Locale.ROOT);
      // A third of the letters may be wrong; half a name counts as nearly right.
      int limit = Math.max(1, Math.max(typed.length(), known.length()) / 3);
      boolean part = typed.length() >= 3 && known.contains(typed);
      if (!part && Math.abs(known.length() - typed.length()) > limit) {
        continue;
      }
      int distance = known.equals(typed) ? 0 : part ? 1 : distance(typed, known);
      if (distance <= limit && !typed.isEmpty()) {
        near.add(new Near(candidate, distance));
      }
    }
    return near.stream()
        .sorted(Comparator.comparingInt(Near::distance))
        .map(Near::name)
        .distinct()
        .limit(MOST)
        .toList();
  }

  /**
   * The end of a sentence: {@code "; did you mean panda or python?"}, or "." if no name is near.
   */
  public static String didYouMean(String word, Collection<String> candidates) {
    List<String> near = nearest(word, candidates);
    return near.isEmpty() ? "." : "; did you mean " + String.join(" or ", near) + "?";
  }

  /** The number of edits between two words, a swap of neighbours counting as one. */
  public static int distance(String a, String b) {
    int[] before = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int best = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + same);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          best = Math.min(best, before[j - 2] + 1);
        }
        row[j] = best;
      }
      int[] free = before;
      before = last;
      last = row;
      row = free;
    }
    return last[b.length()];
  }
}
