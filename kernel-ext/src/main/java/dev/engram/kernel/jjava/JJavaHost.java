package dev.engram.kernel.jjava;

import dev.engram.kernel.NotebookHost;
import java.util.Map;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.jspecify.annotations.Nullable;

/** A JJava kernel, as Engram's magics see it. */
final class JJavaHost extends NotebookHost {
  private final BaseKernel kernel;

  JJavaHost(BaseKernel kernel) {
    super(MagicCall.CODE, kernel.getName() + " " + kernel.getVersion());
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
  protected @Nullable Object evaluate(String java) {
    return kernel.evalRaw(java);
  }

  private static DisplayData withId(Map<String, Object> bundle, String id) {
    DisplayData data = new DisplayData();
    bundle.forEach(data::putData);
    // Not setDisplayId: its signature differs between the API's release and the kernel's.
    data.putTransientData("display_id", id);
    return data;
  }
}
