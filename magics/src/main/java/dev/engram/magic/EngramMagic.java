package dev.engram.magic;

import java.util.Optional;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/**
 * One magic: a class annotated as a picocli {@code @Command}, with its options and parameters as
 * annotated fields. A fresh instance is made for each call, so its fields are those of one call.
 */
public interface EngramMagic {
  /**
   * Does the work. Narrow the return type in an implementation: it is the type of {@code x = %…}.
   *
   * @param context the cell this runs in
   * @return a result of the library, of a type that {@link dev.engram.magic.result.Presenters}
   *     shows; or a view, or null for nothing
   * @throws Exception an {@link dev.engram.EngramException} for what the user can mend
   */
  @Nullable Object run(MagicContext context) throws Exception;

  /**
   * Whether it may head a cell ({@code %%name}) and be given the lines below; such a magic gets the
   * option {@code --as NAME}, which keeps its value in a variable.
   */
  default boolean takesBody() {
    return false;
  }

  /**
   * What stands for {@code ${key}} in descriptions of options, where that is not known when they
   * are compiled.
   */
  default Optional<ResourceBundle> words() {
    return Optional.empty();
  }
}
