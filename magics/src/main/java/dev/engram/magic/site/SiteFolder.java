package dev.engram.magic.site;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.AtomicFile;
import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.Printable;
import dev.engram.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The folder of a site. One that Engram made is replaced when the new one is whole; a folder with
 * anything else in it is left alone.
 */
final class SiteFolder {
  static final String INDEX = "index.html";
  static final String STYLE = "site.css";
  static final String SCRIPT = "site.js";
  static final String DATA = "data";
  static final String IMAGES = "images";

  /** By this a folder is known for Engram's own. */
  static final String MARKER = "engram-atlas-site.json";

  private static final String FORMAT = "\"engram-atlas-site\"";
  private static final Set<String> OURS = Set.of(INDEX, STYLE, SCRIPT, DATA, IMAGES, MARKER);

  private final Path folder;

  /**
   * @throws EngramException if a site cannot lie there, before anything is computed
   */
  SiteFolder(Path folder) {
    this.folder = real(folder.toAbsolutePath().normalize());
    Path parent = this.folder.getParent();
    if (parent == null) {
      throw new EngramException(
          "The root of a file system is no place for a site; give another folder.");
    }
    if (!Files.isDirectory(parent)) {
      throw new EngramException(
          "There is no folder %s to make %s in; make it first."
              .formatted(parent, this.folder.getFileName()));
    }
    if (!Files.isWritable(parent)) {
      throw new EngramException("The folder %s cannot be written to.".formatted(parent));
    }
    check();
  }

  Path path() {
    return folder;
  }

  /** What a link leads to is what is looked at, and replaced. */
  private static Path real(Path folder) {
    try {
      return Files.exists(folder) ? folder.toRealPath() : folder;
    } catch (IOException e) {
      return folder;
    }
  }

  private void check() {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.isDirectory(folder)) {
      throw new EngramException(
          "%%atlas --html takes a folder, and %s is a file; give another name.".formatted(folder));
    }
    List<String> others = inside().stream().filter(name -> !OURS.contains(name)).sorted().toList();
    if (!inside().isEmpty() && !isMarked()) {
      throw new EngramException(
          "The folder %s is no site that %%atlas --html made, and holds something; give a folder that is empty or not there yet."
              .formatted(folder));
    }
    if (!others.isEmpty()) {
      throw new EngramException(
          "The site in %s would be replaced, and '%s' lies in it too, which is not of Engram; move that away, or give another folder."
              .formatted(folder, Printable.line(others.get(0))));
    }
  }

  private List<String> inside() {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(path -> path.getFileName().toString()).toList();
    } catch (IOException e) {
      Progress.checkInterrupt();
      throw new EngramException(folder + " cannot be read: " + Json.why(e) + ".", e);
    }
  }

  private boolean isMarked() {
    Path marker = folder.resolve(MARKER);
    try (var in = Files.newInputStream(marker)) {
      return Files.isRegularFile(marker, LinkOption.NOFOLLOW_LINKS)
          && new String(in.readNBytes(512), UTF_8).contains(FORMAT);
    } catch (IOException e) {
      return false; // what cannot be read is not replaced
    }
  }

  /**
   * Makes the site beside its place and moves it there when it is whole.
   *
   * @param filling writes everything but the marker
   * @throws IOException if it cannot be written; what was there is there still
   */
  void fill(AtomicFile.Filling filling) throws IOException {
    AtomicFile.Filling marked =
        made -> {
          filling.fill(made);
          Files.writeString(made.resolve(MARKER), "{\"format\": " + FORMAT + ", \"version\": 1}\n");
        };
    if (!Files.exists(folder) || inside().isEmpty()) {
      AtomicFile.folder(folder, marked);
      return;
    }
    String unique = UUID.randomUUID().toString();
    Path fresh = folder.resolveSibling("engram-site-" + unique + ".new");
    Path former = folder.resolveSibling("engram-site-" + unique + ".old");
    try {
      AtomicFile.folder(fresh, marked);
      check(); // it took a while
      Files.move(folder, former, StandardCopyOption.ATOMIC_MOVE);
      try {
        Files.move(fresh, folder, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        Files.move(former, folder, StandardCopyOption.ATOMIC_MOVE);
        throw e;
      }
      delete(former);
    } finally {
      delete(fresh);
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
