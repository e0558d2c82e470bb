package dev.engram.magic.result;

/** The name of a class as a cell writes it. */
public final class TypeName {
  private TypeName() {}

  /**
   * The name without its package, with the class around it.
   *
   * @return such as {@code Attribution} or {@code ZeroShot.Result}
   */
  public static String of(Class<?> type) {
    String whole = type.getCanonicalName();
    return whole == null
        ? type.getSimpleName()
        : whole.substring(type.getPackageName().isEmpty() ? 0 : type.getPackageName().length() + 1);
  }
}
