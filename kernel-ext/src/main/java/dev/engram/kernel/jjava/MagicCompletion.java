package dev.engram.kernel.jjava;

import dev.engram.kernel.MagicRewriter;
import dev.engram.magic.completion.Candidate;
import dev.engram.magic.completion.Completer;
import dev.engram.magic.completion.Completion;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.dflib.jjava.jupyter.messages.reply.CompleteReply;
import org.dflib.jjava.jupyter.messages.request.CompleteRequest;

/**
 * Answers a Tab that is pressed in a magic's line; Java's own completion knows nothing there and
 * would offer its classes.
 */
final class MagicCompletion {
  /** What JupyterLab reads: texts with a note beside each. */
  private static final String TYPES = "_jupyter_types_experimental";

  private final Completer completer;
  private final Supplier<? extends Collection<String>> foreign;

  /**
   * @param foreign names of the kernel's own magics, which are offered by their names alone
   */
  MagicCompletion(Completer completer, Supplier<? extends Collection<String>> foreign) {
    this.completer = completer;
    this.foreign = foreign;
  }

  /**
   * Completes a magic.
   *
   * @return empty where the cursor stands in Java
   */
  Optional<CompleteReply> complete(CompleteRequest request) {
    String code = request.getCode();
    int cursor = CodePoints.index(code, request.getCursorPos());
    int points = code.codePointCount(0, cursor);
    return MagicRewriter.typedAt(code, cursor)
        .map(typed -> reply(code, points, typed, completer.complete(typed.line())));
  }

  private CompleteReply reply(
      String code, int end, MagicRewriter.Typed typed, Completion completion) {
    boolean isName = typed.line().chars().noneMatch(Character::isWhitespace);
    String percent = !isName ? "" : code.startsWith("%%", typed.start() - 2) ? "%%" : "%";
    int from = typed.start() + completion.start() - percent.length();
    int start = code.codePointCount(0, from);
    List<Candidate> all = new ArrayList<>(completion.candidates());
    if (isName) {
      all.addAll(foreign(typed.line(), all));
    }
    List<Map<String, Object>> types = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (Candidate each : all) {
      String text = percent + each.text();
      texts.add(text);
      types.add(Map.of("start", start, "end", end, "text", text, "type", each.note()));
    }
    return new CompleteReply(texts, start, end, Map.of(TYPES, types));
  }

  private List<Candidate> foreign(String typed, List<Candidate> ours) {
    Set<String> known = ours.stream().map(Candidate::text).collect(Collectors.toSet());
    return foreign.get().stream()
        .filter(name -> name.matches("\\w+") && name.startsWith(typed) && !known.contains(name))
        .sorted()
        .map(name -> new Candidate(name, "the kernel's"))
        .toList();
  }
}
