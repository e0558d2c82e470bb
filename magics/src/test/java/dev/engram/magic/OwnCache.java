package dev.engram.magic;

import dev.engram.iconclip.Iconclip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Keeps the results of a test class in a folder of its own, so that nothing old is read. */
final class OwnCache implements BeforeAllCallback, AfterAllCallback {
  private static final String CACHE = "engram.cache";

  private @Nullable String before;
  private @Nullable Path folder;

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    Iconclip.model(); // unpacked once, and not into a folder that goes away
    Path made = Files.createTempDirectory("engram-cache");
    folder = made;
    before = System.setProperty(CACHE, made.toString());
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    if (before == null) {
      System.clearProperty(CACHE);
    } else {
      System.setProperty(CACHE, before);
    }
    if (folder != null) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(p);
        }
      }
    }
  }
}
