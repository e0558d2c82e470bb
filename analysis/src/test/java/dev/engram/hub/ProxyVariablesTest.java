package dev.engram.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Refusal;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which proxy leads where, by the variables of the environment. */
class ProxyVariablesTest {
  private static final URI HUB = URI.create("https://huggingface.co/x");

  private static Optional<HubProxy> select(URI uri, String... pairs) {
    Map<String, String> environment = new HashMap<>();
    for (String pair : pairs) {
      environment.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
    }
    return new ProxyVariables(environment, null).select(uri);
  }

  @ParameterizedTest
  @CsvSource({
    "http://proxy:3128, HTTP, proxy, 3128",
    "proxy:3128, HTTP, proxy, 3128",
    "HTTP://proxy/, HTTP, proxy, 80",
    "socks5h://10.0.0.1, SOCKS5H, 10.0.0.1, 1080",
    "socks5://my_proxy:99, SOCKS5, my_proxy, 99",
    "http://[2001:db8::1]:8080, HTTP, 2001:db8::1, 8080",
  })
  void addressesOfProxies(String address, HubProxy.Kind kind, String host, int port) {
    assertEquals(
        new HubProxy(kind, host, port, null, "HTTPS_PROXY"),
        HubProxy.of(" " + address + " ", "HTTPS_PROXY"));
  }

  @ParameterizedTest
  @CsvSource({
    "ada:secret, ada, secret",
    "ada, ada, ''",
    "ada:, ada, ''",
    "a%40b:p%3Aq%2F%23%25, a@b, p:q/#%",
    "ada:x@y:z, ada, x@y:z",
    "ada:p+q, ada, p+q",
    "ädä:ßecret, ädä, ßecret"
  })
  void usersAndPasswordsAreDecodedAndNeverShown(String login, String user, String password) {
    HubProxy proxy = HubProxy.of("http://" + login + "@proxy:3128", "HTTPS_PROXY");
    assertEquals(new HubProxy.Login(user, password), proxy.login());
    assertEquals("the proxy proxy:3128 (HTTPS_PROXY)", proxy.toString());
    assertFalse(String.valueOf(proxy.login()).contains(user));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://ada:secret@",
        "http://ada:secret@host:port",
        "http://ada:secret@host:99999",
        "http://ada:secret%zz@host",
        "https://ada:secret@host",
        "socks4://ada:secret@host",
        "http://ada:secret@host/path"
      })
  void whatIsNoProxyIsRefusedWithoutItsPassword(String address) {
    String said = Refusal.of(() -> select(HUB, "HTTPS_PROXY=" + address));
    assertFalse(said.contains("secret"), said);
    assertTrue(said.contains("HTTPS_PROXY"), said);
  }

  @ParameterizedTest
  @CsvSource({
    "https, https_proxy=a:1 HTTPS_PROXY=b:1 ALL_PROXY=c:1, a",
    "https, https_proxy= HTTPS_PROXY=b:1 ALL_PROXY=c:1, b",
    "https, HTTP_PROXY=b:1 all_proxy=d:1 ALL_PROXY=c:1, d",
    "https, HTTP_PROXY=b:1, ''",
    "http, HTTP_PROXY=b:1 HTTPS_PROXY=a:1, b",
    "http, HTTPS_PROXY=a:1 ALL_PROXY=c:1, c",
  })
  void theNearestVariableCounts(String scheme, String variables, String host) {
    assertEquals(
        host,
        select(URI.create(scheme + "://hub.test"), variables.split(" "))
            .map(HubProxy::host)
            .orElse(""));
  }

  @ParameterizedTest
  @CsvSource({
    "https://huggingface.co, huggingface.co, true",
    "https://cdn.huggingface.co, huggingface.co, true",
    "https://huggingface.co, .huggingface.co, true",
    "https://cdn.huggingface.co, '.lan, *.huggingface.co', true",
    "https://cdn.huggingface.co, 'x huggingface.co', true",
    "https://HuggingFace.co, HUGGINGFACE.CO, true",
    "https://nothuggingface.co, huggingface.co, false",
    "https://huggingface.co, cdn.huggingface.co, false",
    "https://huggingface.co, *, true",
    "https://huggingface.co, '', false",
    "https://huggingface.co, ' , ', false",
    "https://huggingface.co, huggingface.co:443, true",
    "https://huggingface.co:8443, huggingface.co:443, false",
    "https://huggingface.co:8443, huggingface.co:8443, true",
    "https://10.1.2.3, 10.0.0.0/8, true",
    "https://11.1.2.3, 10.0.0.0/8, false",
    "https://10.1.2.3, 10.1.2.0/25, true",
    "https://10.1.2.200, 10.1.2.0/25, false",
    "https://10.1.2.3, 10.1.2.3, true",
    "https://[2001:db8::1], 2001:db8::/32, true",
    "https://[2001:db9::1], 2001:db8::/32, false",
    "https://[2001:db8::1], 2001:db8::1, true",
    "https://10.1.2.3, 10.0.0.0/x, false",
    "https://localhost:8000, '', true",
    "https://127.0.0.1, '', true",
  })
  void someAddressesAreReachedDirectly(URI uri, String exceptions, boolean direct) {
    assertEquals(direct, select(uri, "ALL_PROXY=proxy:1", "NO_PROXY=" + exceptions).isEmpty());
    assertEquals(direct, select(uri, "ALL_PROXY=proxy:1", "no_proxy=" + exceptions).isEmpty());
  }

  @Test
  void whereTheVariablesSayNothingJavasSettingsDecide() {
    ProxySelector java = ProxySelector.of(new InetSocketAddress("proxy", 3128));
    assertEquals(
        "the proxy proxy:3128 (Java's settings)",
        new ProxyVariables(Map.of(), java).select(HUB).orElseThrow().toString());
    assertEquals(
        Optional.empty(),
        new ProxyVariables(Map.of("HTTPS_PROXY", "x:1", "NO_PROXY", "*"), java).select(HUB));
  }
}
