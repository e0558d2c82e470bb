package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.data.UserPath;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.save.ResultFile;
import java.util.List;
import javax.lang.model.SourceVersion;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A magic as picocli sees it: its annotations, and the options that every magic has. Reads the
 * arguments into the magic's fields, and writes its help.
 */
final class MagicCommand {
  private static final String AS = "--as";
  private static final String SAVE = "--save";

  private final EngramMagic magic;
  private final CommandLine command;
  private boolean saves;

  MagicCommand(EngramMagic magic) {
    this.magic = magic;
    this.command = new CommandLine(magic);
    CommandSpec spec = command.getCommandSpec();
    spec.name("%" + spec.name());
    spec.usageMessage().width(90);
    magic.words().ifPresent(spec::resourceBundle);
    spec.addOption(
        OptionSpec.builder("-h", "--help").usageHelp(true).description("Show this help.").build());
    if (magic.takesBody()) {
      spec.addOption(
          OptionSpec.builder(AS)
              .paramLabel("NAME")
              .type(String.class)
              .description("Keep the value of the cell in a variable.")
              .build());
    }
    Class<?> result = ResultType.of(magic);
    if (spec.findOption(SAVE) == null && Presenters.isResult(result)) {
      spec.addOption(
          OptionSpec.builder(SAVE)
              .paramLabel("FILE")
              .type(String.class)
              .description(
                  "Also write the result, by the end of the name: "
                      + saved(result)
                      + ". What Engram wrote there of the same kind is replaced, no other file.")
              .build());
      saves = true;
    }
    command.setExpandAtFiles(false);
    command.setCaseInsensitiveEnumValuesAllowed(true);
    command.setUsageHelpAutoWidth(false);
  }

  EngramMagic magic() {
    return magic;
  }

  /**
   * Whether help was asked for instead of work.
   *
   * @throws CommandLine.ParameterException if the arguments do not fit
   */
  boolean parse(List<String> arguments, Variables variables) {
    variables.convertInto(command);
    List<String> replaced = variables.replacedIn(arguments);
    return command.parseArgs(replaced.toArray(String[]::new)).isUsageHelpRequested();
  }

  /** The variable that {@code --as} names, once the arguments have been parsed. */
  @Nullable String variable() {
    OptionSpec as = command.getCommandSpec().findOption(AS);
    String name = as == null ? null : as.getValue();
    if (name != null && (!SourceVersion.isIdentifier(name) || SourceVersion.isKeyword(name))) {
      throw new EngramException("--as takes the name of a Java variable, got '" + name + "'.");
    }
    return name;
  }

  private static String saved(Class<?> result) {
    String all = "all that the cell shows as " + ResultFile.PAGE;
    String figure =
        Presenters.hasFigure(result) ? "the figure as %s, ".formatted(ResultFile.FIGURES) : "";
    String table =
        Presenters.hasTable(result) ? "the whole table as %s, ".formatted(ResultFile.TABLES) : "";
    return table + figure + all;
  }

  /**
   * Where {@code --save} wants the value, once the arguments have been parsed.
   *
   * @throws EngramException if it cannot be written there
   */
  @Nullable ResultFile file() {
    String name = saves ? command.getCommandSpec().findOption(SAVE).getValue() : null;
    Class<?> result = ResultType.of(magic);
    return name == null
        ? null
        : new ResultFile(
            UserPath.of(name), Presenters.hasTable(result), Presenters.hasFigure(result));
  }

  CommandSpec spec() {
    return command.getCommandSpec();
  }

  /** One line: what the magic does. */
  String summary() {
    String[] description = command.getCommandSpec().usageMessage().description();
    return description.length == 0 ? "" : description[0].replace("%%", "%"); // as picocli shows it
  }

  /** What the magic is for; a magic without a page of its own belongs to the session. */
  Theme theme() {
    HelpPage page = page();
    return page == null ? Theme.SESSION : page.theme();
  }

  /** Lines that show what the magic does; each runs as it stands. */
  List<String> examples() {
    HelpPage page = page();
    return page == null ? List.of() : List.of(page.examples());
  }

  HelpText help() {
    return new HelpText(command, page());
  }

  private @Nullable HelpPage page() {
    return magic.getClass().getAnnotation(HelpPage.class);
  }
}
