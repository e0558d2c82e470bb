package dev.engram.magic;

import dev.engram.magic.view.Markdown;
import dev.engram.magic.view.View;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The help of a magic: its sentence, its options as a table, what else is to be known, and examples
 * that run as they stand. As Markdown for a notebook and as plain text for a console.
 */
final class HelpText {
  private final CommandLine command;
  private final CommandSpec spec;
  private final List<String> examples;

  /**
   * @param page of the magic; null for one that has none
   */
  HelpText(CommandLine command, @Nullable HelpPage page) {
    this.command = command;
    this.spec = command.getCommandSpec();
    this.examples = page == null ? List.of() : List.of(page.examples());
  }

  View view() {
    return View.text(text()).with(View.MARKDOWN, markdown());
  }

  /**
   * What an option is for, in small.
   *
   * @param name as it is typed
   * @return empty if the magic has none of that name
   */
  Optional<View> option(String name) {
    return name.startsWith("-")
        ? Optional.ofNullable(spec.findOption(name)).map(this::small)
        : Optional.empty();
  }

  private View small(OptionSpec option) {
    String sentence = sentence(option.description());
    return View.text(spec.name() + " " + typed(option) + ": " + sentence)
        .with(
            View.MARKDOWN,
            Markdown.code(spec.name() + " " + typed(option)) + "\n\n" + Markdown.escape(sentence));
  }

  private String text() {
    String usage = command.getUsageMessage(Ansi.OFF).stripTrailing();
    return examples.isEmpty() ? usage : usage + "\n\nExamples:\n  " + String.join("\n  ", examples);
  }

  private String markdown() {
    List<ArgSpec> arguments = new ArrayList<>(spec.positionalParameters());
    spec.options().stream().filter(option -> !option.hidden()).forEach(arguments::add);
    String usage =
        Stream.concat(Stream.of(spec.name()), spec.positionalParameters().stream().map(this::typed))
            .collect(Collectors.joining(" "));
    List<List<String>> rows =
        arguments.stream()
            .map(
                each ->
                    List.of(
                        Markdown.code(typed(each)), Markdown.escape(sentence(each.description()))))
            .toList();
    StringBuilder out = new StringBuilder();
    out.append(Markdown.code(usage + " [OPTIONS]")).append("\n\n");
    out.append(Markdown.escape(sentence(spec.usageMessage().description()))).append("\n\n");
    out.append(Markdown.table(List.of("Argument", "Meaning"), rows));
    out.append(footer());
    if (!examples.isEmpty()) {
      out.append("\nExamples, which run as they stand:\n\n").append(block(examples));
    }
    return out.toString().stripTrailing();
  }

  private String typed(ArgSpec argument) {
    String label = argument.paramLabel();
    if (!(argument instanceof OptionSpec option)) {
      return argument.arity().min() == 0 ? "[" + label + "]" : label;
    }
    String value = option.arity().max() == 0 ? "" : " " + label;
    return option.longestName() + value + (option.arity().max() > 1 ? "…" : "");
  }

  /** Lines of a paragraph are joined; what is indented stays as it is. */
  private String footer() {
    StringBuilder out = new StringBuilder();
    List<String> indented = new ArrayList<>();
    StringBuilder paragraph = new StringBuilder();
    for (String line : spec.usageMessage().footer()) {
      String plain = percents(line);
      boolean code = plain.startsWith("  ") || plain.startsWith("In Java: ");
      if (code) {
        flush(out, paragraph);
        indented.add(plain.replaceFirst("^(In Java: )?\\s*", ""));
      } else {
        if (!indented.isEmpty()) {
          out.append('\n').append(block(indented));
          indented.clear();
        }
        paragraph.append(plain).append(' ');
      }
    }
    flush(out, paragraph);
    return indented.isEmpty() ? out.toString() : out + "\n" + block(indented);
  }

  private static void flush(StringBuilder out, StringBuilder paragraph) {
    String text = paragraph.toString().strip();
    if (!text.isEmpty()) {
      out.append('\n').append(Markdown.escape(text)).append('\n');
    }
    paragraph.setLength(0);
  }

  private static String block(List<String> lines) {
    return "```\n" + String.join("\n", lines) + "\n```\n";
  }

  private static String sentence(String[] description) {
    return percents(Arrays.stream(description).collect(Collectors.joining(" ")));
  }

  /** As picocli writes its format strings. */
  private static String percents(String format) {
    return format.replace("%%", "%");
  }
}
