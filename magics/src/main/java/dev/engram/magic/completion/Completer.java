package dev.engram.magic.completion;

import dev.engram.magic.MagicLine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Completes the line of a magic: its name, its options, and whatever an option or a parameter
 * takes. What that is, is read from the same words that its help shows ({@code DIR|OWNER/NAME},
 * {@code auto|cpu|gpu}), so that a new magic is completed without a line of code.
 */
public final class Completer {
  /** As many as a list on the screen can be looked through. */
  private static final int MOST = 500;

  /** Kinds that mean files, or files too. */
  private static final Set<String> FILES = Set.of("IMAGE", "IMAGES", "DIR", "FILE", "DATASET");

  private final Supplier<List<Candidate>> names;
  private final Function<String, Optional<CommandSpec>> magics;
  private final Candidates sources;

  /**
   * @param names of the magics
   * @param magics a magic by its name
   * @param sources of what cannot be read from a magic's options
   */
  public Completer(
      Supplier<List<Candidate>> names,
      Function<String, Optional<CommandSpec>> magics,
      Candidates sources) {
    this.names = names;
    this.magics = magics;
    this.sources = sources;
  }

  /**
   * Completes a line at its end.
   *
   * @param line a magic's line up to the cursor, without percent signs
   * @return what may stand there; empty after the end of the magic
   */
  public Completion complete(String line) {
    Optional<MagicLine.Typed> typed = MagicLine.typed(line);
    if (typed.isEmpty()) {
      return new Completion(line.length(), List.of());
    }
    MagicLine.Typed at = typed.get();
    if (at.before().isEmpty()) {
      return new Completion(at.start(), fitting(names.get().stream(), at.word()));
    }
    return magics
        .apply(at.before().get(0))
        .map(spec -> argument(spec, at.before().subList(1, at.before().size()), at))
        .orElseGet(() -> new Completion(line.length(), List.of()));
  }

  private Completion argument(CommandSpec magic, List<String> before, MagicLine.Typed at) {
    String word = at.word();
    int equals = word.indexOf('=');
    if (word.startsWith("--") && equals > 0) {
      OptionSpec option = magic.findOption(word.substring(0, equals));
      String value = word.substring(equals + 1);
      return new Completion(
          at.start() + equals + 1,
          option == null ? List.of() : fitting(values(option, value), value));
    }
    Before read = Before.of(magic, before);
    if (read.waiting() != null) {
      return new Completion(at.start(), fitting(values(read.waiting(), word), word));
    }
    Stream<Candidate> parameters =
        magic.positionalParameters().stream()
            .filter(p -> takes(p, read.positionals()))
            .flatMap(p -> values(p, word));
    // an option that takes one value or more may go on
    Stream<Candidate> more = read.open() == null ? Stream.empty() : values(read.open(), word);
    Stream<Candidate> options =
        magic.options().stream()
            .filter(o -> !o.hidden() && (o.isMultiValue() || !read.used().contains(o)))
            .map(o -> new Candidate(o.longestName(), first(o.description())));
    Stream<Candidate> all =
        word.startsWith("-") ? options : Stream.of(more, parameters, options).flatMap(s -> s);
    return new Completion(at.start(), fitting(all, word));
  }

  /** Whether a parameter takes the argument of an index: one with an open end takes any. */
  private static boolean takes(PositionalParamSpec parameter, int index) {
    return parameter.index().contains(index) || parameter.isMultiValue();
  }

  private Stream<Candidate> values(ArgSpec argument, String typed) {
    Stream<Candidate> constants =
        argument.type().isEnum()
            ? Arrays.stream(argument.type().getEnumConstants())
                .map(each -> new Candidate(String.valueOf(each).toLowerCase(Locale.ROOT), ""))
            : Stream.empty();
    Stream<Candidate> named =
        Arrays.stream(argument.paramLabel().split("\\|"))
            .sorted(Comparator.comparing(FILES::contains)) // what is open is likelier than a file
            .flatMap(
                part ->
                    part.equals(part.toLowerCase(Locale.ROOT))
                        ? Stream.of(new Candidate(part, ""))
                        : sources.of(part, typed));
    return Stream.concat(constants, named);
  }

  /** What begins with what was typed; where nothing does, what has it within. */
  private static List<Candidate> fitting(Stream<Candidate> all, String typed) {
    String wanted = typed.toLowerCase(Locale.ROOT);
    List<Candidate> begin = new ArrayList<>();
    List<Candidate> within = new ArrayList<>();
    Set<String> seen = new java.util.HashSet<>();
    all.takeWhile(each -> begin.size() < MOST)
        .forEach(
            each -> {
              String text = each.text().toLowerCase(Locale.ROOT);
              if (text.contains(wanted) && seen.add(each.text())) {
                (text.startsWith(wanted) ? begin : within).add(quoted(each));
              }
            });
    List<Candidate> found = begin.isEmpty() ? within : begin;
    return found.subList(0, Math.min(MOST, found.size()));
  }

  private static Candidate quoted(Candidate candidate) {
    String quoted = MagicLine.quoted(candidate.text());
    boolean open = candidate.continues() && quoted.length() > candidate.text().length();
    return new Candidate(
        open ? quoted.substring(0, quoted.length() - 1) : quoted,
        candidate.note(),
        candidate.continues());
  }

  private static String first(String[] description) {
    return description.length == 0 ? "" : description[0].replace("%%", "%");
  }

  /**
   * What stands before the word that is typed.
   *
   * @param waiting an option that needs a value now
   * @param open an option that has a value and may take another
   * @param positionals how many parameters there are
   */
  private record Before(
      List<OptionSpec> used,
      @org.jspecify.annotations.Nullable OptionSpec waiting,
      @org.jspecify.annotations.Nullable OptionSpec open,
      int positionals) {
    static Before of(CommandSpec magic, List<String> words) {
      List<OptionSpec> used = new ArrayList<>();
      OptionSpec last = null;
      int values = 0;
      int positionals = 0;
      for (String word : words) {
        int equals = word.indexOf('=');
        OptionSpec option = magic.findOption(equals > 0 ? word.substring(0, equals) : word);
        if (option != null) {
          used.add(option);
          last = option;
          values = equals > 0 ? 1 : 0;
        } else if (last != null && values < last.arity().max()) {
          values++;
        } else {
          positionals++;
          last = null;
        }
      }
      boolean waits = last != null && values < last.arity().min();
      boolean open = last != null && !waits && values < last.arity().max();
      return new Before(used, waits ? last : null, open ? last : null, positionals);
    }
  }
}
