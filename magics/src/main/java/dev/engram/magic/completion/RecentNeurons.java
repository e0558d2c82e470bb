package dev.engram.magic.completion;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The neurons, and features of autoencoders, that a notebook has shown or named last, read from the
 * texts of its outputs: whatever result they come from, they are what a user types next.
 */
public final class RecentNeurons {
  private static final Pattern NEURON =
      Pattern.compile("\\bL\\d{1,4}(?:F\\d{1,6}|A\\d{1,4}H\\d{1,4}|S\\d{1,9})\\b");
  private static final int KEPT = 100;

  /** Of a long text, as much as a table of a hundred rows has. */
  private static final int MOST_READ = 20_000;

  private static final int LINE = 160;

  private final LinkedHashSet<String> newestLast = new LinkedHashSet<>();
  private final Map<String, DisplayLimits> shown = new HashMap<>();

  /**
   * Where a neuron was shown last.
   *
   * @param title the first line of the output
   * @param line the one in which it stands
   */
  public record DisplayLimits(String title, String line) {}

  /**
   * Remembers the neurons of a text; its first one is the most recent.
   *
   * @param text of an output, or a line as it was typed
   */
  public synchronized void note(String text) {
    Matcher found = NEURON.matcher(text.substring(0, Math.min(MOST_READ, text.length())));
    LinkedHashSet<String> named = new LinkedHashSet<>();
    while (named.size() < KEPT && found.find()) {
      if (named.add(found.group())) {
        shown.put(found.group(), new DisplayLimits(line(text, 0), line(text, found.start())));
      }
    }
    List<String> lastFirst = new ArrayList<>(named);
    java.util.Collections.reverse(lastFirst);
    newestLast.removeAll(named);
    newestLast.addAll(lastFirst);
    while (newestLast.size() > KEPT) {
      String oldest = newestLast.iterator().next();
      newestLast.remove(oldest);
      shown.remove(oldest);
    }
  }

  /** The line of a text that holds a position, as far as it is wanted in small. */
  private static String line(String text, int position) {
    int start = text.lastIndexOf('\n', position) + 1;
    int end = text.indexOf('\n', position);
    String line = text.substring(start, end < 0 ? text.length() : end).strip();
    return line.substring(0, Math.min(LINE, line.length()));
  }

  /** Where a neuron was shown last; empty if that is long ago. */
  public synchronized Optional<DisplayLimits> lastShown(String neuron) {
    return Optional.ofNullable(shown.get(neuron));
  }

  /** The neurons, the most recent first. */
  public synchronized List<String> all() {
    List<String> newestFirst = new ArrayList<>(newestLast);
    java.util.Collections.reverse(newestFirst);
    return newestFirst;
  }
}
