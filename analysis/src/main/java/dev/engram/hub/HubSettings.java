package dev.engram.hub;

import dev.engram.EngramException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the hub and its cache are, by the variables that Python's {@code huggingface_hub} reads.
 *
 * @param endpoint address of the hub, without a slash at its end ({@code HF_ENDPOINT})
 * @param cache folder of the cache ({@code HF_HUB_CACHE}, else {@code HF_HOME/hub})
 * @param token of the user ({@code HF_TOKEN}, else what {@code hf auth login} has kept); null if
 *     none
 * @param offline whether nothing may be sent ({@code HF_HUB_OFFLINE})
 */
public record HubSettings(URI endpoint, Path cache, @Nullable String token, boolean offline) {
  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

  /**
   * The settings of this process.
   *
   * @throws EngramException if a variable holds no address, or no path
   */
  public static HubSettings ofEnvironment() {
    return of(System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /**
   * @param environment variables by name
   * @param home the user's folder
   */
  static HubSettings of(Map<String, String> environment, Path home) {
    Path caches = path(environment, "XDG_CACHE_HOME", home, home.resolve(".cache"));
    Path own = path(environment, "HF_HOME", home, caches.resolve("huggingface"));
    Path older = path(environment, "HUGGINGFACE_HUB_CACHE", home, own.resolve("hub"));
    return new HubSettings(
        endpoint(environment.getOrDefault("HF_ENDPOINT", "")),
        path(environment, "HF_HUB_CACHE", home, older),
        token(environment, path(environment, "HF_TOKEN_PATH", home, own.resolve("token"))),
        isTrue(environment, "HF_HUB_OFFLINE") || isTrue(environment, "TRANSFORMERS_OFFLINE"));
  }

  /** Whether an address is the hub's own, by which alone a token may be sent. */
  boolean isHub(URI uri) {
    return Failures.site(uri).equals(Failures.site(endpoint));
  }

  private static URI endpoint(String given) {
    String text = given.isBlank() ? "https://huggingface.co" : given.strip();
    try {
      URI uri = new URI(text.replaceFirst("/+$", ""));
      if (uri.getHost() != null && Set.of("http", "https").contains(uri.getScheme())) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // told below, as any other address that is none
    }
    throw new EngramException(
        "HF_ENDPOINT is '" + text + "'; expected an address such as https://huggingface.co.");
  }

  private static Path path(
      Map<String, String> environment, String variable, Path home, Path otherwise) {
    String given = environment.getOrDefault(variable, "");
    if (given.isBlank()) {
      return otherwise;
    }
    try {
      Path path = Path.of(given);
      return path.startsWith("~") ? home.resolve(Path.of("~").relativize(path)) : path;
    } catch (InvalidPathException e) {
      throw new EngramException(variable + " is '" + given + "', which is no path here.", e);
    }
  }

  private static @Nullable String token(Map<String, String> environment, Path file) {
    String given = environment.getOrDefault("HF_TOKEN", "").strip();
    if (given.isEmpty()) {
      given = environment.getOrDefault("HUGGING_FACE_HUB_TOKEN", "").strip();
    }
    if (given.isEmpty()
        && !isTrue(environment, "HF_HUB_DISABLE_IMPLICIT_TOKEN")
        && Files.isRegularFile(file) // not a pipe, which might wait for ever
        && Files.isReadable(file)) {
      try {
        given = Files.readString(file).strip();
      } catch (IOException e) {
        given = ""; // public models need none; for others the hub's refusal says what to do
      }
    }
    if (!given.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new EngramException(
          "The token in HF_TOKEN or " + file + " holds characters that no token has.");
    }
    return given.isEmpty() ? null : given;
  }

  private static boolean isTrue(Map<String, String> environment, String variable) {
    return TRUE.contains(environment.getOrDefault(variable, "").toUpperCase(Locale.ROOT));
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "%s, cache %s%s%s"
        .formatted(
            endpoint, cache, token == null ? "" : ", with a token", offline ? ", offline" : "");
  }
}
