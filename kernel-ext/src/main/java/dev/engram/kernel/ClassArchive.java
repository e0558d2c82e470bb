package dev.engram.kernel;

import dev.engram.EngramException;
import dev.engram.magic.Host;
import dev.engram.magic.MagicRunner;
import dev.engram.magic.Magics;
import dev.engram.magic.view.View;
import java.util.List;
import java.util.Map;
import jdk.jshell.JShell;

/**
 * Does what the first cells of a notebook do, and ends: run once with {@code
 * -XX:ArchiveClassesAtExit}, it leaves an archive of their classes that lets kernels start faster.
 */
public final class ClassArchive {
  private static final List<String> CELLS =
      List.of(
          "model",
          "images",
          "attribute statue_of_liberty",
          "heatmap statue_of_liberty/0 --neuron L5F412",
          "words L5F412");

  private ClassArchive() {}

  /**
   * @param args none
   */
  public static void main(String[] args) {
    try (JShell shell = JShell.create()) {
      shell.eval("int answer = 6 * 7;");
      shell.sourceCodeAnalysis().analyzeCompletion("int x");
    }
    MagicRunner runner = new MagicRunner(Magics.all(), new NoNotebook());
    for (String cell : CELLS) {
      Object value = runner.run(cell, null);
      if (value != null) {
        runner.view(value);
      }
    }
  }

  /** A notebook that nobody looks at. */
  private static final class NoNotebook implements Host {
    @Override
    public void display(View view) {}

    @Override
    public Display displayUpdatable(View view) {
      return changed -> {};
    }

    @Override
    public Object variable(String name) {
      throw new EngramException("There is no variable " + name + ".");
    }

    @Override
    public void define(String name, Object value) {}

    @Override
    public Map<String, String> versions() {
      return Map.of();
    }
  }
}
