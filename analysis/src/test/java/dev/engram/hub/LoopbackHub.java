package dev.engram.hub;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.engram.Sha256;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A hub on loopback that speaks the protocol of the real one, and another server, under another
 * name, where it keeps large files. Its fields are its faults.
 */
final class LoopbackHub implements AutoCloseable {
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  static final String NAME = "acme/tiny-clip";

  /** What a server was asked. */
  record Request(
      String server,
      String method,
      String path,
      String range,
      String token,
      String agent,
      String proxyLogin) {}

  final Map<String, byte[]> files = new TreeMap<>();
  final List<Request> requests = new CopyOnWriteArrayList<>();
  private final HttpServer hub;
  private final HttpServer store;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  /** The status of every answer of the hub, with the code that says why; 0 for none. */
  volatile int status;

  volatile String errorCode = "";

  /** The token without which nothing is answered; "" for none. */
  volatile String token = "";

  /** How many answers of the store break off, and after how many bytes. */
  volatile int cuts;

  volatile int cutAfter;

  /** Whether the store knows ranges. */
  volatile boolean ranges = true;

  /** Whether the store sends other bytes than were promised. */
  volatile boolean wrong;

  /** The name under which the repository lived before; "" for none. */
  volatile String formerName = "";

  /** The status of the store; 0 for none. */
  volatile int storeStatus;

  /** What the hub says instead of an answer; "" for none. */
  volatile String babble = "";

  /**
   * How many answers of the hub are {@link #status} before it goes on as if nothing was; 0: all.
   */
  volatile int busy;

  /** What the hub says of when to come again; "" for nothing. */
  volatile String retryAfter = "";

  private final @Nullable SSLContext tls;
  private final String storeName;

  LoopbackHub() throws IOException {
    this(null, "localhost");
  }

  /**
   * @param tls for HTTPS; null for HTTP
   * @param storeName another name of this machine: as strange to the hub as any other
   */
  LoopbackHub(@Nullable SSLContext tls, String storeName) throws IOException {
    this.tls = tls;
    this.storeName = storeName;
    hub = start(this::answer);
    store = start(this::send);
  }

  private HttpServer start(com.sun.net.httpserver.HttpHandler handler) throws IOException {
    InetSocketAddress place = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    HttpServer server = tls == null ? HttpServer.create(place, 0) : secure(place, tls);
    server.createContext("/", handler);
    server.setExecutor(threads);
    server.start();
    return server;
  }

  private static HttpServer secure(InetSocketAddress place, SSLContext tls) throws IOException {
    HttpsServer server = HttpsServer.create(place, 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    return server;
  }

  private String scheme() {
    return tls == null ? "http://" : "https://";
  }

  URI endpoint() {
    return endpoint("127.0.0.1");
  }

  /** Its address under another name. */
  URI endpoint(String name) {
    return URI.create(scheme() + name + ":" + hub.getAddress().getPort());
  }

  /** Every file of a folder. */
  LoopbackHub with(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      for (Path file : all.toList()) {
        files.put(String.valueOf(file.getFileName()), Files.readAllBytes(file));
      }
    }
    return this;
  }

  static String sha256(byte[] content) {
    return Sha256.of(content);
  }

