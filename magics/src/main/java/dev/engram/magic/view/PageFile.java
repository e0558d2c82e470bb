package dev.engram.magic.view;

import dev.engram.AtomicFile;
import dev.engram.EngramException;
import dev.engram.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * A file that a page is written to. One that Engram wrote before is replaced, as a notebook that
 * runs again expects; any other file is left alone.
 */
public final class PageFile {
  /** By this a page is known for Engram's own. */
  public static final String MARK = "<meta name=\"generator\" content=\"Engram\">";

  private static final int HEAD = 512;

  private final Path file;

  /**
   * @param file where the page shall lie
   * @throws EngramException if it cannot be written there, before anything is computed
   */
  public PageFile(Path file) {
    this.file = file.toAbsolutePath();
    Path folder = this.file.getParent();
    if (Files.isDirectory(this.file) || folder == null) {
      throw new EngramException("--html takes a file, and " + file + " is a folder.");
    }
    if (!Files.isDirectory(folder)) {
      throw new EngramException(
          "There is no folder %s to write %s into; make it first."
              .formatted(folder, this.file.getFileName()));
    }
    if (!Files.isWritable(folder)) {
      throw new EngramException("The folder %s cannot be written to.".formatted(folder));
    }
    if (Files.exists(this.file, LinkOption.NOFOLLOW_LINKS) && !isOurs()) {
      throw new EngramException(
          "The file %s exists and is no page that Engram wrote; give another name or delete it."
              .formatted(this.file));
    }
  }

  private boolean isOurs() {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (var in = Files.newInputStream(file)) {
      return isOurs(in.readNBytes(HEAD));
    } catch (IOException e) {
      return false; // what cannot be read is not replaced
    }
  }

  /**
   * Whether a page is one that Engram wrote.
   *
   * @param page its beginning
   */
  public static boolean isOurs(byte[] page) {
    return new String(page, 0, Math.min(page.length, HEAD), StandardCharsets.UTF_8).contains(MARK);
  }

  /**
   * Writes the page whole or not at all.
   *
   * @return what to tell the user
   */
  public View write(Standalone page) {
    byte[] bytes = page.standalone().getBytes(StandardCharsets.UTF_8);
    try {
      AtomicFile.write(file, bytes);
    } catch (IOException e) {
      Progress.checkInterrupt();
      throw new EngramException("The page cannot be written to " + file + ": " + e + ".", e);
    }
    String told =
        "Wrote %s (%,d kB): one file, which needs no network.".formatted(file, bytes.length / 1000);
    return View.html(Html.element("p", Html.escape(told)), told);
  }
}
