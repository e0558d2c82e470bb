package dev.engram.magic.save;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.engram.model.SafetensorsWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Arrays of float32 under names that Python reads as one word, and what is said of them. */
public final class NamedArrays {
  /** Where the first name of a zip archive begins. */
  private static final int NAME = 30;

  private final Map<String, Axes> arrays = new LinkedHashMap<>();
  private final Map<String, String> notes = new LinkedHashMap<>();

  /**
   * One array.
   *
   * @param shape the axes
   * @param values row-major
   */
  record Axes(long[] shape, float[] values) {
    /** The axes but that of the images, as NumPy writes them. */
    String header() {
      return Arrays.stream(shape).skip(1).mapToObj(n -> " " + n + ",").collect(Collectors.joining())
          + "), }";
    }
  }

  /**
   * @param name letters, digits and {@code _}
   * @param values row-major; not copied
   * @return this
   */
  public NamedArrays add(String name, long[] shape, float[] values) {
    if (arrays.put(name, new Axes(shape.clone(), values)) != null) {
      throw new IllegalArgumentException("two arrays of the name " + name);
    }
    return this;
  }

  /**
   * @param name of an entry of the metadata, where a format has some
   * @return this
   */
  public NamedArrays note(String name, String value) {
    notes.put(name, value);
    return this;
  }

  Map<String, Axes> arrays() {
    return arrays;
  }

  /** A safetensors file of them. */
  SafetensorsWriter safetensors() {
    SafetensorsWriter writer = new SafetensorsWriter().metadata(Tensors.COLUMNS, names());
    notes.forEach(writer::metadata);
    arrays.forEach((name, a) -> writer.floats(name, a.shape, a::values));
    return writer;
  }

  /**
   * Whether a file holds arrays of the same names, so that it may be replaced.
   *
   * @param head its beginning
   */
  boolean isSame(byte[] head, TableFormat format) {
    String text = new String(head, StandardCharsets.ISO_8859_1);
    String first = arrays.keySet().iterator().next();
    String shape = arrays.values().iterator().next().header();
    return switch (format) {
      case SAFETENSORS -> text.contains("\"%s\":%s".formatted(Tensors.COLUMNS, quoted(names())));
      case NPZ -> text.startsWith(first + ".npy", NAME) && text.contains(Npy.FLOATS);
      default -> text.startsWith(Npy.FLOATS) && text.contains(shape);
    };
  }

  private static String quoted(String json) {
    return TextNode.valueOf(json).toString();
  }

  /** By which a file of the same arrays is known. */
  private String names() {
    return Tensors.names(arrays.keySet());
  }
}
