package dev.engram;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in place is whole, nothing of somebody else's is touched, and the dead leave nothing. */
@SuppressWarnings("NullAway.Init")
class AtomicFileTest {
  @TempDir private Path folder;

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  /** Writes a half and waits until it is killed. */
  public static final class Half {
    private Half() {}

    public static void main(String[] args) throws IOException {
      AtomicFile.write(
          Path.of(args[0]),
          channel -> {
            channel.write(ByteBuffer.wrap("hal".getBytes(UTF_8)));
            System.out.println("half");
            sleep();
          });
    }

    private static void sleep() {
      try {
        Thread.sleep(600_000);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Test
  void anOldFileIsReplacedAndAFailureLeavesItAsItWas() throws IOException {
    Path file = Files.writeString(folder.resolve("a"), "old");
    assertThrows(
        IOException.class,
        () ->
            AtomicFile.write(
                file,
                channel -> {
                  channel.write(ByteBuffer.wrap(new byte[9]));
                  throw new IOException("the disk is full");
                }));
    assertThrows(
        CancellationException.class,
        () ->
            AtomicFile.write(
                file,
                channel -> {
                  throw new CancellationException();
                }));
    assertEquals("old", Files.readString(file));
    AtomicFile.write(file, "new".getBytes(UTF_8));
    assertEquals("new", Files.readString(file));
    assertEquals(List.of("a"), names(folder));
  }

  @Test
  void theNameMayBeAsLongAsTheSystemAllows() throws IOException {
    Path file = folder.resolve("x".repeat(255));
    AtomicFile.write(file, "it".getBytes(UTF_8));
    assertEquals("it", Files.readString(file));
  }

  @Test
  void aLinkIsReplacedAndNotWrittenThrough() throws IOException {
    Path mine = Files.writeString(folder.resolve("mine"), "mine");
    Path link = Files.createSymbolicLink(folder.resolve("link"), mine);
    AtomicFile.write(link, "new".getBytes(UTF_8));
    assertEquals("mine", Files.readString(mine));
    assertEquals("new", Files.readString(link));
    assertFalse(Files.isSymbolicLink(link));
  }

  @Test
  void aFolderIsThereWholeOrNotAtAll() throws IOException {
    Path out = folder.resolve("out");
    Files.createDirectory(out);
    assertThrows(
        IOException.class,
        () ->
            AtomicFile.folder(
                out,
                made -> {
                  Files.writeString(made.resolve("a"), "a");
                  throw new IOException("the disk is full");
                }));
    assertEquals(List.of("out"), names(folder));
    assertEquals(List.of(), names(out));
    AtomicFile.folder(out, made -> Files.writeString(made.resolve("a"), "a"));
    assertEquals(List.of("a"), names(out));
    assertEquals(List.of("out"), names(folder));
  }

  @Test
  void whatCameToLieThereMeanwhileIsNotReplaced() throws IOException {
    Path out = folder.resolve("out");
    assertThrows(
        IOException.class,
        () ->
            AtomicFile.folder(
                out,
                made -> {
                  Files.createDirectory(out);
                  Files.writeString(out.resolve("notes"), "mine");
                }));
    assertEquals("mine", Files.readString(out.resolve("notes")));
    Path file = folder.resolve("file");
    assertThrows(
        IOException.class, () -> AtomicFile.folder(file, made -> Files.writeString(file, "mine")));
    assertEquals("mine", Files.readString(file));
    assertEquals(List.of("file", "out"), names(folder));
  }

  /** As Windows answers to a file that another program has open for a moment. */
  @Test
  void whatIsInUseIsTriedAgain() throws IOException {
    int[] tries = {0};
    AtomicFile.Move held =
        () -> {
          if (++tries[0] == 1) {
            throw new AccessDeniedException("a");
          }
          if (tries[0] == 2) {
            throw new FileSystemException("a", "b", "it is being used by another process");
          }
        };
    AtomicFile.patiently(held, true);
    assertEquals(3, tries[0]);
    tries[0] = 0;
    assertThrows(AccessDeniedException.class, () -> AtomicFile.patiently(held, false));
    assertEquals(1, tries[0], "elsewhere a refusal stays one");
    int[] others = {0};
    AtomicFile.Move gone =
        () -> {
          others[0]++;
          throw new NoSuchFileException("a");
        };
    assertThrows(NoSuchFileException.class, () -> AtomicFile.patiently(gone, true));
    assertEquals(1, others[0], "it tells of no other program");
  }

  @Test
  void onlyTheLeftoversOfTheDeadAreSwept() throws Exception {
    Path cache = Files.createDirectories(folder.resolve("cache/results/ab"));
    Path mine = Files.writeString(cache.resolve("notes.part"), "mine");
    Path foreign = Files.writeString(cache.resolve("engram-mine.part"), "mine");
    Path former = Files.writeString(cache.resolve("unfinished123.tmp"), "of an older version");
    Path recent = Files.writeString(cache.resolve("unfinished456.tmp"), "of an older version");
    Files.setLastModifiedTime(former, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
    Path own =
        Files.writeString(
            folder.resolve("own"), "mine"); // linked from below: not followed, not swept
    Files.createSymbolicLink(cache.resolve("engram-0123456789abcdef-0123456789abcdef.part"), own);
    try (ChildJvm living = new ChildJvm(Half.class, cache.resolve("a"))) {
      living.awaitLine("half");
      List<String> one = parts(cache);
      try (ChildJvm dead = new ChildJvm(Half.class, cache.resolve("b"))) {
        dead.awaitLine("half");
        assertEquals(one.size() + 1, parts(cache).size());
        dead.kill();
      }
      AtomicFile.write(
          cache.resolve("c"),
          channel -> {
            AtomicFile.sweep(folder.resolve("cache"));
            List<String> left = parts(cache);
            assertTrue(left.containsAll(one), "a living process has it: " + left);
            assertEquals(one.size() + 1, left.size(), "and this one, too: " + left);
          });
      living.kill();
      AtomicFile.sweep(folder.resolve("cache"));
      AtomicFile.sweep(folder.resolve("not there"));
    }
    assertTrue(Files.exists(own));
    assertTrue(Files.exists(mine));
    assertTrue(Files.exists(foreign));
    assertTrue(Files.exists(recent));
    assertFalse(Files.exists(former));
    assertEquals(
        List.of(
            "c",
            "engram-0123456789abcdef-0123456789abcdef.part",
            "engram-mine.part",
            "notes.part",
            "unfinished456.tmp"),
        names(cache));
  }

  private static List<String> parts(Path folder) throws IOException {
    return names(folder).stream().filter(n -> n.startsWith("engram-")).toList();
  }
}
