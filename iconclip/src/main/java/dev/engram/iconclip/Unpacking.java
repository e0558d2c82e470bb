package dev.engram.iconclip;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks a part of a jar into a cache folder, once for all JVMs. A folder under its final name is
 * always complete: it is filled under another name, forced to the disk and then renamed. What a JVM
 * that died halfway left is swept by the next one that unpacks, and a file damaged later is
 * replaced.
 */
final class Unpacking {
  /** Where no lock can say who lives, what a dead JVM left is swept after this time. */
  private static final Duration STALE = Duration.ofDays(1);

  /** A lock belongs to a JVM: its threads need one of their own. */
  private static final Object IN_THIS_JVM = new Object();

  private Unpacking() {}

  /**
   * @param jar the archive
   * @param prefix the part to unpack, ending in a slash
   * @param cache folder to unpack below; made if it is not there
   * @param name first part of the folder's name; a hash of the content follows
   * @return the folder that holds every file below the prefix, each with the content of the archive
   */
  static Path unpack(Path jar, String prefix, Path cache, String name) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      List<ZipEntry> entries =
          zip.stream()
              .map(ZipEntry.class::cast)
              .filter(e -> !e.isDirectory() && e.getName().startsWith(prefix))
              // Classes share the folder of the resources.
              .filter(e -> !e.getName().endsWith(".class"))
              .sorted(Comparator.comparing(ZipEntry::getName))
              .toList();
      Path target = cache.toAbsolutePath().resolve(name + "-" + hash(entries, prefix));
      if (!Files.isDirectory(target)) {
        unpackAll(zip, entries, prefix, cache.toAbsolutePath(), target);
      }
      for (ZipEntry entry : entries) {
        Path file = inside(target, entry, prefix);
        if (!isWhole(file, entry)) {
          replace(zip, entry, file);
        }
      }
      return target;
    }
  }

  /** The directory of the archive has sizes and checksums, so nothing need be read for this. */
  private static String hash(List<ZipEntry> entries, String prefix) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      for (ZipEntry e : entries) {
        String line =
            e.getName().substring(prefix.length()) + '\t' + e.getSize() + '\t' + e.getCrc() + '\n';
        sha.update(line.getBytes(UTF_8));
      }
      return HexFormat.of().formatHex(sha.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static void unpackAll(
      ZipFile zip, List<ZipEntry> entries, String prefix, Path cache, Path target)
      throws IOException {
    Files.createDirectories(cache);
    Path lockFile = cache.resolve(target.getFileName() + ".lock");
    synchronized (IN_THIS_JVM) {
      try (FileChannel channel =
              FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = lock(channel)) {
        // Whoever holds the lock is the only one that unpacks: what lies there belongs to the dead.
        sweep(cache, target.getFileName() + ".tmp", lock == null ? STALE : Duration.ZERO);
        if (!Files.isDirectory(target)) {
          unpackNew(zip, entries, prefix, cache, target);
        }
      }
    }
  }

  private static @Nullable FileLock lock(FileChannel channel) {
    try {
      return channel.lock();
    } catch (IOException | OverlappingFileLockException e) {
      return null; // a file system without locks, or another class loader of this JVM
    }
  }

  private static void unpackNew(
      ZipFile zip, List<ZipEntry> entries, String prefix, Path cache, Path target)
      throws IOException {
    Path temporary = Files.createTempDirectory(cache, target.getFileName() + ".tmp");
    try {
      for (ZipEntry entry : entries) {
        Path file = inside(temporary, entry, prefix);
        Files.createDirectories(file.getParent());
        try (InputStream in = zip.getInputStream(entry)) {
          Files.copy(in, file);
        }
        force(file);
      }
      rename(temporary, target);
    } catch (IOException e) {
      // Another JVM was faster: its folder is as good as ours.
      if (!Files.isDirectory(target)) {
        throw e;
      }
    } finally {
      delete(temporary);
    }
  }

  private static Path inside(Path folder, ZipEntry entry, String prefix) throws IOException {
    Path file = folder.resolve(entry.getName().substring(prefix.length())).normalize();
    if (!file.startsWith(folder)) {
      throw new IOException("the archive names a file outside of its folder: " + entry.getName());
    }
    return file;
  }

  private static boolean isWhole(Path file, ZipEntry entry) throws IOException {
    if (!Files.isRegularFile(file) || Files.size(file) != entry.getSize()) {
      return false;
    }
    CRC32 crc = new CRC32();
    crc.update(Files.readAllBytes(file));
    return crc.getValue() == entry.getCrc();
  }

  /** By renaming, so that a JVM that has the old file mapped keeps it. */
  private static void replace(ZipFile zip, ZipEntry entry, Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Path temporary = Files.createTempFile(file.getParent(), ".repair", ".tmp");
    try (InputStream in = zip.getInputStream(entry)) {
      Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
      force(temporary);
      if (Files.isDirectory(file)) {
        delete(file);
      }
      Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  private static void rename(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to);
    }
  }

  private static void sweep(Path cache, String prefix, Duration idle) throws IOException {
    Instant limit = Instant.now().minus(idle);
    try (Stream<Path> all = Files.list(cache)) {
      for (Path p : all.filter(p -> p.getFileName().toString().startsWith(prefix)).toList()) {
        if (idle.isZero() || Files.getLastModifiedTime(p).toInstant().isBefore(limit)) {
          delete(p);
        }
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(p);
      }
    }
  }
}
