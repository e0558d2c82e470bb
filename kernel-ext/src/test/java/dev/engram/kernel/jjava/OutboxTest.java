package dev.engram.kernel.jjava;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.dflib.jjava.jupyter.messages.Header;
import org.dflib.jjava.jupyter.messages.Message;
import org.dflib.jjava.jupyter.messages.MessageType;
import org.dflib.jjava.jupyter.messages.publish.PublishStatus;
import org.dflib.jjava.jupyter.messages.publish.PublishStream;
import org.dflib.jjava.jupyter.messages.publish.PublishStream.StreamType;
import org.dflib.jjava.jupyter.messages.request.ExecuteRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OutboxTest {
  private final List<Message<?>> sent = Collections.synchronizedList(new ArrayList<>());
  private final Outbox outbox = new Outbox(sent::add);
  private final Message<ExecuteRequest> request =
      new Message<>(
          new Header<>(MessageType.EXECUTE_REQUEST),
          new ExecuteRequest("", false, false, java.util.Map.of(), false, false));
  private final CellText text = new CellText(outbox, request);

  private void print(StreamType type, String printed) {
    byte[] utf8 = printed.getBytes(StandardCharsets.UTF_8);
    text.print(type, utf8, 0, utf8.length);
  }

  private String sentText() {
    return sent.stream()
        .map(Message::getContent)
        .filter(PublishStream.class::isInstance)
        .map(content -> ((PublishStream) content).getText())
        .collect(Collectors.joining());
  }

  @Test
  void whatIsPrintedIsGatheredAndComesBeforeWhatIsSaidLater() throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      print(StreamType.OUT, i + "\n");
    }
    print(StreamType.ERR, "error\n");
    outbox.send(text.message(PublishStatus.IDLE));
    outbox.start();
    outbox.drain();
    assertEquals(3, sent.size());
    assertTrue(sentText().startsWith("0\n1\n") && sentText().endsWith("99\nerror\n"));
    assertEquals(PublishStatus.IDLE, sent.get(2).getContent());
  }

  @Test
  void aCharacterIsNeverCutInTwo() throws InterruptedException {
    outbox.start();
    String character = "\ud83d\ude00";
    for (byte single : character.repeat(20_000).getBytes(StandardCharsets.UTF_8)) {
      text.print(StreamType.OUT, new byte[] {single}, 0, 1);
    }
    outbox.drain();
    assertEquals(character.repeat(20_000), sentText());
  }

  @Test
  void wholeCharactersAreCounted() {
    assertArrayEquals(
        new int[] {0, 1, 0, 2, 1, 0, 4},
        new int[] {
          Outbox.wholeCharacters(new byte[0]),
          Outbox.wholeCharacters(new byte[] {'a'}),
          Outbox.wholeCharacters(new byte[] {(byte) 0xC3}),
          Outbox.wholeCharacters(new byte[] {(byte) 0xC3, (byte) 0xA4}),
          Outbox.wholeCharacters(new byte[] {'a', (byte) 0xF0, (byte) 0x9F}),
          Outbox.wholeCharacters(new byte[] {(byte) 0xE6, (byte) 0x97}),
          Outbox.wholeCharacters("\ud83d\ude00".getBytes(StandardCharsets.UTF_8)),
        });
  }

  @Test
  void whatIsTooMuchIsCutBetweenTwoLinesAndCounted() throws InterruptedException {
    outbox.start();
    String line = "y".repeat((1 << 20) - 2) + "\n";
    for (int i = 0; i < 40; i++) {
      print(StreamType.OUT, line);
    }
    text.end();
    outbox.drain();
    assertTrue(sentText().startsWith(line.repeat(32) + "8 more lines (8.4 MB) were cut"));
    print(StreamType.OUT, line);
    outbox.drain();
    assertTrue(sentText().endsWith("to a file." + System.lineSeparator()), "nothing comes later");
  }

  @Test
  void anInterruptedCellHasAFewLastWords() throws InterruptedException {
    outbox.start();
    text.interrupted();
    for (int i = 0; i < 100; i++) {
      print(StreamType.OUT, "z".repeat(1023) + "\n");
    }
    text.end();
    outbox.drain();
    assertEquals(1 << 16, sentText().length());
  }
}
