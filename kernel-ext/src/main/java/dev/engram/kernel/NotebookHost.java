package dev.engram.kernel;

import dev.engram.EngramException;
import dev.engram.magic.Host;
import dev.engram.magic.view.View;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A JShell kernel, as Engram's magics see it: all that such kernels have in common. An adapter adds
 * how its kernel shows a bundle and runs Java.
 */
public abstract class NotebookHost implements Host {
  private final MagicCode code;
  private final String kernel;
  private final FigureLibrary library = new FigureLibrary();
  private final Map<String, Object> handedOver = new ConcurrentHashMap<>();

  /**
   * @param code how this kernel's cells call magics
   * @param kernel name and version
   */
  protected NotebookHost(MagicCode code, String kernel) {
    // One table must not have 0.52 in one column and 0,52 in another, nor a file either.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    this.code = code;
    this.kernel = kernel;
  }

  /**
   * Shows a bundle as an output of its own.
   *
   * @param bundle MIME types and contents
   * @param id to update it by
   */
  protected abstract void show(Map<String, Object> bundle, String id);

  /**
   * Replaces an output.
   *
   * @param id with which it was shown
   */
  protected abstract void replace(Map<String, Object> bundle, String id);

  /**
   * @param java an expression or statements, in the notebook
   * @return the value of the last one
   */
  protected abstract @Nullable Object evaluate(String java) throws Exception;

  /**
   * Shows the views before this one.
   *
   * @return the data of this one, with plotly.js where the page has none yet
   */
  public Map<String, Object> bundle(View view) {
    view.before().forEach(this::display);
    Map<String, Object> bundle = new LinkedHashMap<>(view.data());
    view.plotly()
        .flatMap(library::missing)
        .ifPresent(edition -> bundle.put(View.HTML, edition.script() + view.html()));
    return bundle;
  }

  /** What the page has of plotly.js. */
  public FigureLibrary library() {
    return library;
  }

  @Override
  public void display(View view) {
    displayUpdatable(view);
  }

  @Override
  public Display displayUpdatable(View view) {
    String id = UUID.randomUUID().toString();
    show(bundle(view), id);
    return update -> replace(bundle(update), id);
  }

  @Override
  public @Nullable Object variable(String name) {
    try {
      return evaluate(name);
    } catch (Exception e) {
      throw new EngramException("There is no variable '" + name + "' in this notebook.", e);
    }
  }

  @Override
  public void define(String name, Object value) {
    handedOver.put(name, value);
    try {
      evaluate(code.ofVariable(publicType(value), name));
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new EngramException("The variable '" + name + "' cannot be declared.", e);
    } finally {
      handedOver.remove(name);
    }
  }

  /** The value that {@link #define} is handing to the notebook. */
  public Object handedOver(String name) {
    Object value = handedOver.get(name);
    if (value == null) {
      throw new IllegalStateException("no value is being handed over as '" + name + "'");
    }
    return value;
  }

  @Override
  public Map<String, String> versions() {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("kernel", kernel);
    versions.put("Java", Runtime.version().toString());
    return versions;
  }

  private static String publicType(Object value) {
    Class<?> type = value.getClass();
    if (isPublic(type)) {
      return type.getCanonicalName();
    }
    return Arrays.stream(type.getInterfaces())
        .filter(NotebookHost::isPublic)
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
