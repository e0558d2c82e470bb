package dev.engram.kernel.jjava;

import dev.engram.kernel.NotebookTypes;
import dev.engram.magic.MagicRunner;
import dev.engram.magic.Magics;
import dev.engram.magic.view.View;
import java.util.function.Function;
import org.dflib.jjava.jupyter.Extension;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;
import org.dflib.jjava.jupyter.kernel.magic.CellMagic;
import org.dflib.jjava.jupyter.kernel.magic.LineMagic;
import org.dflib.jjava.jupyter.kernel.magic.MagicsRegistry;

/**
 * Registers Engram with a JJava kernel: magics, renderers and imports. Found by the kernel through
 * {@code META-INF/services}; nothing else of Engram is.
 */
public final class EngramExtension implements Extension {
  @Override
  public void install(BaseKernel kernel) {
    JJavaHost host = new JJavaHost(kernel);
    MagicRunner runner = new MagicRunner(Magics.all(), host);
    KernelSession session = new KernelSession(runner, host.library());

    MagicsRegistry registry = kernel.getMagicsRegistry();
    for (String name : runner.magics().names()) {
      LineMagic<?, BaseKernel> line = (k, arguments) -> runner.run(name, arguments, null);
      CellMagic<?, BaseKernel> cell = (k, arguments, body) -> runner.run(name, arguments, body);
      LineMagic<?, BaseKernel> help = (k, arguments) -> runner.help(name);
      registry.registerLineMagic(name, line).registerCellMagic(name, cell);
      registry.registerLineMagic(name + "?", help);
    }
    LineMagic<?, BaseKernel> itsRunner = (k, words) -> runner;
    LineMagic<?, BaseKernel> value = (k, words) -> host.handedOver(words.get(0));
    LineMagic<?, BaseKernel> itself = (k, words) -> session;
    registry
        .registerLineMagic(MagicCall.RUNNER, itsRunner)
        .registerLineMagic(MagicCall.VALUE, value)
        .registerLineMagic(KernelSession.MAGIC, itself);

    NotebookTypes.renderWith(
        new NotebookTypes.Renderer() {
          @Override
          public <T> void register(Class<T> type, Function<T, View> view) {
            kernel
                .getRenderer()
                .createRegistration(type)
                .preferring(MIMEType.TEXT_HTML)
                .register(
                    (value, context) ->
                        host.bundle(view.apply(value))
                            .forEach(context.getOutputContainer()::putData));
          }
        },
        runner);
    kernel.evalRaw(NotebookTypes.imports());
  }
}
