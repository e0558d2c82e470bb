package dev.engram.model;

import ai.djl.util.ClassLoaderUtils;
import ai.djl.util.Platform;
import ai.djl.util.Utils;
import dev.engram.EngramException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeSet;

/**
 * PyTorch's native library, which a program chooses by what lies on its class path. Without one DJL
 * would fetch it from a server of its own; Engram says what is missing and sends nothing.
 */
final class NativeLibrary {
  /** Of each platform's jar: which platform it is for. */
  private static final String DESCRIPTION = "native/lib/pytorch.properties";

  /** By one of them a user says where the library is, or that DJL may fetch that version. */
  private static final List<String> OWN =
      List.of("PYTORCH_LIBRARY_PATH", "ai.djl.pytorch.library_path", "PYTORCH_VERSION");

  private NativeLibrary() {}

  /**
   * @throws EngramException if there is none for this machine
   */
  static void require() {
    if (OWN.stream().map(Utils::getEnvOrSystemProperty).allMatch(Objects::isNull)) {
      require(
          ClassLoaderUtils.getContextClassLoader(), Platform.fromSystem("pytorch").getClassifier());
    }
  }

  /**
   * @param loader of the program
   * @param platform such as {@code linux-x86_64}
   */
  static void require(ClassLoader loader, String platform) {
    TreeSet<String> found = new TreeSet<>();
    try {
      for (URL each : Collections.list(loader.getResources(DESCRIPTION))) {
        Properties described = new Properties();
        try (InputStream in = each.openStream()) {
          described.load(in);
        }
        found.add(described.getProperty("classifier", "another platform"));
      }
    } catch (IOException e) {
      return; // DJL reads the same files, and says what is wrong with them
    }
    if (!found.contains(platform)) {
      throw new EngramException(
          ("PyTorch's native library for %s is not on the class path%s: add"
                  + " ai.djl.pytorch:pytorch-native-cpu with the classifier %s, or name a folder"
                  + " that has the library in PYTORCH_LIBRARY_PATH.")
              .formatted(
                  platform,
                  found.isEmpty() ? "" : " (there is one for " + String.join(", ", found) + ")",
                  platform));
    }
  }
}
