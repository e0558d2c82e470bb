package dev.engram.kernel;

import dev.engram.EngramException;
import java.lang.reflect.Field;

/**
 * A field of an object of a stock kernel, for what that kernel offers no method for. Another
 * version of the kernel is refused in one sentence.
 */
public final class PrivateField {
  private final Object owner;
  private final Field field;
  private final String kernel;

  private PrivateField(Object owner, Field field, String kernel) {
    this.owner = owner;
    this.field = field;
    this.kernel = kernel;
  }

  /**
   * @param owner the object that has the field, itself or from a class that it extends
   * @param name the field
   * @param kernel name and version of the stock kernel that has it, for the sentence
   * @throws EngramException if the class of the object has no such field
   */
  public static PrivateField of(Object owner, String name, String kernel) {
    for (Class<?> type = owner.getClass(); type != null; type = type.getSuperclass()) {
      try {
        Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return new PrivateField(owner, field, kernel);
      } catch (NoSuchFieldException e) {
        continue; // a class that it extends may have it
      }
    }
    throw otherVersion(name, kernel, new NoSuchFieldException(name));
  }

  /**
   * @param type of the value
   * @throws EngramException if the field has another one
   */
  public <T> T read(Class<T> type) {
    try {
      return type.cast(field.get(owner));
    } catch (ReflectiveOperationException | ClassCastException e) {
      throw otherVersion(field.getName(), kernel, e);
    }
  }

  /**
   * @throws EngramException if the field does not take the value
   */
  public void write(Object value) {
    try {
      field.set(owner, value);
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      throw otherVersion(field.getName(), kernel, e);
    }
  }

  private static EngramException otherVersion(String field, String kernel, Exception cause) {
    return new EngramException(
        "Engram fits the kernel "
            + kernel
            + "; this version of it has another field '"
            + field
            + "'.",
        cause);
  }
}
