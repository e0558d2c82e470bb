package dev.engram.kernel;

import dev.engram.EngramException;
import dev.engram.magic.Host;
import dev.engram.magic.view.View;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.jspecify.annotations.Nullable;

/** A JJava kernel, as Engram's magics see it. */
final class JJavaHost implements Host {
  private final BaseKernel kernel;
  private final Displays displays;
  private final Map<String, Object> handedOver = new ConcurrentHashMap<>();

  JJavaHost(BaseKernel kernel, Displays displays) {
    this.kernel = kernel;
    this.displays = displays;
  }

  @Override
  public void display(View view) {
    displays.show(view);
  }

  @Override
  public Display displayUpdatable(View view) {
    String id = UUID.randomUUID().toString();
    kernel.display(withId(id, view));
    return update -> kernel.getIO().display.updateDisplay(withId(id, update));
  }

  private DisplayData withId(String id, View view) {
    DisplayData data = new DisplayData();
    displays.fill(data, view);
    // Not setDisplayId: its signature differs between the API's release and the kernel's.
    data.putTransientData("display_id", id);
    return data;
  }

  @Override
  public @Nullable Object variable(String name) {
    try {
      return kernel.evalRaw(name);
    } catch (RuntimeException e) {
      throw new EngramException("There is no variable '" + name + "' in this notebook.", e);
    }
  }

  @Override
  public void define(String name, Object value) {
    handedOver.put(name, value);
    try {
      kernel.evalRaw(
          "%s %s = %s.value(\"%s\");"
              .formatted(publicType(value), name, MagicCall.class.getName(), name));
    } finally {
      handedOver.remove(name);
    }
  }

  /** The value that {@link #define} is handing to the notebook. */
  Object handedOver(String name) {
    Object value = handedOver.get(name);
    if (value == null) {
      throw new IllegalStateException("no value is being handed over as '" + name + "'");
    }
    return value;
  }

  @Override
  public Map<String, String> versions() {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("kernel", kernel.getName() + " " + kernel.getVersion());
    versions.put("Java", Runtime.version().toString());
    return versions;
  }

  private static String publicType(Object value) {
    Class<?> type = value.getClass();
    if (isPublic(type)) {
      return type.getCanonicalName();
    }
    return Arrays.stream(type.getInterfaces())
        .filter(JJavaHost::isPublic)
        .map(Class::getCanonicalName)
        .findFirst()
        .orElse("Object");
  }

  private static boolean isPublic(Class<?> type) {
    Class<?> outer = type.getEnclosingClass();
    return Modifier.isPublic(type.getModifiers())
        && type.getCanonicalName() != null
        && (outer == null || isPublic(outer));
  }
}
