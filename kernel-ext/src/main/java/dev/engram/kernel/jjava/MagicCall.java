package dev.engram.kernel.jjava;

import dev.engram.EngramException;
import dev.engram.kernel.MagicCode;
import dev.engram.kernel.MagicRewriter;
import dev.engram.magic.MagicRunner;
import java.util.List;
import java.util.Objects;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.jspecify.annotations.Nullable;

/**
 * What {@link MagicRewriter} puts in the place of a magic: a call that carries the line as it was
 * typed. Reaches the session through the kernel's registry, for cells can only call static methods.
 */
public final class MagicCall {
  static final String RUNNER = ":engram-runner";
  static final String VALUE = ":engram-value";

  static final MagicCode CODE = new MagicCode(MagicCall.class);

  private MagicCall() {}

  /**
   * @param line number of a line magic
   * @param wanted nothing: the compiler makes an empty array of the type that the cell assigns the
   *     value to, so that a type that cannot take it is known before the work begins
   * @param <T> what the cell assigns it to
   */
  @SafeVarargs
  public static <T> @Nullable T line(int line, T... wanted) throws Exception {
    return run(CODE.typed(line), null, wanted);
  }

  /**
   * @param line number of the first line of a cell magic
   * @param body number of the lines below it
   * @param wanted nothing, as in {@link #line}
   */
  @SafeVarargs
  public static <T> @Nullable T cell(int line, int body, T... wanted) throws Exception {
    return run(CODE.typed(line), CODE.typed(body), wanted);
  }

  /**
   * @param name a variable that {@code --as} is about to declare
   */
  public static <T> @Nullable T value(String name) throws Exception {
    return call(VALUE, List.of(name));
  }

  /**
   * @param sentence number of the sentence
   * @throws EngramException always
   */
  public static void refuse(int sentence) {
    throw new EngramException(CODE.typed(sentence));
  }

  @SuppressWarnings("unchecked") // the runner has held the value against the type
  private static <T> @Nullable T run(String line, @Nullable String body, T[] wanted)
      throws Exception {
    MagicRunner runner = Objects.requireNonNull(MagicCall.<MagicRunner>call(RUNNER, List.of()));
    return (T) runner.run(line, body, wanted.getClass().getComponentType());
  }

  private static <T> @Nullable T call(String name, List<String> arguments) throws Exception {
    BaseKernel kernel = BaseKernel.notebookKernel();
    return kernel.getMagicsRegistry().evalLineMagic(kernel, name, arguments);
  }
}
