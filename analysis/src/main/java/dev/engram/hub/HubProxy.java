package dev.engram.hub;

import dev.engram.EngramException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A proxy between this machine and the hub.
 *
 * @param kind how it is spoken to
 * @param host its name or number
 * @param port its port
 * @param login user and password; null for none. They go to this proxy alone, and into no sentence
 * @param source what names it, for people: a variable of the environment, or Java's settings
 */
record HubProxy(Kind kind, String host, int port, @Nullable Login login, String source) {
  /** Where a proxy's address has no port. */
  private static final int HTTP_PORT = 80;

  private static final int SOCKS_PORT = 1080;
  private static final Pattern ADDRESS =
      Pattern.compile(
          "(?:(\\w+)://)?(?:(.*)@)?(\\[[0-9A-Fa-f:.%]+\\]|[^\\s:@/?#\\[\\]]+)(?::(\\d{1,5}))?/?");

  /** The protocols that Engram speaks with a proxy. */
  enum Kind {
    /** {@code CONNECT host:port} for HTTPS, the whole address for plain HTTP. */
    HTTP,
    /** SOCKS 5; the name of the hub is resolved by this machine. */
    SOCKS5,
    /** SOCKS 5; the name of the hub is resolved by the proxy. */
    SOCKS5H
  }

  /**
   * What a proxy asks for.
   *
   * @param user a name
   * @param password a secret
   */
  record Login(String user, String password) {
    /** Without the password. */
    @Override
    public String toString() {
      return "a login";
    }
  }

  /**
   * @param address as in {@code http://user:password@host:port}, of which host alone must be there
   * @param variable that holds it
   * @throws EngramException if it is no address of a proxy, or of one that Engram cannot speak to;
   *     the sentence does not repeat the address, since it may hold a password
   */
  static HubProxy of(String address, String variable) {
    Matcher m = ADDRESS.matcher(address.strip());
    if (!m.matches()) {
      throw new EngramException(
          "%s holds no address of a proxy; expected one such as http://host:8080, http://user:password@host:8080 or socks5h://host:1080, with special characters of user and password written as %%NN."
              .formatted(variable));
    }
    String scheme = m.group(1) == null ? "http" : m.group(1).toLowerCase(Locale.ROOT);
    Kind kind =
        switch (scheme) {
          case "http" -> Kind.HTTP;
          case "socks", "socks5" -> Kind.SOCKS5;
          case "socks5h" -> Kind.SOCKS5H;
          default ->
              throw new EngramException(
                  "%s names a proxy that is spoken to by %s; Engram knows http://, socks5:// and socks5h:// (a proxy for HTTPS is nearly always an http:// one)."
                      .formatted(variable, scheme));
        };
    int port = kind == Kind.HTTP ? HTTP_PORT : SOCKS_PORT;
    if (m.group(4) != null) {
      port = Integer.parseInt(m.group(4));
    }
    if (port < 1 || port > 65_535) {
      throw new EngramException(
          "%s names a proxy with the port %d; expected 1 to 65535.".formatted(variable, port));
    }
    String host = m.group(3).replaceAll("[\\[\\]]", "");
    return new HubProxy(kind, host, port, login(m.group(2), variable), variable);
  }

  private static @Nullable Login login(@Nullable String text, String variable) {
    if (text == null || text.isEmpty()) {
      return null;
    }
    int colon = text.indexOf(':');
    try {
      return new Login(
          decoded(colon < 0 ? text : text.substring(0, colon)),
          colon < 0 ? "" : decoded(text.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      // without the cause, which would repeat a part of the password
      throw new EngramException(
          "The user or the password in %s has a %% that begins no %%NN; write it as %%25."
              .formatted(variable));
    }
  }

  private static String decoded(String part) {
    return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  boolean isSocks() {
    return kind != Kind.HTTP;
  }

  /** For people, without user and password. */
  @Override
  public String toString() {
    return "the %sproxy %s:%d (%s)".formatted(isSocks() ? "SOCKS " : "", host, port, source);
  }
}
