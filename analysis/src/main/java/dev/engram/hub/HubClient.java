package dev.engram.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.EngramException;
import dev.engram.Progress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Asks the hub, over HTTP. Redirects are followed by hand: the token goes to the hub's own address
 * and to no other, and never unencrypted over a network.
 */
final class HubClient {
  /** A listing of a repository is some kilobytes; more than this is no listing. */
  private static final int MOST_JSON = 32 << 20;

  private static final int MOST_REDIRECTS = 10;
  static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  private final HubSettings settings;
  private final Duration patience;
  private final HttpClient http;

  /**
   * @param patience how long to wait for a connection, for an answer, and for each piece of it
   */
  HubClient(HubSettings settings, Duration patience) {
    this.settings = settings;
    this.patience = patience;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(patience)
            .proxy(ProxyVariables.ofEnvironment())
            .build();
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
  static final class Unreachable extends IOException {
    private static final long serialVersionUID = 1L;

    Unreachable(String message, Throwable cause) {
      super(message, cause);
    }

    Unreachable(String message) {
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
        throw noHub(answer.response.uri(), "names no commit of " + model);
      }
      List<String> names = new ArrayList<>();
      json.path("siblings").forEach(file -> names.add(file.path("rfilename").asText("")));
      return new Listing(commit, names);
    } catch (Unreachable e) {
      throw e;
    } catch (IOException e) {
      throw noHub(uri, "answers with something that is no JSON");
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
      HttpHeaders headers = answer.response.headers();
      String at = headers.firstValue("X-Repo-Commit").orElse("");
      String hash =
          headers
              .firstValue("X-Linked-Etag")
              .or(() -> headers.firstValue("ETag"))
              .orElse("")
              .replaceFirst("^W/", "")
              .replace("\"", "");
      // A redirect has a length of its own.
      String length = answer.response.statusCode() < 300 ? "Content-Length" : "X-Linked-Size";
      long size =
          headers
              .firstValueAsLong("X-Linked-Size")
              .orElseGet(() -> headers.firstValueAsLong(length).orElse(-1));
      if (!at.equals(commit) || !BlobHash.isHash(hash) || size < 0) {
        throw noHub(uri, "does not say commit, hash and size of " + file);
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
    private final HttpResponse<Body> response;

    Answer(HttpResponse<Body> response) {
      this.response = response;
    }

    /** The place of the first byte: 0 where the sender does not send parts. */
    long from() {
      return response.statusCode() != 206
          ? 0
          : response
              .headers()
              .firstValue("Content-Range")
              .filter(r -> r.matches("bytes \\d{1,18}-.*"))
              .map(r -> Long.parseLong(r.substring(6, r.indexOf('-'))))
              .orElse(-1L);
    }

    /**
     * @return the next bytes; null at the end
     */
    @Nullable ByteBuffer next() throws Unreachable {
      try {
        return response.body().next();
      } catch (InterruptedException e) {
        throw interrupted(e);
      } catch (IOException e) {
        throw new Unreachable(why(e), e);
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
      Answer answer = send(method, at, from);
      HttpResponse<Body> response = answer.response;
      String location = response.headers().firstValue("Location").orElse("");
      int status = response.statusCode();
      if (status < 300) {
        return answer;
      }
      if (status >= 400 || location.isEmpty()) {
        answer.close();
        throw refused(model, at, response);
      }
      URI next = next(at, location);
      if (!isHub(next) && !elsewhere) {
        return answer;
      }
      answer.close();
      at = next;
    }
    throw noHub(uri, "redirects in a circle");
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
    throw noHub(at, "redirects to '" + location.lines().findFirst().orElse("") + "'");
  }

  private Answer send(String method, URI uri, long from) throws Unreachable {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(patience)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .header("User-Agent", "engram")
            .header("Accept-Encoding", "identity");
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
    }
    if (settings.token() != null && isHub(uri) && isPrivate(uri)) {
      request.header("Authorization", "Bearer " + settings.token());
    }
    try {
      Progress.checkInterrupt();
      return new Answer(http.send(request.build(), info -> new Body(patience)));
    } catch (InterruptedException e) {
      throw interrupted(e);
    } catch (SSLException e) {
      throw new EngramException(
          "The connection to %s is not secure (%s); check date, certificates and proxy of this machine."
              .formatted(site(uri), why(e)),
          e);
    } catch (IOException e) {
      throw new Unreachable(site(uri) + " cannot be reached (" + why(e) + ")", e);
    }
  }

  private boolean isHub(URI uri) {
    return site(uri).equals(site(settings.endpoint()));
  }

  private static boolean isPrivate(URI uri) {
    return "https".equals(uri.getScheme()) || LOOPBACK.contains(uri.getHost());
  }

  private static String site(URI uri) {
    int port = uri.getPort();
    return (uri.getScheme() + "://" + uri.getHost()).toLowerCase(Locale.ROOT)
        + (port < 0 ? "" : ":" + port);
  }

  private static String why(IOException failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof UnresolvedAddressException) {
        return "its name has no address here";
      }
    }
    String message = failure.getMessage();
    if (failure instanceof ConnectException && message == null) {
      return "nobody answers there";
    }
    String kind = failure.getClass().getSimpleName();
    return message == null ? kind : message.lines().findFirst().orElse(kind);
  }

