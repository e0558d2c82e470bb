package dev.engram.kernel.jjava;

import dev.engram.EngramException;
import dev.engram.kernel.MagicRewriter;
import dev.engram.magic.view.View;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jdk.jshell.Snippet;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import org.dflib.jjava.jupyter.channels.JupyterConnection;
import org.dflib.jjava.jupyter.channels.ShellHandler;
import org.dflib.jjava.jupyter.channels.ShellReplyEnvironment;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;
import org.dflib.jjava.jupyter.messages.Message;
import org.dflib.jjava.jupyter.messages.MessageType;
import org.dflib.jjava.jupyter.messages.publish.PublishError;
import org.dflib.jjava.jupyter.messages.reply.CompleteReply;
import org.dflib.jjava.jupyter.messages.reply.ErrorReply;
import org.dflib.jjava.jupyter.messages.reply.InspectReply;
import org.dflib.jjava.jupyter.messages.reply.InterruptReply;
import org.dflib.jjava.jupyter.messages.reply.IsCompleteReply;
import org.dflib.jjava.jupyter.messages.request.CompleteRequest;
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
  /** Of an error of the kernel itself, as many lines of the stack trace are shown. */
  private static final int FRAMES = 10;

  private static final Pattern NEURON = Pattern.compile("L\\d+(?:F\\d+|A\\d+H\\d+)");

  private final BaseKernel kernel;
  private final KernelSession session;
  private final MagicRewriter rewriter;
  private final CellRunner runner;
  private final MagicCompletion completion;

  Protocol(BaseKernel kernel, KernelSession session, CellRunner runner) {
    this.kernel = kernel;
    this.session = session;
    this.runner = runner;
    this.completion = new MagicCompletion(session.runner().magics().completer(), this::lineMagics);
    Set<String> ours = session.runner().magics().names();
    this.rewriter =
        new MagicRewriter(
            MagicCall.CODE,
            name -> !ours.contains(name) && lineMagics().contains(name),
            name -> !ours.contains(name) && cellMagics().contains(name));
  }

  /** Puts our handlers before those that the kernel has set on the connection. */
  void install(JupyterConnection connection) {
    ShellHandler<ExecuteRequest> execute = connection.getHandler(MessageType.EXECUTE_REQUEST);
    handle(
        connection,
        MessageType.EXECUTE_REQUEST,
        MessageType.EXECUTE_REPLY,
        (env, message) -> {
          session.cellStarts(message.hasMetadata() ? message.getMetadata() : Map.of());
          runner.run(
              env,
              message,
              () -> rewriter.rewrite(message.getContent().getCode()),
              code -> execute.handle(env, with(message, java(message.getContent(), code))));
        });

    handle(
        connection,
        MessageType.INTERRUPT_REQUEST,
        MessageType.INTERRUPT_REPLY,
        (ShellReplyEnvironment env, Message<InterruptRequest> message) -> {
          env.setBusyDeferIdle();
          env.defer().reply(new InterruptReply());
          // Not by the stock handler: it interrupts whatever runs, also a cell that was sent later.
          runner.interrupt(
              message,
              () -> {
                session.runner().interrupted();
                kernel.interrupt();
              });
        });

    ShellHandler<IsCompleteRequest> complete =
        connection.getHandler(MessageType.IS_COMPLETE_REQUEST);
    handle(
        connection,
        MessageType.IS_COMPLETE_REQUEST,
        MessageType.IS_COMPLETE_REPLY,
        (env, message) -> {
          String code = asFarAsPossible(message.getContent().getCode());
          if (isInvalid(code)) {
            env.setBusyDeferIdle();
            env.reply(IsCompleteReply.INVALID_CODE);
          } else {
            complete.handle(env, with(message, new IsCompleteRequest(code)));
          }
        });

    handle(
        connection,
        MessageType.INSPECT_REQUEST,
        MessageType.INSPECT_REPLY,
        (env, message) -> {
          env.setBusyDeferIdle();
          DisplayData found = inspect(message.getContent());
          env.reply(new InspectReply(found.hasDataForType(MIMEType.TEXT_PLAIN), found));
        });

    ShellHandler<CompleteRequest> java = connection.getHandler(MessageType.COMPLETE_REQUEST);
    handle(
        connection,
        MessageType.COMPLETE_REQUEST,
        MessageType.COMPLETE_REPLY,
        (env, message) -> {
          Optional<CompleteReply> ours = completion.complete(message.getContent());
          if (ours.isPresent()) {
            env.setBusyDeferIdle();
            env.reply(ours.get());
          } else {
            java.handle(env, message);
          }
        });
  }

  private static <T> void handle(
      JupyterConnection connection,
      MessageType<T> request,
      MessageType<?> reply,
      ShellHandler<T> handler) {
    connection.setHandler(request, guarded(reply, handler));
  }

  /**
   * A handler that answers with an error where the given one throws. The thread that calls it
   * survives exceptions only, and leaves those unanswered; without it the kernel is deaf.
   */
  static <T> ShellHandler<T> guarded(MessageType<?> reply, ShellHandler<T> handler) {
    return (env, message) -> {
      try {
        handler.handle(env, message);
      } catch (Throwable t) {
        String name = t.getClass().getSimpleName();
        String sentence = "The kernel failed to make the " + reply.getName() + ": " + t;
        List<String> trace =
            Stream.concat(
                    Stream.of(sentence),
                    Arrays.stream(t.getStackTrace()).limit(FRAMES).map(frame -> "\tat " + frame))
                .toList();
        env.setBusyDeferIdle();
        env.publish(new PublishError(name, sentence, trace));
        env.replyError(reply.error(), new ErrorReply(name, sentence, trace));
      }
    };
  }

  private Set<String> lineMagics() {
    return kernel.getMagicsRegistry().getLineMagicNames();
  }

  private Set<String> cellMagics() {
    return kernel.getMagicsRegistry().getCellMagicNames();
  }

  /** A cell whose magics cannot be rewritten is complete: running it shows the sentence. */
  private String asFarAsPossible(String code) {
    try {
      return rewriter.rewrite(code);
    } catch (EngramException e) {
      return "";
    }
  }

  private static ExecuteRequest java(ExecuteRequest request, String code) {
    return new ExecuteRequest(
        code,
        request.isSilent(),
        request.shouldStoreHistory(),
        request.getUserExpr(),
        request.isStdinEnabled(),
        request.shouldStopOnError());
  }

  /** JShell calls code complete that ends, even where it cannot be parsed. */
  private boolean isInvalid(String code) {
    SourceCodeAnalysis analysis = runner.analysis();
    CompletionInfo info = analysis.analyzeCompletion(code);
    while (info.completeness().isComplete()) {
      boolean erroneous =
          analysis.sourceToSnippets(info.source()).stream()
              .anyMatch(snippet -> snippet.kind() == Snippet.Kind.ERRONEOUS);
      if (erroneous) {
        return true;
      }
      info = analysis.analyzeCompletion(info.remaining());
    }
    return info.completeness() == SourceCodeAnalysis.Completeness.UNKNOWN;
  }

  /**
   * What stands in a magic's line, or the documentation of the Java name at or before the cursor; a
   * neuron in small wherever it is named.
   */
  private DisplayData inspect(InspectRequest request) {
    String code = request.getCode();
    int cursor = CodePoints.index(code, request.getCursorPos());
    Optional<View> magic =
        MagicRewriter.lineAt(code, cursor)
            .flatMap(at -> session.runner().inspect(at.line(), cursor - at.start()));
    if (magic.isPresent()) {
      return bundle(magic.get());
    }
    int start = cursor;
    while (start > 0 && Character.isJavaIdentifierPart(code.charAt(start - 1))) {
      start--;
    }
    int end = cursor;
    while (end < code.length() && Character.isJavaIdentifierPart(code.charAt(end))) {
      end++;
    }
    Optional<View> neuron =
        Optional.of(code.substring(start, end))
            .filter(word -> NEURON.matcher(word).matches())
            .flatMap(session.runner()::inspect);
    if (neuron.isPresent()) {
      return bundle(neuron.get());
    }
    // JShell documents a method only where its parenthesis is open, and looks before the cursor.
    for (String asked : List.of(code.substring(0, end), code.substring(0, end) + "(")) {
      DisplayData found = kernel.inspect(asked, asked.length() - 1, request.getDetailLevel() > 0);
      if (found != null) {
        return bundle(View.preformatted(String.valueOf(found.getData(MIMEType.TEXT_PLAIN))));
      }
    }
    return new DisplayData();
  }

  private static DisplayData bundle(View view) {
    DisplayData data = new DisplayData();
    view.data().forEach(data::putData);
    return data;
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
