package dev.engram.magic.site;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.AtomicFile;
import dev.engram.EngramException;
import dev.engram.Printable;
import dev.engram.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
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

  /** Everything that a site has, by its path within the folder. */
  private static final Pattern OURS =
      Pattern.compile(
          "index\\.html|site\\.css|site\\.js|engram-atlas-site\\.json|data|images"
              + "|data/(front|numbers|images|layer-\\d+)\\.js|images/sheet-\\d+\\.jpg");

  /** What macOS and Windows leave in a folder that somebody looks at. */
  private static final Set<String> NOBODYS = Set.of(".DS_Store", "Thumbs.db", "desktop.ini");

  private static final int HEAD = 512;

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
    if (isEmpty()) {
      return;
    }
    if (!isMarked()) {
      throw new EngramException(
          "The folder %s is no site that %%atlas --html made, and holds something; give a folder that is empty or not there yet."
              .formatted(folder));
    }
    inside().stream()
        .filter(name -> !OURS.matcher(name).matches())
        .findFirst()
        .ifPresent(
            name -> {
              throw new EngramException(
                  "The site in %s would be replaced, and '%s' lies in it too, which is not of Engram; move that away, or give another folder."
                      .formatted(folder, Printable.line(name)));
            });
  }

  private boolean isEmpty() {
    try (Stream<Path> all = Files.list(folder)) {
      return all.findAny().isEmpty();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private EngramException unreadable(Exception e) {
    Progress.checkInterrupt();
    return new EngramException(folder + " cannot be read: " + e.getMessage() + ".", e);
  }

  private List<String> inside() {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(path -> !path.equals(folder))
          .filter(path -> !NOBODYS.contains(String.valueOf(path.getFileName())))
          .map(path -> folder.relativize(path).toString().replace('\\', '/'))
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw unreadable(e);
    }
  }

  private boolean isMarked() {
    Path marker = folder.resolve(MARKER);
    if (!Files.isRegularFile(marker, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try (var in = Files.newInputStream(marker)) {
      return new String(in.readNBytes(HEAD), UTF_8).contains(FORMAT);
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
    if (!Files.exists(folder) || isEmpty()) {
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
      try {
        delete(former);
      } catch (IOException | UncheckedIOException inUse) {
        // the site is written; a picture that a browser on Windows has open stays behind
      }
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