  private static RuntimeException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    Progress.checkInterrupt(); // throws
    return new IllegalStateException(e);
  }

  private static EngramException noHub(URI uri, String what) {
    return new EngramException(
        "%s %s, so it is no Hugging Face hub, or not one that Engram can use; check HF_ENDPOINT, or a proxy in between."
            .formatted(site(uri), what));
  }

  private EngramException refused(HubName model, URI uri, HttpResponse<Body> response)
      throws Unreachable {
    int status = response.statusCode();
    if (status == 408 || status == 416 || status == 429 || status >= 500) {
      throw new Unreachable(site(uri) + " answers with the status " + status);
    }
    String code = response.headers().firstValue("X-Error-Code").orElse("");
    String page = settings.endpoint() + "/" + model.repository();
    if (!isHub(uri)) {
      return new EngramException(
          "%s, where the hub keeps files of %s, answers with the status %d; try again."
              .formatted(site(uri), model, status));
    }
    if (code.equals("GatedRepo")) {
      return new EngramException(
          settings.token() == null
              ? "%s is gated: accept its terms at %s, make a token that may read it, and put that into HF_TOKEN."
                  .formatted(model, page)
              : "%s is gated, and your token does not open it: accept its terms at %s with the account of the token."
                  .formatted(model, page));
    }
    if (code.equals("RevisionNotFound")) {
      return new EngramException(
          "%s has no revision '%s' on the hub; %s/tree/main lists its branches and tags."
              .formatted(model.repository(), model.revision(), page));
    }
    if (code.equals("EntryNotFound")) {
      return new EngramException(
          "The hub lists a file of %s that it does not have (%s); try again."
              .formatted(model, uri.getPath()));
    }
    if (status == 404
        || code.equals("RepoNotFound")
        || (status == 401 && settings.token() == null)) {
      return new EngramException(
          "There is no model %s on the hub (%s), or it is private; check the name%s."
              .formatted(
                  model.repository(),
                  site(settings.endpoint()),
                  settings.token() == null
                      ? ", or put a token that may read it into HF_TOKEN"
                      : " and what your token may read"));
    }
    if (status == 401 || status == 403) {
      return new EngramException(
          "The hub refuses the token for %s (status %d); make a new one, put it into HF_TOKEN, or leave it out for public models."
              .formatted(model, status));
    }
    return new EngramException(
        "The hub answers with the status %d when it is asked for %s.".formatted(status, model));
  }
}
