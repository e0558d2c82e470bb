package dev.engram.kernel;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.jspecify.annotations.Nullable;

/**
 * What {@link MagicRewriter} puts in the place of a magic: a call that carries the line as it was
 * typed. Reaches the session through the kernel's registry, for cells can only call static methods.
 */
public final class MagicCall {
  static final String RUN = ":engram-run";
  static final String VALUE = ":engram-value";

  private static final Pattern WRITTEN =
      Pattern.compile(
          Pattern.quote(MagicCall.class.getName()) + "\\.(line|cell)\\(\"([\\w+/=]*)\"[^)]*\\);?");

  private MagicCall() {}

  /**
   * @param line base64 of a line magic without its percent sign
   * @param <T> what the cell assigns it to
   */
  public static <T> @Nullable T line(String line) throws Exception {
    return call(RUN, List.of(decoded(line)));
  }

  /**
   * @param line base64 of the first line of a cell magic without its percent signs
   * @param body base64 of the lines below it
   */
  public static <T> @Nullable T cell(String line, String body) throws Exception {
    return call(RUN, List.of(decoded(line), decoded(body)));
  }

  /**
   * @param name a variable that {@code --as} is about to declare
   */
  public static <T> @Nullable T value(String name) throws Exception {
    return call(VALUE, List.of(name));
  }

  private static <T> @Nullable T call(String name, List<String> arguments) throws Exception {
    BaseKernel kernel = BaseKernel.notebookKernel();
    return kernel.getMagicsRegistry().evalLineMagic(kernel, name, arguments);
  }

  /**
   * @return Java that runs a line magic
   */
  static String ofLine(String line) {
    return "%s.line(\"%s\");".formatted(MagicCall.class.getName(), encoded(line));
  }

  /**
   * @return Java that runs a cell magic
   */
  static String ofCell(String line, String body) {
    return "%s.cell(\"%s\", \"%s\");"
        .formatted(MagicCall.class.getName(), encoded(line), encoded(body));
  }

  /**
   * @return a message with what the user typed in the place of our calls
   */
  static String asTyped(String message) {
    Matcher written = WRITTEN.matcher(message);
    return written.replaceAll(
        match ->
            Matcher.quoteReplacement(
                (match.group(1).equals("line") ? "%" : "%%") + decoded(match.group(2))));
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String decoded(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }
}
