package dev.engram.kernel.jjava;

import java.security.GeneralSecurityException;
import org.dflib.jjava.jupyter.channels.JupyterConnection;
import org.dflib.jjava.jupyter.channels.ShellChannel;
import org.dflib.jjava.jupyter.channels.ShellReplyEnvironment;
import org.dflib.jjava.jupyter.kernel.KernelConnectionProperties;
import org.dflib.jjava.jupyter.messages.MessageContext;

/** A connection whose replies go through {@link EngramReplies}. */
final class EngramConnection extends JupyterConnection {
  private final CellHistory history;
  private final Outbox outbox;

  EngramConnection(KernelConnectionProperties properties, CellHistory history)
      throws GeneralSecurityException {
    super(properties);
    this.history = history;
    this.outbox = new Outbox(iopub::sendMessage);
  }

  @Override
  public void connect() {
    // By default a socket that publishes drops what exceeds a thousand messages, silently.
    iopub.setSndHWM(0);
    super.connect();
    SocketThreads.outliveFullHeap(shell, control);
    outbox.start();
  }

  @Override
  public void close() {
    try {
      outbox.drain();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    super.close();
  }

  @Override
  public ShellReplyEnvironment prepareReplyEnv(ShellChannel channel, MessageContext context) {
    return new EngramReplies(channel, stdin, iopub, context, history, outbox);
  }
}
