package dev.engram;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Writes a file, or a folder, that appears under its name only when it is whole and on the disk,
 * also after a power cut. It is written beside that name under another one that nobody can guess,
 * which is created new, so that nothing else is written to or deleted.
 */
public final class AtomicFile {
  /** By this the temporary files of this JVM are known, to itself: it never sweeps them. */
  private static final String JVM = random();

  private static final Pattern TEMPORARY =
      Pattern.compile("engram-(?<jvm>[0-9a-f]{16})-[0-9a-f]{16}\\.part");

  /** How the caches of Engram named their temporary files until 2026-11; these held no lock. */
  private static final Pattern FORMER = Pattern.compile("unfinished\\d+\\.tmp");

  /** In a temporary folder: locked as long as somebody fills it. */
  private static final String LOCK = ".engram-writing";

  private static final Duration FORMER_IDLE = Duration.ofDays(1);

  private static final boolean WINDOWS = File.separatorChar == '\\';

  /** With growing pauses, 1.1 seconds in all. */
  private static final int ATTEMPTS = 10;

  private static final Duration PAUSE = Duration.ofMillis(25);

  private AtomicFile() {}

  /** What a file shall hold. */
  @FunctionalInterface
  public interface Content {
    /**
     * @param channel of an empty file
     */
    void writeTo(FileChannel channel) throws IOException;
  }

  /** What a folder shall hold. */
  @FunctionalInterface
  public interface Filling {
    /**
     * @param folder an empty folder
     */
    void fill(Path folder) throws IOException;
  }

  /** Folders in which this JVM has looked for what writers that were killed have left. */
  private static final Set<Path> SWEPT = ConcurrentHashMap.newKeySet();

  /**
   * Writes a file, in the place of one that may be there. A link of that name is replaced, not
   * followed. Before the first file in a folder, what a killed writer has left there is deleted.
   *
   * @throws IOException if it cannot be written; what was there is there still
   */
  public static void write(Path file, Content content) throws IOException {
    Path target = file.toAbsolutePath();
    Path folder = folderOf(target);
    if (SWEPT.add(folder)) {
      sweepUnfinished(folder);
    }
    Path temporary = folder.resolve(temporaryName());
    // The channel, and with it the lock that tells others of a living writer, stays open until the
    // file has its name.
    try (FileChannel channel =
        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      try {
        if (!lock(channel) || !Files.exists(temporary)) {
          write(file, content); // another kernel swept it before it was locked
          return;
        }
        content.writeTo(channel);
        channel.force(true);
        rename(temporary, target);
      } finally {
        Files.deleteIfExists(temporary);
      }
    }
    forceOpenedToRead(folder);
  }

  /** {@link #write(Path, Content)} of bytes. */
  public static void write(Path file, byte[] bytes) throws IOException {
    write(
        file,
        channel -> {
          ByteBuffer rest = ByteBuffer.wrap(bytes);
          while (rest.hasRemaining()) {
            channel.write(rest);
          }
        });
  }

