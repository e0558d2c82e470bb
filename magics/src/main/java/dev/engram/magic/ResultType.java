package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.magic.result.TypeName;
import dev.engram.magic.view.View;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Whether a notebook's variable can take the value of a magic. Asked before the work, since the
 * return type of a magic's {@code run} is the type of {@code x = %name …}.
 */
final class ResultType {
  private static final Class<?>[] PARAMETERS = {MagicContext.class};

  private ResultType() {}

  /**
   * @throws EngramException if no value of the magic is of the type
   */
  static void requireFits(String name, EngramMagic magic, Class<?> wanted) {
    Class<?> given = of(magic);
    if (!mayFit(given, wanted)) {
      throw new EngramException(misfit(name, given, wanted) + "; nothing was computed.");
    }
  }

  /**
   * @throws EngramException if a view of the help is not of the type
   */
  static void requireHelpFits(String name, Class<?> wanted) {
    if (!mayFit(View.class, wanted)) {
      throw new EngramException(misfit(name + "?", View.class, wanted) + ".");
    }
  }

  /** Which type the variable should have, without a full stop. */
  static String misfit(String name, Class<?> given, Class<?> wanted) {
    String declared = TypeName.of(given);
    return "%%%s gives %s, which is no %s: declare the variable as %s"
        .formatted(
            name,
            kinds(given),
            TypeName.of(wanted),
            given.isSealed() ? "one of them, or as " + declared : declared);
  }

  /** The types that a magic's values have: a name that only joins some says nothing to people. */
  private static String kinds(Class<?> given) {
    return given.isSealed()
        ? Arrays.stream(given.getPermittedSubclasses())
            .map(ResultType::kinds)
            .collect(Collectors.joining(" or "))
        : Sentences.withArticle(TypeName.of(given));
  }

  /** The type of a magic's values. */
  static Class<?> of(EngramMagic magic) {
    return Arrays.stream(magic.getClass().getMethods())
        .filter(method -> method.getName().equals("run") && !method.isBridge())
        .filter(method -> Arrays.equals(method.getParameterTypes(), PARAMETERS))
        .<Class<?>>map(Method::getReturnType)
        .reduce(Object.class, (a, b) -> a.isAssignableFrom(b) ? b : a);
  }

  /** What is neither final nor a class may have a subtype that is both. */
  private static boolean mayFit(Class<?> given, Class<?> wanted) {
    if (wanted.isAssignableFrom(given) || given.isAssignableFrom(wanted)) {
      return true;
    }
    boolean isFinal =
        Modifier.isFinal(given.getModifiers()) || Modifier.isFinal(wanted.getModifiers());
    return !isFinal && (given.isInterface() || wanted.isInterface());
  }
}
