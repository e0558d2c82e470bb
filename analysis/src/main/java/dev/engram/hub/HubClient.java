package dev.engram.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.EngramException;
import dev.engram.Progress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Asks the hub, over HTTP. Redirects are followed by hand: the token goes to the hub's own address
 * and to no other, and never unencrypted over a network.
 */
final class HubClient implements AutoCloseable {
  /** A listing of a repository is some kilobytes; more than this is no listing. */
  private static final int MOST_JSON = 32 << 20;

  private static final int MOST_REDIRECTS = 10;
  static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  /** How often a server that is busy is asked, and how long it is waited for at most each time. */
  private static final int ATTEMPTS = 5;

  private static final Duration MOST_WAIT = Duration.ofMinutes(2);

  private final HubSettings settings;
  private final Transport transport;
  private final Duration pause;
  private final Progress progress;

  /**
   * @param transport sends the requests; it is closed with this client
   * @param pause before a busy server is asked again, unless it says when; twice as long each time
   * @param progress is told of such waiting
   */
  HubClient(HubSettings settings, Transport transport, Duration pause, Progress progress) {
    this.settings = settings;
    this.transport = transport;
    this.pause = pause;
    this.progress = progress;
  }

  @Override
  public void close() {
    transport.close();
  }

  /**
   * The files of a repository.
   *
   * @param commit which state of it
   * @param names of all its files
   */
  record Listing(String commit, List<String> names) {
    Listing {
      names = List.copyOf(names);
    }
  }

  /** Nobody answers, or the connection broke: worth another attempt. */
  static class Unreachable extends IOException {
    private static final long serialVersionUID = 1L;

    Unreachable(String message, Throwable cause) {
      super(message, cause);
    }

    Unreachable(String message) {
      super(message);
    }
  }

  /** Somebody has no time, and has been waited for long enough. */
  static final class Busy extends Unreachable {
    private static final long serialVersionUID = 1L;

    Busy(String message) {
      super(message);
    }
  }

  /**
   * @throws EngramException if there is no such model, or it may not be read
   * @throws Unreachable if the hub does not answer
   */
  Listing listing(HubName model) throws Unreachable {
    URI uri = uri("/api/models/%s/revision/%s".formatted(model.repository(), revision(model)));
    try (Answer answer = follow(model, "GET", uri, 0, true)) {
      JsonNode json = new ObjectMapper().readTree(answer.text());
      String commit = json.path("sha").asText("");
      if (!HubName.isCommit(commit)) {
        throw HubRefusals.noHub(answer.uri(), "names no commit of " + model);
      }
      List<String> names = new ArrayList<>();
      json.path("siblings").forEach(file -> names.add(file.path("rfilename").asText("")));
      return new Listing(commit, names);
    } catch (Unreachable e) {
      throw e;
    } catch (IOException e) {
      throw HubRefusals.noHub(uri, "answers with something that is no JSON");
    }
  }

  /**
   * What the hub says of a file, without its content.
   *
   * @param commit of the repository
   */
  RemoteFile head(HubName model, String commit, String file) throws Unreachable {
    URI uri = resolve(model, commit, file);
    try (Answer answer = follow(model, "HEAD", uri, 0, false)) {
      String at = answer.header("X-Repo-Commit").orElse("");
      String hash =
          answer
              .header("X-Linked-Etag")
              .or(() -> answer.header("ETag"))
              .orElse("")
              .replaceFirst("^W/", "")
              .replace("\"", "");
      // A redirect has a length of its own.
      String length = answer.status() < 300 ? "Content-Length" : "X-Linked-Size";
      long size =
          answer
              .header("X-Linked-Size")
              .or(() -> answer.header(length))
              .filter(n -> n.matches("\\d{1,18}"))
              .map(Long::parseLong)
              .orElse(-1L);
      if (!at.equals(commit) || !BlobHash.isHash(hash) || size < 0) {
        throw HubRefusals.noHub(uri, "does not say commit, hash and size of " + file);
      }
      return new RemoteFile(file, hash, size);
    }
  }

  /**
   * The content of a file.
   *
   * @param from the first byte that is wanted; the answer says where it begins
   */
  Answer open(HubName model, String commit, String file, long from) throws Unreachable {
    return follow(model, "GET", resolve(model, commit, file), from, true);
  }

  private URI resolve(HubName model, String commit, String file) {
    return uri("/%s/resolve/%s/%s".formatted(model.repository(), commit, escaped(file)));
  }

  private static String revision(HubName model) {
    return escaped(model.revision());
  }

  private static String escaped(String part) {
    return URLEncoder.encode(part, UTF_8).replace("+", "%20");
  }

  private URI uri(String path) {
    return URI.create(settings.endpoint() + path);
  }

  /** An answer whose content is still to be read. */
  static final class Answer implements AutoCloseable {
    private final Transport.Answer response;

    Answer(Transport.Answer response) {
      this.response = response;
    }

    URI uri() {
      return response.uri();
    }

    int status() {
      return response.status();
    }

    Optional<String> header(String name) {
      return response.header(name);
    }

    /** Whether a proxy answers in the place of the server. */
    boolean isOfProxy() {
      return response.isOfProxy();
    }