  static String gitHash(byte[] content) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(sha1.digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void note(String server, HttpExchange exchange) {
    requests.add(
        new Request(
            server,
            exchange.getRequestMethod(),
            exchange.getRequestURI().getPath(),
            header(exchange, "Range"),
            header(exchange, "Authorization"),
            header(exchange, "User-Agent"),
            header(exchange, "Proxy-Authorization")));
  }

  private static String header(HttpExchange exchange, String name) {
    String value = exchange.getRequestHeaders().getFirst(name);
    return value == null ? "" : value;
  }

  private void answer(HttpExchange exchange) throws IOException {
    note("hub", exchange);
    String path = exchange.getRequestURI().getPath();
    if (!babble.isEmpty()) {
      reply(exchange, 200, babble.getBytes(StandardCharsets.UTF_8));
    } else if (!token.isEmpty() && !header(exchange, "Authorization").equals("Bearer " + token)) {
      refuse(exchange, 401, errorCode.isEmpty() ? "GatedRepo" : errorCode);
    } else if (status != 0) {
      if (!retryAfter.isEmpty()) {
        exchange.getResponseHeaders().set("Retry-After", retryAfter);
      }
      int told = status;
      if (busy > 0 && --busy == 0) {
        status = 0;
      }
      refuse(exchange, told, errorCode);
    } else if (!formerName.isEmpty() && path.contains(formerName)) {
      exchange.getResponseHeaders().set("Location", path.replace(formerName, NAME));
      reply(exchange, 307, new byte[0]);
    } else if (path.equals("/api/models/" + NAME + "/revision/main")
        || path.equals("/api/models/" + NAME + "/revision/refs/pr/1")
        || path.equals("/api/models/" + NAME + "/revision/" + COMMIT)) {
      reply(exchange, 200, listing());
    } else if (path.startsWith("/api/models/" + NAME + "/revision/")) {
      refuse(exchange, 404, "RevisionNotFound");
    } else if (path.startsWith("/" + NAME + "/resolve/" + COMMIT + "/")) {
      file(exchange, path.substring(path.lastIndexOf('/') + 1));
    } else {
      refuse(exchange, 401, "RepoNotFound");
    }
  }

  private byte[] listing() throws IOException {
    ObjectNode json = new ObjectMapper().createObjectNode().put("id", NAME).put("sha", COMMIT);
    ArrayNode siblings = json.putArray("siblings");
    files.keySet().forEach(name -> siblings.addObject().put("rfilename", name));
    return new ObjectMapper().writeValueAsBytes(json);
  }

  private void file(HttpExchange exchange, String name) throws IOException {
    byte[] content = files.get(name);
    if (content == null) {
      refuse(exchange, 404, "EntryNotFound");
      return;
    }
    exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
    if (name.matches(".*\\.(safetensors|bin|pt)")) {
      exchange.getResponseHeaders().set("X-Linked-Etag", '"' + sha256(content) + '"');
      exchange.getResponseHeaders().set("X-Linked-Size", "" + content.length);
      exchange
          .getResponseHeaders()
          .set(
              "Location",
              scheme()
                  + storeName
                  + ":"
                  + store.getAddress().getPort()
                  + "/"
                  + name
                  + "?signature=x%2Fy");
      reply(exchange, 302, "see there".getBytes(StandardCharsets.UTF_8));
    } else {
      exchange.getResponseHeaders().set("ETag", "W/\"" + gitHash(content) + '"');
      reply(exchange, 200, content);
    }
  }

  /** The store: parts of files, whole, cut or wrong. */
  private void send(HttpExchange exchange) throws IOException {
    note("store", exchange);
    byte[] content = files.get(exchange.getRequestURI().getPath().substring(1));
    if (storeStatus != 0 || content == null) {
      refuse(exchange, storeStatus, "");
      return;
    }
    if (wrong) {
      content = content.clone();
      content[content.length / 2] ^= 1;
    }
    String range = header(exchange, "Range");
    int from = ranges && !range.isEmpty() ? Integer.parseInt(range.replaceAll("\\D", "")) : 0;
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
    }
    byte[] part = Arrays.copyOfRange(content, from, content.length);
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, part.length);
    int sent = part.length;
    if (cuts > 0) {
      cuts--;
      sent = Math.min(cutAfter, part.length);
    }
    exchange.getResponseBody().write(part, 0, sent);
    exchange.getResponseBody().flush();
    exchange.close(); // less than was announced: the connection breaks off
  }

  private static void refuse(HttpExchange exchange, int status, String code) throws IOException {
    if (!code.isEmpty()) {
      exchange.getResponseHeaders().set("X-Error-Code", code);
    }
    reply(exchange, status, "no".getBytes(StandardCharsets.UTF_8));
  }

  private static void reply(HttpExchange exchange, int status, byte[] content) throws IOException {
    boolean head = exchange.getRequestMethod().equals("HEAD");
    if (head) {
      exchange.getResponseHeaders().set("Content-Length", "" + content.length);
    }
    exchange.sendResponseHeaders(status, head || content.length == 0 ? -1 : content.length);
    if (!head && content.length > 0) {
      exchange.getResponseBody().write(content);
    }
    exchange.close();
  }

  @Override
  public void close() {
    hub.stop(0);
    store.stop(0);
    threads.shutdownNow();
  }
}
