package dev.engram.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Refusal;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The variables of the environment that lead to a hub, against a hub with TLS, an HTTP proxy and a
 * SOCKS proxy, all on loopback. The names {@code hub.test} and {@code store.test} exist at the
 * proxies alone.
 */
class NetworkTest {
  private static final Path CERTIFICATES = Path.of("src/test/resources/hub").toAbsolutePath();
  private static final Path AUTHORITY = CERTIFICATES.resolve("authority.pem");
  private static final HubName MODEL = HubName.of(LoopbackHub.NAME).orElseThrow();
  private static final String TOKEN = "hf_token";
  private static final String LOGIN = "ada:p%40ss";
  private static final String PASSWORD = "p@ss";

  @TempDir private Path temp = Path.of("");
  private final LoopbackHub hub;
  private final LoopbackProxy http = new LoopbackProxy(false);
  private final LoopbackProxy socks = new LoopbackProxy(true);

  NetworkTest() throws IOException {
    hub = serving(new LoopbackHub(tls("server"), "store.test"));
  }

  private static LoopbackHub serving(LoopbackHub hub) {
    byte[] weights = new byte[3_000_000];
    new Random(1).nextBytes(weights);
    hub.files.put("model.safetensors", weights);
    for (String text : List.of("config.json", "preprocessor_config.json", "tokenizer.json")) {
      hub.files.put(text, ("{\"" + text + "\": 1}").getBytes(StandardCharsets.UTF_8));
    }
    return hub;
  }

  private static SSLContext tls(String certificate) {
    try (InputStream in = Files.newInputStream(CERTIFICATES.resolve(certificate + ".p12"))) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(in, "engram".toCharArray());
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, "engram".toCharArray());
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterEach
  void stop() throws IOException {
    hub.close();
    http.close();
    socks.close();
  }

  /** {@code NAME=value} words, in which HTTP, SOCKS and CA stand for what was started here. */
  private Map<String, String> environment(String words) {
    Map<String, String> environment = new HashMap<>();
    for (String word : words.isBlank() ? new String[0] : words.strip().split("\\s+")) {
      String value = word.substring(word.indexOf('=') + 1);
      environment.put(
          word.substring(0, word.indexOf('=')),
          value
              .replace("{http}", http.address())
              .replace("{socks}", socks.address())
              .replace("{certificates}", CERTIFICATES.toString()));
    }
    return environment;
  }

  private Path download(URI endpoint, String variables) {
    return download(MODEL, endpoint, variables);
  }

  private Path download(HubName model, URI endpoint, String variables) {
    return new Hub(
            new HubSettings(endpoint, temp.resolve("hub"), TOKEN, false),
            environment(variables),
            null,
            folder -> Long.MAX_VALUE,
            Duration.ofSeconds(20),
            Duration.ofMillis(1))
        .model(model, Progress.NONE);
  }

  private void assertComplete(Path snapshot) throws IOException {
    for (String name : hub.files.keySet()) {
      assertEquals(
          LoopbackHub.sha256(hub.files.get(name)),
          LoopbackHub.sha256(Files.readAllBytes(snapshot.resolve(name))),
          name);
    }
  }

