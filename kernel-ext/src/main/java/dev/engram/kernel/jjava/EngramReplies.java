package dev.engram.kernel.jjava;

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
import org.dflib.jjava.jupyter.messages.reply.CompleteReply;
import org.dflib.jjava.jupyter.messages.reply.ErrorReply;
import org.dflib.jjava.jupyter.messages.reply.HistoryReply;
import org.dflib.jjava.jupyter.messages.reply.KernelInfoReply;
import org.dflib.jjava.jupyter.messages.request.ExecuteRequest;

/**
 * The replies to one request, on their way out: errors become readable, the code of a cell is the
 * code that was typed, the history is kept, and replies have the status that the protocol asks for.
 */
final class EngramReplies extends ShellReplyEnvironment {
  private final CellHistory history;
  private int cell;

  EngramReplies(
      ShellChannel shell,
      StdinChannel stdin,
      JupyterSocket iopub,
      MessageContext context,
      CellHistory history) {
    super(shell, stdin, iopub, context);
    this.history = history;
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
    ErrorReport report =
        ErrorReport.of(error.getErrorName(), error.getErrorMessage(), error.getStacktrace());
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
