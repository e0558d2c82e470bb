package dev.engram.magic.completion;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The neurons that a notebook has shown or named last, read from the texts of its outputs: whatever
 * result they come from, they are what a user types next.
 */
public final class RecentNeurons {
  private static final Pattern NEURON =
      Pattern.compile("\\bL\\d{1,4}(?:F\\d{1,6}|A\\d{1,4}H\\d{1,4})\\b");
  private static final int KEPT = 100;

  /** Of a long text, as much as a table of a hundred rows has. */
  private static final int MOST_READ = 20_000;

  private final LinkedHashSet<String> newestLast = new LinkedHashSet<>();

  /**
   * Remembers the neurons of a text; its first one is the most recent.
   *
   * @param text of an output, or a line as it was typed
   */
  public synchronized void note(String text) {
    Matcher found = NEURON.matcher(text.substring(0, Math.min(MOST_READ, text.length())));
    LinkedHashSet<String> named = new LinkedHashSet<>();
    while (named.size() < KEPT && found.find()) {
      named.add(found.group());
    }
    List<String> lastFirst = new ArrayList<>(named);
    java.util.Collections.reverse(lastFirst);
    newestLast.removeAll(named);
    newestLast.addAll(lastFirst);
    while (newestLast.size() > KEPT) {
      newestLast.remove(newestLast.iterator().next());
    }
  }

  /** The neurons, the most recent first. */
  public synchronized List<String> all() {
    List<String> newestFirst = new ArrayList<>(newestLast);
    java.util.Collections.reverse(newestFirst);
    return newestFirst;
  }
}
