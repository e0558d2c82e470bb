package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.magic.view.View;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a magic needs of the kernel that runs it: showing views, and the variables of the notebook.
 * A kernel implements it once; tests implement it in memory.
 */
public interface Host {
  /** Shows a view in the output of the running cell. */
  void display(View view);

  /**
   * Shows a view that can be changed while the cell runs.
   *
   * @return the handle to change it by
   */
  Display displayUpdatable(View view);

  /**
   * @param name a Java identifier
   * @return the value of the notebook's variable of that name
   * @throws EngramException if there is none
   */
  @Nullable Object variable(String name);

  /**
   * Declares a variable in the notebook, of the value's class where that is public.
   *
   * @param name a Java identifier
   */
  void define(String name, Object value);

  /** Name and version of the kernel and what lies under it, for {@code %engram}. */
  Map<String, String> versions();

  /** A view that is on the page and can be replaced. */
  @FunctionalInterface
  interface Display {
    /** Replaces what is shown. */
    void update(View view);
  }
}
