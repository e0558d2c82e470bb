package dev.engram.kernel.jjava;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.nio.Buffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * About how many bytes a value of the notebook keeps in the heap: arrays, collections and objects
 * of the notebook's own classes. Of long collections the first elements stand for all. It is an
 * estimate that finds which variable fills the heap, and allocates next to nothing.
 */
final class HeldMemory {
  private static final int SAMPLE = 200;
  private static final int DEPTH = 6;
  private static final int OBJECT = 24; // header and some fields
  private static final int REFERENCE = 4;

  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  /** How many bytes a value holds. */
  static double of(@Nullable Object value) {
    return new HeldMemory().size(value, 0);
  }

  private double size(@Nullable Object value, int depth) {
    if (value == null || depth > DEPTH || seen.size() > 20_000 || !seen.add(value)) {
      return 0;
    }
    if (value instanceof CharSequence text) {
      return OBJECT + text.length();
    }
    if (value instanceof Buffer buffer) {
      return buffer.isDirect() ? OBJECT : OBJECT + (double) buffer.capacity() * widthOf(buffer);
    }
    if (value.getClass().isArray()) {
      return ofArray(value, depth);
    }
    if (value instanceof Collection<?> all) {
      return OBJECT + (double) all.size() * REFERENCE + ofElements(all, all.size(), depth);
    }
    if (value instanceof Map<?, ?> map) {
      return OBJECT
          + (double) map.size() * (OBJECT + REFERENCE)
          + ofElements(map.keySet(), map.size(), depth)
          + ofElements(map.values(), map.size(), depth);
    }
    return OBJECT + ofFields(value, depth);
  }

  private static int widthOf(Buffer buffer) {
    return buffer.hasArray() ? widthOf(buffer.array().getClass().getComponentType()) : 1;
  }

  private static int widthOf(Class<?> type) {
    if (type == long.class || type == double.class) {
      return 8;
    }
    if (type == int.class || type == float.class) {
      return 4;
    }
    return type == short.class || type == char.class ? 2 : type.isPrimitive() ? 1 : REFERENCE;
  }

  private double ofArray(Object array, int depth) {
    double own =
        OBJECT + (double) Array.getLength(array) * widthOf(array.getClass().componentType());
    return array instanceof Object[] elements
        ? own + ofElements(Arrays.asList(elements), elements.length, depth)
        : own;
  }

  private double ofElements(Iterable<?> elements, int count, int depth) {
    double sum = 0;
    int looked = 0;
    try {
      for (Iterator<?> each = elements.iterator(); looked < SAMPLE && each.hasNext(); looked++) {
        sum += size(each.next(), depth + 1);
      }
    } catch (RuntimeException e) {
      return sum; // a collection of the user's that another thread changes, or that does not work
    }
    return looked == 0 ? 0 : sum * count / looked;
  }

  private double ofFields(Object value, int depth) {
    double sum = 0;
    for (Class<?> type = value.getClass(); type != null; type = type.getSuperclass()) {
      for (Field field : type.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
          try {
            field.setAccessible(true);
            sum += size(field.get(value), depth + 1);
          } catch (ReflectiveOperationException | InaccessibleObjectException e) {
            return sum; // a class of Java itself
          }
        }
      }
    }
    return sum;
  }
}