  /**
   * Makes a folder with files in it. What a writer that was killed has left beside it is deleted.
   *
   * @param folder not there yet, or an empty folder, which is replaced
   * @throws IOException if it cannot be made, or something has come to lie there; nothing is left
   */
  public static void folder(Path folder, Filling filling) throws IOException {
    Path target = folder.toAbsolutePath();
    Path parent = folderOf(target);
    Path temporary = parent.resolve(temporaryName());
    sweepUnfinished(parent);
    Files.createDirectory(temporary);
    try {
      fill(temporary, filling);
      force(temporary);
      boolean isThere = Files.exists(target, LinkOption.NOFOLLOW_LINKS);
      if (isThere && !Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
        throw new FileAlreadyExistsException(target.toString()); // Windows would replace a file
      }
      if (isThere && WINDOWS) {
        Files.delete(target); // only an empty folder can be; Windows does not replace it by itself
      }
      patiently(() -> Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE), WINDOWS);
    } finally {
      delete(temporary);
    }
    forceOpenedToRead(parent);
  }

  /** The lock lies inside of the folder: one that is filled has none, and what has none stays. */
  private static void fill(Path temporary, Filling filling) throws IOException {
    Path held = temporary.resolve(LOCK);
    try (FileChannel channel =
        FileChannel.open(held, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      lock(channel);
      filling.fill(temporary);
    } finally {
      Files.deleteIfExists(held);
    }
  }

  /**
   * Another program sees the old file or the new one, never a part, where the file system can do
   * that.
   *
   * @param from is gone afterwards
   * @param to is replaced if it is there
   */
  public static void rename(Path from, Path to) throws IOException {
    try {
      patiently(() -> Files.move(from, to, StandardCopyOption.ATOMIC_MOVE), WINDOWS);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** What may fail because another program has a file open. */
  interface Move {
    void run() throws IOException;
  }

  /**
   * Windows moves nothing, and replaces nothing, that somebody has open, be it a virus scanner that
   * looks at what has just been written, a kernel that reads the old file, or this process, which
   * mapped it into memory and lets go of it with the next garbage collection.
   *
   * @param isHeldByReaders whether this is such a system: where it is not, a refusal stays one
   * @throws IOException the last refusal, after about a second
   */
  static void patiently(Move move, boolean isHeldByReaders) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        move.run();
        return;
      } catch (FileSystemException e) {
        // said of a file in use: one of the two, and none that tells of anything else
        boolean isRefusal =
            e instanceof AccessDeniedException || e.getClass() == FileSystemException.class;
        if (!isHeldByReaders || !isRefusal || attempt == ATTEMPTS) {
          throw e;
        }
      }
      if (attempt == 1) {
        System.gc();
      }
      LockSupport.parkNanos(attempt * PAUSE.toNanos());
      Progress.checkInterrupt();
    }
  }

  /**
   * Deletes what writers that were killed have left in a cache of Engram: only files that {@link
   * #write} has made, and only where no living process has them, whatever its number and in
   * whatever container it runs. Where locks do not work, a file stays.
   *
   * @param cache searched to the third level, without following links; need not be there
   */
  public static void sweep(Path cache) {
    if (!Files.isDirectory(cache)) {
      return;
    }
    List<Path> left;
    try (Stream<Path> all =
        Files.find(cache, 3, (file, a) -> a.isRegularFile() && isTemporary(file))) {
      left = all.toList();
    } catch (IOException | java.io.UncheckedIOException | SecurityException e) {
      return; // what cannot be listed cannot be cleaned either, and nothing depends on it
    }
    for (Path file : left) {
      sweepFile(file);
    }
  }

  private static boolean isTemporary(Path file) {
    String name = file.getFileName().toString();
    var ours = TEMPORARY.matcher(name);
    // To open a file of this JVM would take its lock away: on Linux it belongs to the process.
    return ours.matches() ? !ours.group("jvm").equals(JVM) : FORMER.matcher(name).matches();
  }

  /** What killed writers have left beside what is written now: nobody comes back for it. */
  private static void sweepUnfinished(Path parent) {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(parent, "engram-*.part")) {
      for (Path each : all) {
        if (!isTemporary(each)) {
          continue;
        }
        if (Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) {
          sweepFolder(each);
        } else if (Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)) {
          sweepFile(each);
        }
      }
    } catch (IOException | DirectoryIteratorException | SecurityException e) {
      // nothing depends on it
    }
  }

  private static void sweepFolder(Path folder) throws IOException {
    boolean dead;
    try (FileChannel channel =
            FileChannel.open(
                folder.resolve(LOCK), StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        FileLock lock = channel.tryLock()) {
      dead = lock != null;
    } catch (IOException | OverlappingFileLockException e) {
      dead = false; // filled, somebody else's, or on a file system without locks
    }
    if (dead) {
      delete(folder);
    }
  }

  private static void sweepFile(Path file) {
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        FileLock lock = channel.tryLock()) {
      boolean former = FORMER.matcher(file.getFileName().toString()).matches();
      Instant written = Files.getLastModifiedTime(file).toInstant();
      if (lock != null && !(former && written.isAfter(Instant.now().minus(FORMER_IDLE)))) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | OverlappingFileLockException | SecurityException e) {
      // gone already, somebody else's, or a file system without locks
    }
  }

  /**
   * Where the file system has no locks, the file is written all the same.
   *
   * @return false if somebody else has the lock, who can only be about to delete the file
   */
  private static boolean lock(FileChannel channel) {
    try {
      return channel.tryLock() != null;
    } catch (IOException e) {
      Progress.checkInterrupt();
      return true;
    }
  }

  /** Short, since the name of the file itself may be as long as the system allows. */
  private static String temporaryName() {
    return "engram-" + JVM + "-" + random() + ".part";
  }

  private static Path folderOf(Path target) throws IOException {
    Path folder = target.getParent();
    if (folder == null) {
      throw new IOException("it is the root of a file system");
    }
    return folder;
  }

  private static String random() {
    return UUID.randomUUID().toString().replace("-", "").substring(16);
  }

  /** Everything that lies in a folder, and the folders themselves. */
  private static void force(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.toList()) {
        if (Files.isDirectory(path)) {
          forceOpenedToRead(path);
        } else {
          forceFile(path);
        }
      }
    }
  }

  private static void forceFile(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    } catch (AccessDeniedException e) {
      forceOpenedToRead(file);
    }
  }

  /** A folder, which is its list of names, or a file that may only be read. */
  private static void forceOpenedToRead(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows forces nothing that is not open for writing, and has its journal for names
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
