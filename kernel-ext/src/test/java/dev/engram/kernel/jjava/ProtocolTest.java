package dev.engram.kernel.jjava;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.dflib.jjava.jupyter.channels.ShellHandler;
import org.dflib.jjava.jupyter.channels.ShellReplyEnvironment;
import org.dflib.jjava.jupyter.messages.ContentType;
import org.dflib.jjava.jupyter.messages.Header;
import org.dflib.jjava.jupyter.messages.Message;
import org.dflib.jjava.jupyter.messages.MessageType;
import org.dflib.jjava.jupyter.messages.publish.PublishError;
import org.dflib.jjava.jupyter.messages.reply.ErrorReply;
import org.dflib.jjava.jupyter.messages.request.InspectRequest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProtocolTest {
  /** Replies that are kept instead of sent. */
  @SuppressWarnings("NullAway") // there are no channels
  private static final class Kept extends ShellReplyEnvironment {
    final List<String> sent = new ArrayList<>();

    Kept() {
      super(null, null, null, null);
    }

    @Override
    public void setBusyDeferIdle() {
      sent.add("busy");
    }

    @Override
    public <T extends ContentType<T>> void publish(T content) {
      sent.add(((PublishError) content).getErrorMessage());
    }

    @Override
    public void replyError(MessageType<?> type, ErrorReply error) {
      sent.add(type.getName() + " " + error.getStatus() + " " + error.getErrorName());
      assertTrue(error.getStacktrace().size() < 20);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"StackOverflowError", "NoClassDefFoundError", "IllegalStateException"})
  void whateverAHandlerThrowsIsAnErrorReply(String name) {
    ShellHandler<InspectRequest> handler =
        Protocol.guarded(
            MessageType.INSPECT_REPLY,
            (env, message) -> {
              switch (name) {
                case "StackOverflowError" -> throw new StackOverflowError();
                case "NoClassDefFoundError" -> throw new NoClassDefFoundError("a/B");
                default -> throw new IllegalStateException("c");
              }
            });
    Kept env = new Kept();
    handler.handle(
        env,
        new Message<>(new Header<>(MessageType.INSPECT_REQUEST), new InspectRequest("code", 0, 0)));
    assertEquals(3, env.sent.size());
    assertEquals("busy", env.sent.get(0));
    assertTrue(env.sent.get(1).contains(name), env.sent.get(1));
    assertEquals("inspect_reply error " + name, env.sent.get(2));
  }
}
