package dev.engram.hub;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which proxy leads to an address, by {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code ALL_PROXY}
 * and {@code NO_PROXY}, read as curl and Python's requests read them; where they say nothing, by
 * Java's own settings. This machine itself is never reached through a proxy.
 */
final class ProxyVariables {
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

  /**
   * @throws dev.engram.EngramException if the variable that counts holds no address of a proxy
   */
  Optional<HubProxy> select(URI uri) {
    String host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
    if (HubClient.LOOPBACK.contains(host)) {
      return Optional.empty();
    }
    String port = String.valueOf(uri.getPort() >= 0 ? uri.getPort() : defaultPort(uri));
    for (String name : List.of(uri.getScheme() + "_proxy", "all_proxy")) {
      for (String variable : List.of(name, name.toUpperCase(Locale.ROOT))) {
        String address = environment.getOrDefault(variable, "");
        if (!address.isBlank()) {
          return isExcepted(host.replaceAll("[\\[\\]]", ""), port)
              ? Optional.empty()
              : Optional.of(HubProxy.of(address, variable));
        }
      }
    }
    return ofJava(uri);
  }

  private static int defaultPort(URI uri) {
    return "https".equals(uri.getScheme()) ? 443 : 80;
  }

  private Optional<HubProxy> ofJava(URI uri) {
    if (otherwise == null) {
      return Optional.empty();
    }
    return otherwise.select(uri).stream()
        .filter(p -> p.type() != Proxy.Type.DIRECT && p.address() instanceof InetSocketAddress)
        .findFirst()
        .map(
            p -> {
              InetSocketAddress at = (InetSocketAddress) p.address();
              boolean socks = p.type() == Proxy.Type.SOCKS;
              return new HubProxy(
                  socks ? HubProxy.Kind.SOCKS5H : HubProxy.Kind.HTTP,
                  at.getHostString(),
                  at.getPort(),
                  null,
                  "Java's settings");
            });
  }

  /** Names with all that ends in them, numbers, blocks of numbers, each perhaps with a port. */
  private boolean isExcepted(String host, String port) {
    String lower = environment.getOrDefault("no_proxy", "");
    String list = lower.isBlank() ? environment.getOrDefault("NO_PROXY", "") : lower;
    for (String part : list.toLowerCase(Locale.ROOT).split("[,\\s]+")) {
      String name = part.replaceFirst("^\\*?\\.", "");
      if (name.matches("[^:]*:\\d+|\\[.*\\]:\\d+")) {
        int colon = name.lastIndexOf(':');
        if (!name.substring(colon + 1).equals(port)) {
          continue;
        }
        name = name.substring(0, colon);
      }
      name = name.replaceAll("[\\[\\]]", "");
      if (name.equals("*")
          || (!name.isEmpty() && (host.equals(name) || host.endsWith("." + name)))
          || isInBlock(host, name)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a number lies in a block such as {@code 10.0.0.0/8}. */
  private static boolean isInBlock(String host, String block) {
    int slash = block.indexOf('/');
    byte[] number = number(host);
    byte[] first = slash < 0 ? null : number(block.substring(0, slash));
    String length = block.substring(slash + 1);
    if (number == null
        || first == null
        || number.length != first.length
        || !length.matches("\\d{1,3}")) {
      return false;
    }
    int bits = Integer.parseInt(length);
    for (int i = 0; i < Math.min(bits, number.length * 8); i++) {
      int mask = 0x80 >> (i % 8);
      if ((number[i / 8] & mask) != (first[i / 8] & mask)) {
        return false;
      }
    }
    return true;
  }

  /** The bytes of an address that is written in numbers; null for a name, which nobody is asked. */
  private static byte @Nullable [] number(String host) {
    if (!host.matches("\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*")) {
      return null;
    }
    try {
      return InetAddress.getByName(host).getAddress();
    } catch (UnknownHostException e) {
      return null; // as good as a name
    }
  }
}
