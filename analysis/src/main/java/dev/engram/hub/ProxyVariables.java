package dev.engram.hub;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The proxy that {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY} name, as other
 * programs of a machine read them; Java by itself knows only its own properties.
 */
final class ProxyVariables extends ProxySelector {
  private final Map<String, String> environment;
  private final @Nullable ProxySelector otherwise;

  /**
   * @param environment variables by name
   * @param otherwise decides where they say nothing; null for no proxy then
   */
  ProxyVariables(Map<String, String> environment, @Nullable ProxySelector otherwise) {
    this.environment = environment;
    this.otherwise = otherwise;
  }

  static ProxySelector ofEnvironment() {
    return new ProxyVariables(System.getenv(), ProxySelector.getDefault());
  }

  @Override
  public List<Proxy> select(URI uri) {
    String proxy = variable(String.valueOf(uri.getScheme()) + "_proxy");
    String host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
    if (proxy.isBlank()) {
      return unsaid(uri);
    }
    if (HubClient.LOOPBACK.contains(host) || isExcepted(host)) {
      return List.of(Proxy.NO_PROXY);
    }
    try {
      URI at = URI.create(proxy.contains("://") ? proxy.strip() : "http://" + proxy.strip());
      if (at.getHost() != null) {
        int port = at.getPort() < 0 ? 80 : at.getPort();
        return List.of(new Proxy(Proxy.Type.HTTP, new InetSocketAddress(at.getHost(), port)));
      }
    } catch (IllegalArgumentException e) {
      // no address: as if there were none
    }
    return unsaid(uri);
  }

  private List<Proxy> unsaid(URI uri) {
    return otherwise == null ? List.of(Proxy.NO_PROXY) : otherwise.select(uri);
  }

  private boolean isExcepted(String host) {
    for (String part : variable("no_proxy").split(",")) {
      String name = part.strip().toLowerCase(Locale.ROOT).replaceFirst("^\\*?\\.", "");
      if (name.equals("*")
          || (!name.isEmpty() && (host.equals(name) || host.endsWith("." + name)))) {
        return true;
      }
    }
    return false;
  }

  private String variable(String name) {
    String lower = environment.getOrDefault(name, "");
    return lower.isBlank() ? environment.getOrDefault(name.toUpperCase(Locale.ROOT), "") : lower;
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException failure) {
    // the request that failed says so
  }
}
