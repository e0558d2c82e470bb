package dev.engram.kernel.jjava;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.dflib.jjava.jupyter.channels.JupyterSocket;
import org.dflib.jjava.jupyter.channels.ShellChannel;
import org.dflib.jjava.jupyter.channels.ShellReplyEnvironment;
import org.dflib.jjava.jupyter.channels.StdinChannel;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;
import org.dflib.jjava.jupyter.kernel.history.HistoryEntry;
import org.dflib.jjava.jupyter.messages.ContentType;
import org.dflib.jjava.jupyter.messages.Message;
import org.dflib.jjava.jupyter.messages.MessageContext;
import org.dflib.jjava.jupyter.messages.MessageType;
import org.dflib.jjava.jupyter.messages.publish.PublishError;
import org.dflib.jjava.jupyter.messages.publish.PublishExecuteInput;
import org.dflib.jjava.jupyter.messages.publish.PublishExecuteResult;
import org.dflib.jjava.jupyter.messages.publish.PublishStream.StreamType;
import org.dflib.jjava.jupyter.messages.reply.CompleteReply;
import org.dflib.jjava.jupyter.messages.reply.ErrorReply;
import org.dflib.jjava.jupyter.messages.reply.HistoryReply;
import org.dflib.jjava.jupyter.messages.reply.KernelInfoReply;
import org.dflib.jjava.jupyter.messages.request.ExecuteRequest;
import org.jspecify.annotations.Nullable;

/**
 * The replies to one request, on their way out: errors become readable, the code of a cell is the
 * code that was typed, the history is kept, and replies have the status that the protocol asks for.
 */
final class EngramReplies extends ShellReplyEnvironment {
  private final CellHistory history;
  private final Outbox outbox;
  private final CellText text;
  private final Deque<Runnable> deferred = new ArrayDeque<>();
  private @Nullable Thread deferring; // whose next message waits until the request is done
  private int cell;
  private @Nullable ErrorReport shown;

  EngramReplies(
      ShellChannel shell,
      StdinChannel stdin,
      JupyterSocket iopub,
      MessageContext context,
      CellHistory history,
      Outbox outbox) {
    super(shell, stdin, iopub, context);
    this.history = history;
    this.outbox = outbox;
    this.text = new CellText(outbox, context);
  }

  /** What is printed in answer to this request. */
  CellText text() {
    return text;
  }

  @Override
  public void writeToStdOut(String printed) {
    print(StreamType.OUT, printed);
  }

  @Override
  public void writeToStdErr(String printed) {
    print(StreamType.ERR, printed);
  }

  private void print(StreamType type, String printed) {
    byte[] utf8 = printed.getBytes(StandardCharsets.UTF_8);
    text.print(type, utf8, 0, utf8.length);
  }

  @Override
  public void publish(Message<?> message) {
    nowOrLater(() -> outbox.send(message));
  }

  @Override
  public void reply(Message<?> message) {
    nowOrLater(() -> getShell().sendMessage(message));
  }

  /** The stock way, but of the thread alone that asked for it: a cell's threads publish, too. */
  private void nowOrLater(Runnable sending) {
    synchronized (deferred) {
      if (deferring == Thread.currentThread()) {
        deferring = null;
        deferred.push(sending);
        return;
      }
    }
    sending.run();
  }

  @Override
  public ShellReplyEnvironment defer() {
    synchronized (deferred) {
      deferring = Thread.currentThread();
    }
    return this;
  }

  @Override
  public void defer(Runnable action) {
    synchronized (deferred) {
      deferred.push(action);
    }
  }

  @Override
  public void resolveDeferrals() {
    Runnable next = nextDeferred();
    while (next != null) {
      next.run();
      next = nextDeferred();
    }
  }

  private @Nullable Runnable nextDeferred() {
    synchronized (deferred) {
      return deferred.poll();
    }
  }

  @Override
  public <T extends ContentType<T>> void publish(T content) {
    if (content instanceof PublishExecuteInput input) {
      String typed = input.getCode();
      cell = input.getCount();
      if (getContext() instanceof Message<?> message
          && message.getContent() instanceof ExecuteRequest request) {
        typed = request.getCode();
        if (request.shouldStoreHistory() && !request.isSilent()) {
          history.ran(cell, typed);
        }
      }
      super.publish(new PublishExecuteInput(typed, cell));
    } else if (content instanceof PublishError error) {
      ErrorReport report =
          ErrorReport.of(error.getErrorName(), error.getErrorMessage(), error.getStacktrace());
      shown = report;
      super.publish(new PublishError(report.name(), report.message(), report.traceback()));
    } else {
      if (content instanceof PublishExecuteResult result) {
        history.returned(cell, String.valueOf(result.getData(MIMEType.TEXT_PLAIN)));
      }
      super.publish(content);
    }
  }

  @Override
  public <T extends ContentType<T>> void reply(T content) {
    if (content instanceof KernelInfoReply info) {
      super.reply((KernelInfoReply) new KernelInfo(info));
    } else if (content instanceof HistoryReply entries) {
      reply(HistoryReply.MESSAGE_TYPE, history(entries));
    } else if (content instanceof CompleteReply found) {
      super.reply(
          new CompleteReply(
              found.getMatches().stream().filter(EngramReplies::isTyped).toList(),
              found.getCursorStart(),
              found.getCursorEnd(),
              found.getMetadata()));
    } else {
      super.reply(content);
    }
  }

  @Override
  public void replyError(MessageType<?> type, ErrorReply error) {
    // of a compile error the reply lacks what the compiler said, so it repeats what was shown
    ErrorReport report =
        shown != null
            ? shown
            : ErrorReport.of(error.getErrorName(), error.getErrorMessage(), error.getStacktrace());
    ErrorReply readable = new ErrorReply(report.name(), report.message(), report.traceback());
    readable.setExecutionCount(cell);
    super.replyError(type, readable);
  }

  /** The stock reply with a status, which is written to JSON by its field. */
  private static final class KernelInfo extends KernelInfoReply {
    @SuppressWarnings("unused")
    private final String status = "ok";

    KernelInfo(KernelInfoReply stock) {
      super(
          stock.getProtocolVersion(),
          stock.getImplementationName(),
          stock.getImplementationVersion(),
          stock.getLangInfo(),
          stock.getBanner(),
          stock.getHelpLinks());
    }
  }

  /** The protocol's form of a history; the stock reply lacks the status and writes objects. */
  private static Map<String, Object> history(HistoryReply reply) {
    List<List<Object>> entries =
        reply.getHistory().stream().map(EngramReplies::historyEntry).toList();
    return Map.of("status", "ok", "history", entries);
  }

  private static List<Object> historyEntry(HistoryEntry entry) {
    Object cell =
        entry.hasOutput() ? List.of(entry.getInput(), entry.getOutput()) : entry.getInput();
    return List.of(entry.getSession(), entry.getCellNumber(), cell);
  }

  /** Leaves out the magics that are there for Engram itself, and those of a stock kernel's help. */
  private static boolean isTyped(String completion) {
    return !completion.startsWith("%") || completion.matches("%%?\\w+");
  }

  @SuppressWarnings({"rawtypes", "unchecked"})
  private void reply(MessageType<?> type, Map<String, Object> content) {
    reply(new Message(getContext(), type, content));
  }
}
