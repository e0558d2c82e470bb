package dev.engram.magic;

import dev.engram.data.UserPath;
import dev.engram.magic.view.PageFile;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether a magic also writes its page as a file. */
final class PageOptions {
  @Option(
      names = "--html",
      paramLabel = "FILE",
      description =
          "Also write the page as one HTML file that needs no network. A page that Engram wrote"
              + " there before is replaced, any other file is refused.")
  private @Nullable Path html;

  /**
   * Where the page shall lie, before anything is computed; null for nowhere.
   *
   * @throws dev.engram.EngramException if it cannot be written there
   */
  @Nullable PageFile file() {
    return html == null ? null : new PageFile(UserPath.home(html));
  }
}
