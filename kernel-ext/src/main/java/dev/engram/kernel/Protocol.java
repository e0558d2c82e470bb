package dev.engram.kernel;

import dev.engram.EngramException;
import java.util.Map;
import java.util.Set;
import org.dflib.jjava.jupyter.channels.JupyterConnection;
import org.dflib.jjava.jupyter.channels.ShellHandler;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.messages.Message;
import org.dflib.jjava.jupyter.messages.MessageType;
import org.dflib.jjava.jupyter.messages.reply.InspectReply;
import org.dflib.jjava.jupyter.messages.request.ExecuteRequest;
import org.dflib.jjava.jupyter.messages.request.InspectRequest;
import org.dflib.jjava.jupyter.messages.request.InterruptRequest;
import org.dflib.jjava.jupyter.messages.request.IsCompleteRequest;

/**
 * What stands between a front end and the stock kernel: handlers that prepare a request and pass it
 * on. Magics keep their lines as typed, and the places where the stock kernel leaves the protocol
 * are mended.
 */
final class Protocol {
  private final BaseKernel kernel;
  private final KernelSession session;
  private final MagicRewriter rewriter;

  Protocol(BaseKernel kernel, KernelSession session) {
    this.kernel = kernel;
    this.session = session;
    Set<String> ours = session.runner().magics().names();
    this.rewriter =
        new MagicRewriter(
            name -> !ours.contains(name) && lineMagics().contains(name),
            name -> !ours.contains(name) && cellMagics().contains(name));
  }

  /** Puts our handlers before those that the kernel has set on the connection. */
  void install(JupyterConnection connection) {
    ShellHandler<ExecuteRequest> execute = connection.getHandler(MessageType.EXECUTE_REQUEST);
    connection.setHandler(
        MessageType.EXECUTE_REQUEST,
        (env, message) -> {
          session.cellStarts(message.hasMetadata() ? message.getMetadata() : Map.of());
          execute.handle(env, with(message, rewritten(message.getContent())));
        });

    ShellHandler<InterruptRequest> interrupt = connection.getHandler(MessageType.INTERRUPT_REQUEST);
    connection.setHandler(
        MessageType.INTERRUPT_REQUEST,
        (env, message) -> {
          session.runner().interrupted();
          interrupt.handle(env, message);
        });

    ShellHandler<IsCompleteRequest> complete =
        connection.getHandler(MessageType.IS_COMPLETE_REQUEST);
    connection.setHandler(
        MessageType.IS_COMPLETE_REQUEST,
        (env, message) -> {
          String code = rewriter.rewrite(message.getContent().getCode());
          complete.handle(env, with(message, new IsCompleteRequest(code)));
        });

    connection.setHandler(
        MessageType.INSPECT_REQUEST,
        (env, message) -> {
          env.setBusyDeferIdle();
          DisplayData found = inspect(message.getContent());
          env.reply(new InspectReply(found != null, DisplayData.emptyIfNull(found)));
        });
  }

  private Set<String> lineMagics() {
    return kernel.getMagicsRegistry().getLineMagicNames();
  }

  private Set<String> cellMagics() {
    return kernel.getMagicsRegistry().getCellMagicNames();
  }

  private ExecuteRequest rewritten(ExecuteRequest request) {
    return new ExecuteRequest(
        rewriter.rewrite(request.getCode()),
        request.isSilent(),
        request.shouldStoreHistory(),
        request.getUserExpr(),
        request.isStdinEnabled(),
        request.shouldStopOnError());
  }

  /** The help of a magic, or the documentation of the Java name at or before the cursor. */
  private @org.jspecify.annotations.Nullable DisplayData inspect(InspectRequest request) {
    String code = request.getCode();
    String magic = MagicRewriter.nameAt(code, request.getCursorPos());
    if (session.runner().magics().names().contains(magic)) {
      try {
        DisplayData help = new DisplayData();
        session.runner().help(magic).data().forEach(help::putData);
        return help;
      } catch (EngramException unknown) {
        return null;
      }
    }
    // The kernel looks one character beyond the cursor, and fails where there is none.
    int at = Math.min(request.getCursorPos(), code.length()) - 1;
    return at < 0 ? null : kernel.inspect(code, at, request.getDetailLevel() > 0);
  }

  private static <T> Message<T> with(Message<T> message, T content) {
    return new Message<>(
        message.getIdentities(),
        message.getHeader(),
        message.getParentHeader(),
        message.getMetadata(),
        content,
        message.getBlobs());
  }
}
