package dev.engram.kernel.ijava;

import dev.engram.EngramException;
import java.lang.reflect.Field;

/** A private field of an object of IJava 1.3.0, for what that offers no method for. */
final class PrivateField {
  private final Object owner;
  private final Field field;

  private PrivateField(Object owner, Field field) {
    this.owner = owner;
    this.field = field;
  }

  /**
   * @throws EngramException if the class of the object has no such field
   */
  static PrivateField of(Object owner, String name) {
    try {
      Field field = owner.getClass().getDeclaredField(name);
      field.setAccessible(true);
      return new PrivateField(owner, field);
    } catch (ReflectiveOperationException e) {
      throw otherVersion(name, e);
    }
  }

  <T> T read(Class<T> type) {
    try {
      return type.cast(field.get(owner));
    } catch (ReflectiveOperationException | ClassCastException e) {
      throw otherVersion(field.getName(), e);
    }
  }

  void write(Object value) {
    try {
      field.set(owner, value);
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      throw otherVersion(field.getName(), e);
    }
  }

  private static EngramException otherVersion(String field, Exception cause) {
    return new EngramException(
        "Engram attaches to IJava 1.3.0; this version of it has another field '" + field + "'.",
        cause);
  }
}
