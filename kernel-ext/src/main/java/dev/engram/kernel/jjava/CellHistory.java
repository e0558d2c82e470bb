package dev.engram.kernel.jjava;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.dflib.jjava.jupyter.kernel.history.HistoryEntry;
import org.dflib.jjava.jupyter.kernel.history.HistoryManager;

/** The cells of this session, for consoles that step back through them. Kept in memory only. */
final class CellHistory implements HistoryManager {
  private static final int THIS_SESSION = 1;

  private final Map<Integer, String> inputs = new LinkedHashMap<>();
  private final Map<Integer, String> outputs = new LinkedHashMap<>();

  synchronized void ran(int cell, String input) {
    inputs.put(cell, input);
  }

  synchronized void returned(int cell, String text) {
    outputs.put(cell, text);
  }

  @Override
  public List<HistoryEntry> lookupRange(int session, int start, int stop, Set<ResultFlag> flags) {
    boolean here = session <= 0 || session == THIS_SESSION;
    return entries(flags, cell -> here && cell >= start && cell < stop, input -> true);
  }

  @Override
  public List<HistoryEntry> lookupTail(int length, Set<ResultFlag> flags) {
    return last(length, entries(flags, cell -> true, input -> true));
  }

  @Override
  public List<HistoryEntry> search(String pattern, int length, Set<ResultFlag> flags) {
    StringBuilder regex = new StringBuilder();
    for (char c : pattern.toCharArray()) {
      regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
    }
    Pattern glob = Pattern.compile(regex.toString(), Pattern.DOTALL);
    List<HistoryEntry> found = entries(flags, cell -> true, input -> glob.matcher(input).matches());
    if (flags.contains(ResultFlag.UNIQUE)) {
      Map<String, HistoryEntry> unique = new LinkedHashMap<>();
      found.forEach(entry -> unique.put(entry.getInput(), entry));
      found = new ArrayList<>(unique.values());
    }
    return last(length, found);
  }

  private synchronized List<HistoryEntry> entries(
      Set<ResultFlag> flags, Predicate<Integer> cells, Predicate<String> texts) {
    boolean withOutput = flags.contains(ResultFlag.INCLUDE_OUTPUT);
    List<HistoryEntry> found = new ArrayList<>();
    inputs.forEach(
        (cell, input) -> {
          if (cells.test(cell) && texts.test(input)) {
            found.add(new HistoryEntry(THIS_SESSION, cell, input, output(withOutput, cell)));
          }
        });
    return found;
  }

  /** The API takes null for "not asked for"; it is not annotated. */
  @SuppressWarnings("NullAway")
  private String output(boolean asked, int cell) {
    return asked ? outputs.getOrDefault(cell, "") : null;
  }

  private static List<HistoryEntry> last(int length, List<HistoryEntry> entries) {
    return length <= 0 || length >= entries.size()
        ? entries
        : entries.subList(entries.size() - length, entries.size());
  }
}