    /** The proxy that answers. */
    HubProxy proxy() {
      return response.proxy().orElseThrow();
    }

    /** The kinds of login that a proxy offers. */
    String kindsOfLogin() {
      return response.kindsOfLogin();
    }

    /** The place of the first byte: 0 where the sender does not send parts. */
    long from() {
      return status() != 206
          ? 0
          : header("Content-Range")
              .filter(r -> r.matches("bytes \\d{1,18}-.*"))
              .map(r -> Long.parseLong(r.substring(6, r.indexOf('-'))))
              .orElse(-1L);
    }

    /** The next bytes; null at the end. */
    @Nullable ByteBuffer next() throws Unreachable {
      try {
        return response.body().next();
      } catch (InterruptedException e) {
        throw interrupted(e);
      } catch (IOException e) {
        throw new Unreachable(Failures.why(e), e);
      }
    }

    private byte[] text() throws Unreachable {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (ByteBuffer b = next(); b != null && out.size() < MOST_JSON; b = next()) {
        byte[] bytes = new byte[b.remaining()];
        b.get(bytes);
        out.writeBytes(bytes);
      }
      return out.toByteArray();
    }

    @Override
    public void close() {
      response.body().close();
    }
  }

  /**
   * @param elsewhere whether a redirect to another address is followed, or is the answer
   */
  private Answer follow(HubName model, String method, URI uri, long from, boolean elsewhere)
      throws Unreachable {
    URI at = uri;
    for (int i = 0; i <= MOST_REDIRECTS; i++) {
      Answer answer = patiently(method, at, from);
      String location = answer.header("Location").orElse("");
      int status = answer.status();
      if (status < 300) {
        return answer;
      }
      if (status >= 400 || location.isEmpty()) {
        answer.close();
        throw new HubRefusals(settings).of(model, answer);
      }
      URI next = next(at, location);
      if (!isHub(next) && !elsewhere) {
        return answer;
      }
      answer.close();
      at = next;
    }
    throw HubRefusals.noHub(uri, "redirects in a circle");
  }

  private URI next(URI at, String location) {
    try {
      URI next = at.resolve(location);
      boolean plain = "http".equals(next.getScheme()) && !"https".equals(at.getScheme());
      if (next.getHost() != null && (plain || "https".equals(next.getScheme()))) {
        return next;
      }
    } catch (IllegalArgumentException e) {
      // no address: told below
    }
    throw HubRefusals.noHub(at, "redirects to '" + location.lines().findFirst().orElse("") + "'");
  }

  /** A server that has no time is waited for, and asked again. */
  private Answer patiently(String method, URI uri, long from) throws Unreachable {
    for (int attempt = 1; ; attempt++) {
      Answer answer = send(method, uri, from);
      if (!isBusy(answer.status())) {
        return answer;
      }
      answer.close();
      String who = answer.isOfProxy() ? answer.proxy().toString() : site(uri);
      Duration wait = wait(answer, attempt);
      if (wait.compareTo(MOST_WAIT) > 0) {
        throw new Busy(
            "%s answers with the status %d and wants to be asked again in %,d s"
                .formatted(who, answer.status(), wait.toSeconds()));
      }
      if (attempt == ATTEMPTS) {
        throw new Busy(
            "%s answers with the status %d, %d times in a row"
                .formatted(who, answer.status(), ATTEMPTS));
      }
      sleep(wait, "%s is busy (status %d), waiting, s".formatted(who, answer.status()));
    }
  }

  private static boolean isBusy(int status) {
    return status == 408 || status == 429 || status >= 500;
  }

  private Duration wait(Answer answer, int attempt) {
    String given = answer.header("Retry-After").orElse("").strip();
    if (given.matches("\\d{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(given));
    }
    try {
      Duration until =
          Duration.between(
              ZonedDateTime.now(),
              ZonedDateTime.parse(given, DateTimeFormatter.RFC_1123_DATE_TIME));
      return until.isNegative() ? Duration.ZERO : until;
    } catch (DateTimeParseException e) {
      return pause.multipliedBy(1L << (attempt - 1)); // it does not say
    }
  }

  /** In short pieces, each of which is told and can be interrupted. */
  private void sleep(Duration wait, String what) {
    long all = wait.toMillis();
    try {
      for (long done = 0; done < all; done += 1000) {
        progress.step(what, done / 1000, Math.max(1, all / 1000));
        Thread.sleep(Math.min(1000, all - done));
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private Answer send(String method, URI uri, long from) throws Unreachable {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Accept-Encoding", "identity");
    if (from > 0) {
      headers.put("Range", "bytes=" + from + "-");
    }
    if (settings.token() != null && isHub(uri) && isPrivate(uri)) {
      headers.put("Authorization", "Bearer " + settings.token());
    }
    try {
      Progress.checkInterrupt();
      return new Answer(transport.send(method, uri, headers));
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private boolean isHub(URI uri) {
    return settings.isHub(uri);
  }

  private static boolean isPrivate(URI uri) {
    return "https".equals(uri.getScheme()) || LOOPBACK.contains(uri.getHost());
  }

  private static String site(URI uri) {
    return Failures.site(uri);
  }

  private static RuntimeException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    Progress.checkInterrupt(); // throws
    return new IllegalStateException(e);
  }
}
