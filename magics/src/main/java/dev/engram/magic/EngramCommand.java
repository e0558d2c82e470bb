package dev.engram.magic;

import dev.engram.magic.view.Html;
import dev.engram.magic.view.View;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code %engram}: all magics, versions, settings, and the stack trace of the last failure. */
@Command(
    name = "engram",
    description = "All magics, versions and settings; or the stack trace of the last failure.")
@HelpPage(
    theme = Theme.SESSION,
    examples = {"%engram", "%engram trace"})
final class EngramCommand implements EngramMagic {
  /** What to show. */
  enum Topic {
    /** The stack trace of the last failure. */
    TRACE
  }

  private final Magics magics;
  private final List<Magics.Fact> facts;

  @Parameters(
      arity = "0..1",
      paramLabel = "trace",
      description = "Show the stack trace of the last failure.")
  private @Nullable Topic topic;

  EngramCommand(Magics magics, List<Magics.Fact> facts) {
    this.magics = magics;
    this.facts = facts;
  }

  @Override
  public View run(MagicContext context) throws IOException {
    if (topic != null) {
      String trace = context.lastTrace();
      return View.preformatted(trace.isEmpty() ? "Nothing has failed yet." : trace.stripTrailing());
    }
    Map<String, String> commands = new LinkedHashMap<>();
    for (String name : magics.names()) {
      magics.create(name).ifPresent(m -> commands.put("%" + name, new MagicCommand(m).summary()));
    }
    Map<String, String> settings = new LinkedHashMap<>(versions());
    settings.putAll(context.host().versions());
    facts.forEach(fact -> settings.put(fact.name(), fact.value().get()));
    String text = text(commands) + "\n" + text(settings) + "\n%NAME? shows the help of a magic.";
    String html =
        html(commands) + html(settings) + "<p><code>%NAME?</code> shows the help of a magic.</p>";
    return View.html(html, text);
  }

  private static Map<String, String> versions() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = EngramCommand.class.getResourceAsStream("versions.properties")) {
      properties.load(in);
    }
    Map<String, String> versions = new LinkedHashMap<>();
    for (String name : List.of("Engram", "DJL", "libtorch")) {
      versions.put(name, properties.getProperty(name));
    }
    return versions;
  }

  private static String text(Map<String, String> rows) {
    int width = rows.keySet().stream().mapToInt(String::length).max().orElse(0);
    StringBuilder out = new StringBuilder();
    rows.forEach(
        (name, value) ->
            out.append(name)
                .append(" ".repeat(width - name.length() + 2))
                .append(value)
                .append('\n'));
    return out.toString();
  }

  private static String html(Map<String, String> rows) {
    StringBuilder out = new StringBuilder("<table>");
    rows.forEach(
        (name, value) ->
            out.append("<tr>")
                .append(left(Html.element("code", Html.escape(name))))
                .append(left(Html.escape(value)))
                .append("</tr>"));
    return out.append("</table>").toString();
  }

  private static String left(String inner) {
    return Html.element("td", inner, "style", "text-align:left");
  }
}
