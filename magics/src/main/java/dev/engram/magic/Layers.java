package dev.engram.magic;

import dev.engram.EngramException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads which layers are meant: {@code 5}, {@code 0,3} or {@code 2-4}, and mixtures of them. */
final class Layers {
  private static final Pattern PART =
      Pattern.compile("(\\d{1,6})(?:\\s*(?:-|\\.\\.)\\s*(\\d{1,6}))?");

  private Layers() {}

  /**
   * The same for a magic that has layers of its own where none are typed.
   *
   * @return in ascending order; none for null
   */
  static List<Integer> typed(@Nullable String text, int count) {
    return text == null ? List.of() : List.copyOf(parse(text, count));
  }

  /**
   * @param text what was typed; null for all
   * @param count layers of the model
   * @throws EngramException for anything else, and for layers that the model does not have
   */
  static Set<Integer> parse(@Nullable String text, int count) {
    Set<Integer> layers = new TreeSet<>();
    for (String part : text == null ? new String[] {"0-" + (count - 1)} : text.split(",", -1)) {
      Matcher m = PART.matcher(part.strip());
      int from = m.matches() ? Integer.parseInt(m.group(1)) : -1;
      int to = from >= 0 && m.group(2) != null ? Integer.parseInt(m.group(2)) : from;
      if (from < 0 || to < from || to >= count) {
        throw new EngramException(
            "--layer takes layers from 0 to %d, as 5 or 0,3 or 2-4; got '%s'."
                .formatted(count - 1, text));
      }
      for (int l = from; l <= to; l++) {
        layers.add(l);
      }
    }
    return layers;
  }
}
