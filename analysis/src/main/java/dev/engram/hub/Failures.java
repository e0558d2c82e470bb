package dev.engram.hub;

import dev.engram.EngramException;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.time.LocalDate;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.jspecify.annotations.Nullable;

/** Says in a sentence why a request came to nothing: whether hub, proxy or certificate. */
final class Failures {
  private Failures() {}

  /**
   * @param proxy through which the request went
   * @param authorities that were believed
   * @return that nobody answers, which may be another time
   * @throws EngramException if another attempt would fare no better
   */
  static HubClient.Unreachable of(
      IOException failure, URI uri, Optional<HubProxy> proxy, Authorities authorities) {
    if (find(failure, SSLException.class) != null) {
      throw new EngramException(insecure(failure, uri, proxy, authorities), failure);
    }
    HubProxy through = proxy.orElse(null);
    String why = why(failure);
    if (through == null) {
      return new HubClient.Unreachable(site(uri) + " cannot be reached (" + why + ")", failure);
    }
    if (find(failure, ConnectException.class) != null
        || find(failure, UnknownHostException.class) != null
        || find(failure, UnresolvedAddressException.class) != null) {
      return new HubClient.Unreachable(through + " cannot be reached (" + why + ")", failure);
    }
    if (through.isSocks()) {
      return ofSocks(String.valueOf(failure.getMessage()), why, uri, through, failure);
    }
    return new HubClient.Unreachable(
        "%s cannot be reached through %s (%s)".formatted(site(uri), through, why), failure);
  }

  private static HubClient.Unreachable ofSocks(
      String message, String why, URI uri, HubProxy proxy, IOException failure) {
    if (message.contains("unsupported authentication method")) {
      throw new EngramException(login(proxy), failure);
    }
    if (message.contains("Authentication failed")) {
      throw new EngramException(refusedLogin(proxy), failure);
    }
    if (message.contains("not allowed by ruleset")) {
      throw new EngramException(refusedWay(proxy, uri, "by its rules"), failure);
    }
    return new HubClient.Unreachable(
        "%s cannot be reached through %s (%s)"
            .formatted(site(uri), proxy, why.replaceFirst("^SOCKS5?: ", "")),
        failure);
  }

  /** The proxy wants to know who asks, and was not told, or not in a way that it takes. */
  static String login(HubProxy proxy) {
    return proxy.login() == null
        ? "%s asks for a user and a password; write them before its name, as in %s://user:password@%s:%d, with special characters as %%NN."
            .formatted(
                capital(proxy), proxy.isSocks() ? "socks5h" : "http", proxy.host(), proxy.port())
        : refusedLogin(proxy);
  }

  private static String refusedLogin(HubProxy proxy) {
    return "%s refuses its user and password; correct them, with special characters as %%NN."
        .formatted(capital(proxy));
  }

  static String refusedWay(HubProxy proxy, URI uri, String how) {
    return "%s does not let Engram reach %s (%s); ask whoever runs it, or name the host in NO_PROXY if it can be reached directly."
        .formatted(capital(proxy), site(uri), how);
  }

  static String capital(HubProxy proxy) {
    String text = proxy.toString();
    return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }

  private static String insecure(
      IOException failure, URI uri, Optional<HubProxy> proxy, Authorities authorities) {
    String site = site(uri);
    String way = proxy.map(p -> " through " + p).orElse("");
    if (find(failure, CertificateExpiredException.class) != null
        || find(failure, CertificateNotYetValidException.class) != null) {
      return "The certificate of %s%s is not valid today, on %s; check the date of this machine, or ask whoever runs the server for a new certificate."
          .formatted(site, way, LocalDate.now());
    }
    if (find(failure, SSLPeerUnverifiedException.class) != null
        || String.valueOf(failure.getMessage()).matches("(?s).*[Nn]o (name|subject alt).*")) {
      return "The certificate that came from %s%s is one for another name; check HF_ENDPOINT, or a proxy in between."
          .formatted(site, way);
    }
    if (find(failure, CertPathBuilderException.class) != null
        || messages(failure).anyMatch(m -> m.contains("PKIX path"))) {
      return "The certificate of %s%s is signed by an authority that is not in %s; if a hub or a proxy of your own signs it, name a file with its authority in SSL_CERT_FILE (PEM; REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE are read too)."
          .formatted(site, way, authorities.source());
    }
    if (messages(failure).anyMatch(m -> m.matches("(?s).*[Uu]nrecognized SSL message.*"))) {
      return "%s%s does not speak TLS; check whether its address in HF_ENDPOINT begins with http://."
          .formatted(site, way);
    }
    return "The connection to %s%s is not secure (%s); check date, certificates and proxy of this machine."
        .formatted(site, way, why(failure));
  }

  private static Stream<String> messages(Throwable failure) {
    return Stream.iterate(failure, t -> t != null, Throwable::getCause)
        .map(t -> String.valueOf(t.getMessage()));
  }

  private static <T extends Throwable> @Nullable T find(Throwable failure, Class<T> kind) {
    int deep = 0;
    for (Throwable t = failure; t != null && deep < 20; t = t.getCause()) {
      if (kind.isInstance(t)) {
        return kind.cast(t);
      }
      deep++;
    }
    return null;
  }

  /** Whether a connection that had been open was closed before an answer came. */
  static boolean isCut(IOException failure) {
    return find(failure, ConnectionClosedException.class) != null
        || find(failure, EOFException.class) != null
        || messages(failure).anyMatch(m -> m.contains("Connection reset"));
  }

  /** Scheme, host and port, as far as they are written. */
  static String site(URI uri) {
    int port = uri.getPort();
    return (uri.getScheme() + "://" + uri.getHost()).toLowerCase(Locale.ROOT)
        + (port < 0 ? "" : ":" + port);
  }

  /** The cause in a few words. */
  static String why(IOException failure) {
    if (find(failure, UnresolvedAddressException.class) != null
        || find(failure, UnknownHostException.class) != null) {
      return "its name has no address here";
    }
    if (find(failure, SocketTimeoutException.class) != null) {
      return "it does not answer in time";
    }
    String message = String.valueOf(failure.getMessage());
    if (find(failure, ConnectException.class) != null
        && (message.contains("refused") || message.equals("null"))) {
      return "nobody answers there";
    }
    if (isCut(failure)) {
      return "the connection was cut";
    }
    String kind = failure.getClass().getSimpleName();
    return failure.getMessage() == null ? kind : message.lines().findFirst().orElse(kind);
  }
}