  /** The token came to the hub alone, and no proxy's login to anybody but that proxy. */
  private void assertSecretsStayed() {
    String login = Base64.getEncoder().encodeToString(("ada:" + PASSWORD).getBytes());
    for (LoopbackHub.Request request : hub.requests) {
      assertEquals(
          request.server().equals("hub") ? "Bearer " + TOKEN : "", request.token(), "" + request);
      assertEquals("", request.proxyLogin(), "" + request);
    }
    for (String head : http.seen) {
      assertFalse(head.contains(TOKEN), head);
    }
    if (http.login.isEmpty()) {
      assertTrue(http.seen.stream().noneMatch(head -> head.contains(login)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "HTTPS_PROXY=http://{http}, http",
    "https_proxy={http} HTTPS_PROXY=http://127.0.0.1:1, http",
    "HTTPS_PROXY=http://ada:p%40ss@{http}, http",
    "ALL_PROXY=http://ada:p%40ss@{http}, http",
    "ALL_PROXY=http://ada:p%40ss@{http} HTTP_PROXY=http://127.0.0.1:1, http",
    "all_proxy=socks5h://{socks}, socks",
    "ALL_PROXY=socks5h://ada:p%40ss@{socks}, socks",
    "HTTPS_PROXY=socks5h://ada:p%40ss@{socks} ALL_PROXY=http://{http}, socks",
    "HTTPS_PROXY=http://{http} NO_PROXY=elsewhere.test, http",
  })
  void aModelComesThroughTheProxyThatIsNamed(String variables, String way) throws IOException {
    LoopbackProxy proxy = way.equals("http") ? http : socks;
    proxy.login = variables.contains("ada") ? "ada:" + PASSWORD : "";
    URI endpoint = hub.endpoint("hub.test");
    assertComplete(download(endpoint, variables + " SSL_CERT_FILE={certificates}/authority.pem"));
    assertTrue(proxy.asked.contains("CONNECT hub.test:" + endpoint.getPort()), "" + proxy.asked);
    assertTrue(
        proxy.asked.stream().anyMatch(a -> a.startsWith("CONNECT store.test:")), "" + proxy.asked);
    assertEquals(List.of(), (proxy == http ? socks : http).asked);
    assertSecretsStayed();
  }

  /** socks5 has the name resolved here, and the proxy hears the number. */
  @Test
  void aSocksProxyMayBeToldTheNumber() {
    hub.status = 404;
    URI endpoint = hub.endpoint("127.0.0.2");
    Refusal.holds(
        () ->
            download(
                endpoint, "ALL_PROXY=socks5://{socks} SSL_CERT_FILE={certificates}/authority.pem"),
        "There is no model");
    assertEquals(List.of("CONNECT 127.0.0.2:" + endpoint.getPort()), socks.asked);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP_PROXY=http://{http}",
        "HTTPS_PROXY=http://{http} NO_PROXY=.test",
        "ALL_PROXY=socks5h://{socks} no_proxy=hub.test"
      })
  void withoutProxyTheHubsNameIsResolvedHere(String variables) {
    Refusal.holds(
        () -> download(hub.endpoint("hub.test"), variables),
        "https://hub.test",
        "its name has no address here");
    assertEquals(List.of(), http.seen);
    assertEquals(List.of(), socks.asked);
  }

  @Test
  void throughAProxyATokenIsNeverSentInTheClear() throws IOException {
    try (LoopbackHub plain = serving(new LoopbackHub(null, "store.test"))) {
      http.login = "ada:" + PASSWORD;
      URI endpoint = plain.endpoint("hub.test");
      download(endpoint, "HTTP_PROXY=http://" + LOGIN + "@{http}");
      assertTrue(http.asked.get(0).startsWith("GET " + endpoint + "/api/"), http.asked.get(0));
      assertTrue(http.seen.stream().noneMatch(head -> head.contains(TOKEN)));
      assertTrue(plain.requests.stream().allMatch(r -> r.token().isEmpty()));
      HubName unknown = HubName.of("acme/unknown").orElseThrow();
      Refusal.holds(
          () -> download(unknown, endpoint, "HTTP_PROXY=http://ada:wrong@{http}"),
          "refuses its user and password");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "HTTPS_PROXY=http://{http}; asks for a user and a password",
        "HTTPS_PROXY=http://ada:wrong@{http}; refuses its user and password",
        "ALL_PROXY=socks5h://{socks}; asks for a user and a password",
        "ALL_PROXY=socks5h://ada:wrong@{socks}; refuses its user and password",
      })
  void aLoginThatIsMissingOrWrongIsTheProxys(String variables, String said) {
    http.login = "ada:" + PASSWORD;
    socks.login = http.login;
    String sentence = Refusal.of(() -> download(hub.endpoint("hub.test"), variables));
    assertTrue(sentence.contains(said), sentence);
    assertTrue(sentence.contains("roxy 127.0.0.1:"), sentence);
    assertTrue(sentence.contains(variables.substring(0, variables.indexOf('='))), sentence);
    assertFalse(sentence.contains("wrong") || sentence.contains("HF_TOKEN"), sentence);
    assertEquals(List.of(), hub.requests);
  }

  @Test
  void aLoginOfAnotherKindIsNamed() {
    http.login = "ada:" + PASSWORD;
    http.challenge = "Negotiate";
    Refusal.holds(
        () -> download(hub.endpoint("hub.test"), "HTTPS_PROXY=http://" + LOGIN + "@{http}"),
        "asks for a login of the kind Negotiate",
        "Basic and Digest");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "HTTPS_PROXY=http://{http}; 403; does not let Engram reach https://hub.test; status 403",
        "HTTPS_PROXY=http://{http}; 502; the proxy 127.0.0.1; status 502, 5 times in a row",
        "ALL_PROXY=socks5h://{socks}; 2; does not let Engram reach https://hub.test; by its rules",
        "ALL_PROXY=socks5h://{socks}; 4; through the SOCKS proxy 127.0.0.1; Host unreachable",
        "HTTPS_PROXY=http://127.0.0.1:1; 0; the proxy 127.0.0.1:1; nobody answers there",
        "HTTPS_PROXY=http://proxy.invalid; 0; the proxy proxy.invalid:80; no address here",
        "ALL_PROXY=socks5h://127.0.0.1:1; 0; the SOCKS proxy 127.0.0.1:1; nobody answers there",
      })
  void aProxyThatDoesNotLeadThereIsNamed(String variables, int refusal, String who, String why) {
    http.refusal = refusal;
    socks.refusal = refusal;
    Refusal.holds(() -> download(hub.endpoint("hub.test"), variables), who, why);
    assertEquals(List.of(), hub.requests);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSL_CERT_FILE={certificates}/authority.pem",
        "REQUESTS_CA_BUNDLE={certificates}/authority.pem SSL_CERT_FILE=/nowhere",
        "CURL_CA_BUNDLE={certificates}/authority.pem",
        "SSL_CERT_DIR={certificates}",
        "REQUESTS_CA_BUNDLE={certificates}",
      })
  void authoritiesComeFromTheEnvironment(String variables) {
    hub.status = 404;
    Refusal.holds(() -> download(hub.endpoint("localhost"), variables), "There is no model");
    assertEquals(1, hub.requests.size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "; signed by an authority that is not in Java's own list; name a file with its authority",
        "SSL_CERT_FILE={certificates}/another-authority.pem; signed by; another-authority.pem",
        "SSL_CERT_FILE=/nowhere/x.pem; SSL_CERT_FILE=/nowhere/x.pem holds no certificates; PEM",
        "CURL_CA_BUNDLE={certificates}/make.sh; make.sh holds no certificates; PEM",
        "SSL_CERT_DIR=/nowhere; SSL_CERT_DIR=/nowhere holds no certificates; PEM",
      })
  void aCertificateThatNobodyVouchesForIsNamed(String variables, String said, String advice) {
    Refusal.holds(
        () -> download(hub.endpoint("localhost"), variables == null ? "" : variables),
        said,
        advice);
    assertEquals(List.of(), hub.requests);
  }

  @ParameterizedTest
  @CsvSource({"expired, is not valid today", "another-name, is one for another name"})
  void aCertificateThatIsWrongIsNamed(String certificate, String said) throws IOException {
    try (LoopbackHub other = new LoopbackHub(tls(certificate), "store.test")) {
      Refusal.holds(
          () -> download(other.endpoint("localhost"), "SSL_CERT_FILE=" + AUTHORITY),
          "The certificate",
          said);
      Refusal.holds(
          () ->
              download(other.endpoint("hub.test"), "HTTPS_PROXY={http} SSL_CERT_FILE=" + AUTHORITY),
          "https://hub.test",
          "through the proxy 127.0.0.1",
          said);
    }
  }

  @Test
  void whatSpeaksNoTlsIsNamed() throws IOException {
    try (ServerSocket plain = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread server =
          new Thread(
              () -> {
                try (Socket client = plain.accept()) {
                  client.getInputStream().read();
                  client.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes());
                } catch (IOException e) {
                  // the test fails below
                }
              });
      server.setDaemon(true);
      server.start();
      URI endpoint = URI.create("https://127.0.0.1:" + plain.getLocalPort());
      Refusal.holds(() -> download(endpoint, ""), "does not speak TLS", "HF_ENDPOINT");
    }
  }
}
