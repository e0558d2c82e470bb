package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import dev.engram.Refusal;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a program hears that has no native library, or that of another machine. */
class NativeLibraryTest {
  @Test
  void withoutOneASentenceSaysWhatToAdd() throws Exception {
    try (URLClassLoader nothing = new URLClassLoader(new URL[0], null)) {
      Refusal.holds(
          () -> NativeLibrary.require(nothing, "linux-x86_64"),
          "PyTorch's native library for linux-x86_64 is not on the class path: add"
              + " ai.djl.pytorch:pytorch-native-cpu with the classifier linux-x86_64, or name a"
              + " folder that has the library in PYTORCH_LIBRARY_PATH.");
    }
  }

  @Test
  void thoseOfOtherPlatformsAreNamed(@TempDir Path folder) throws Exception {
    URL[] jars = {jar(folder, "win-x86_64"), jar(folder, "osx-aarch64")};
    try (URLClassLoader loader = new URLClassLoader(jars, null)) {
      Refusal.holds(
          () -> NativeLibrary.require(loader, "linux-aarch64"),
          "(there is one for osx-aarch64, win-x86_64)");
      assertDoesNotThrow(() -> NativeLibrary.require(loader, "win-x86_64"));
    }
  }

  @Test
  void theOneOfThisBuildIsFound() {
    assertDoesNotThrow(() -> NativeLibrary.require());
  }

  /** What DJL's jar of a platform says of itself, as a folder. */
  private static URL jar(Path folder, String platform) throws Exception {
    Path described = folder.resolve(platform + "/native/lib/pytorch.properties");
    Files.createDirectories(described.getParent());
    Files.writeString(described, "version=2.7.1\nflavor=cpu\nclassifier=" + platform + "\n");
    return url(folder.resolve(platform));
  }

  private static URL url(Path folder) throws MalformedURLException {
    return folder.toUri().toURL();
  }
}
