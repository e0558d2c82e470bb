package dev.engram.kernel.jjava;

import dev.engram.kernel.FigureLibrary;
import dev.engram.magic.MagicRunner;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.dflib.jjava.jupyter.kernel.BaseKernel;

/**
 * What {@link EngramExtension} made for one kernel. {@link EngramKernel} finds it again through the
 * registry of magics, since an extension is created by the kernel and by nobody else.
 */
record KernelSession(MagicRunner runner, FigureLibrary library) {
  static final String MAGIC = ":engram-session";

  static KernelSession of(BaseKernel kernel) throws Exception {
    KernelSession session = kernel.getMagicsRegistry().evalLineMagic(kernel, MAGIC, List.of());
    return Objects.requireNonNull(session);
  }

  /** Reads what JupyterLab says about the cell that is about to run. */
  void cellStarts(Map<String, Object> metadata) {
    Object deleted = metadata.get("deletedCells");
    List<String> gone =
        deleted instanceof List<?> ids ? ids.stream().map(String::valueOf).toList() : List.of();
    library.cellStarts(String.valueOf(metadata.getOrDefault("cellId", "")), gone);
  }
}
