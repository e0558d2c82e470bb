package dev.engram.hub;

import dev.engram.EngramException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.client5.http.auth.AuthScope;
import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.async.CloseableHttpAsyncClient;
import org.apache.hc.client5.http.impl.async.HttpAsyncClientBuilder;
import org.apache.hc.client5.http.impl.auth.BasicCredentialsProvider;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.ClientTlsStrategyBuilder;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.message.BasicHttpRequest;
import org.apache.hc.core5.http.nio.support.BasicRequestProducer;
import org.apache.hc.core5.http2.HttpVersionPolicy;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.IOReactorConfig;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Sends one request at a time over HTTP 1.1, through the proxy and with the authorities that the
 * environment names. It knows nothing of a hub; what it sends besides is a proxy's login, to that
 * proxy.
 */
final class Transport implements AutoCloseable {
  private static final ThreadFactory DAEMONS =
      task -> {
        Thread thread = new Thread(task, "engram-hub");
        thread.setDaemon(true);
        return thread;
      };

  private final Duration patience;
  private final ProxyVariables proxies;
  private final Map<String, String> environment;
  private @Nullable Authorities authorities;

  /** One for each proxy, and one for the direct way: a client has its proxy for good. */
  private final Map<Optional<HubProxy>, CloseableHttpAsyncClient> clients =
      new ConcurrentHashMap<>();

  /** The name of a server may be looked up for long, without an ear for an interrupt. */
  private final ExecutorService lookups = Executors.newCachedThreadPool(DAEMONS);

  /**
   * @param environment variables by name
   * @param otherwise decides about proxies where they say nothing; null for none
   * @param patience how long to wait for a connection, for an answer, and for each piece of it
   */
  Transport(Map<String, String> environment, @Nullable ProxySelector otherwise, Duration patience) {
    this.environment = Map.copyOf(environment);
    this.proxies = new ProxyVariables(environment, otherwise);
    this.patience = patience;
  }

  /**
   * An answer whose content is still to be read.
   *
   * @param uri that was asked
   * @param proxy that led there
   * @param head status and headers
   * @param body the content
   */
  record Answer(URI uri, Optional<HubProxy> proxy, Body.Head head, Body body) {
    int status() {
      return head.response().getCode();
    }

    Optional<String> header(String name) {
      return Optional.ofNullable(head.response().getFirstHeader(name))
          .map(header -> String.valueOf(header.getValue()));
    }

    /** The kinds of login that a proxy takes: the first words of its challenges. */
    String kindsOfLogin() {
      return Stream.of(head.response().getHeaders("Proxy-Authenticate"))
          .map(header -> String.valueOf(header.getValue()).strip().split("[\\s,]", 2)[0])
          .filter(kind -> kind.matches("[A-Za-z]{1,20}"))
          .distinct()
          .collect(Collectors.joining(", "));
    }

    /** Whether the proxy itself says it, not the server: surely so only for HTTPS and for 407. */
    boolean isOfProxy() {
      return proxy.filter(p -> !p.isSocks()).isPresent()
          && (status() == 407 || ("https".equals(uri.getScheme()) && !head.secure()));
    }
  }

  /**
   * @throws HubClient.Unreachable if nobody answers
   * @throws EngramException if another attempt would fare no better
   * @throws InterruptedException if the caller is to stop
   */
  Answer send(String method, URI uri, Map<String, String> headers)
      throws HubClient.Unreachable, InterruptedException {
    Optional<HubProxy> proxy = proxies.select(uri);
    CloseableHttpAsyncClient client = clients.computeIfAbsent(proxy, this::client);
    try {
      try {
        return send(client, proxy, method, uri, headers);
      } catch (IOException e) {
        if (!Failures.isCut(e)) {
          throw e;
        }
        // A server may close a connection that was kept open at the instant when it is used again.
        return send(client, proxy, method, uri, headers);
      }
    } catch (IOException e) {
      throw Failures.of(e, uri, proxy, authorities());
    }
  }

  private Answer send(
      CloseableHttpAsyncClient client,
      Optional<HubProxy> proxy,
      String method,
      URI uri,
      Map<String, String> headers)
      throws IOException, InterruptedException {
    BasicHttpRequest request = new BasicHttpRequest(method, uri);
    headers.forEach(request::setHeader);
    Body body = new Body(patience);
    lookups.execute(() -> begin(client, request, body));
    boolean answered = false;
    try {
      Answer answer = new Answer(uri, proxy, body.head(), body);
      answered = true;
      return answer;
    } finally {
      if (!answered) {
        body.close();
      }
    }
  }

  private static void begin(CloseableHttpAsyncClient client, BasicHttpRequest request, Body body) {
    try {
      body.begun(
          client.execute(
              new BasicRequestProducer(request, null),
              body,
              null,
              HttpClientContext.create(),
              new FutureCallback<Object>() {
                @Override
                public void completed(Object result) {
                  // the body has told its reader
                }

                @Override
                public void failed(Exception failure) {
                  body.failed(failure);
                }

                @Override
                public void cancelled() {
                  body.failed(new IOException("the connection was cut"));
                }
              }));
    } catch (RuntimeException e) {
      body.failed(e);
    }
  }

  private Authorities authorities() {
    Authorities known = authorities;
    if (known == null) {
      known = Authorities.of(environment);
      authorities = known;
    }
    return known;
  }

  private CloseableHttpAsyncClient client(Optional<HubProxy> proxy) {
    Timeout limit = Timeout.of(patience);
    IOReactorConfig.Builder reactor =
        IOReactorConfig.custom().setIoThreadCount(1).setSoTimeout(limit);
    PoolingAsyncClientConnectionManagerBuilder connections =
        PoolingAsyncClientConnectionManagerBuilder.create()
            .setTlsStrategy(
                ClientTlsStrategyBuilder.create()
                    .setSslContext(authorities().context())
                    .buildAsync())
            .setDefaultTlsConfig(
                TlsConfig.custom()
                    .setVersionPolicy(HttpVersionPolicy.FORCE_HTTP_1)
                    .setHandshakeTimeout(limit)
                    .build())
            .setDefaultConnectionConfig(
                ConnectionConfig.custom().setConnectTimeout(limit).setSocketTimeout(limit).build());
    HttpAsyncClientBuilder builder =
        HttpAsyncClientBuilder.create()
            .setThreadFactory(DAEMONS)
            .setUserAgent("engram")
            .disableAutomaticRetries()
            .disableRedirectHandling()
            .disableCookieManagement()
            .setDefaultRequestConfig(
                RequestConfig.custom()
                    .setResponseTimeout(limit)
                    .setConnectionRequestTimeout(limit)
                    .setContentCompressionEnabled(false)
                    .build());
    proxy.ifPresent(
        p -> {
          if (p.isSocks()) {
            through(p, reactor, connections);
          } else {
            through(p, builder);
          }
        });
    CloseableHttpAsyncClient client =
        builder
            .setIOReactorConfig(reactor.build())
            .setConnectionManager(connections.build())
            .build();
    client.start();
    return client;
  }

  private static void through(HubProxy proxy, HttpAsyncClientBuilder client) {
    client.setProxy(new HttpHost("http", proxy.host(), proxy.port()));
    HubProxy.Login login = proxy.login();
    if (login != null) {
      BasicCredentialsProvider provider = new BasicCredentialsProvider();
      provider.setCredentials(
          new AuthScope(proxy.host(), proxy.port()),
          new UsernamePasswordCredentials(login.user(), login.password().toCharArray()));
      client.setDefaultCredentialsProvider(provider);
    }
  }

  private static void through(
      HubProxy proxy,
      IOReactorConfig.Builder reactor,
      PoolingAsyncClientConnectionManagerBuilder connections) {
    reactor.setSocksProxyAddress(new InetSocketAddress(proxy.host(), proxy.port()));
    HubProxy.Login login = proxy.login();
    if (login != null) {
      reactor.setSocksProxyUsername(login.user()).setSocksProxyPassword(login.password());
    }
    if (proxy.kind() == HubProxy.Kind.SOCKS5H) {
      connections.setDnsResolver(new Unresolved());
    }
  }

  /** Leaves names to the proxy. */
  private static final class Unresolved implements DnsResolver {
    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
      return SystemDefaultDnsResolver.INSTANCE.resolve(host);
    }

    @Override
    public String resolveCanonicalHostname(String host) {
      return host;
    }

    @Override
    public List<InetSocketAddress> resolve(String host, int port) {
      return List.of(InetSocketAddress.createUnresolved(host, port));
    }
  }

  @Override
  public void close() {
    clients.values().forEach(client -> client.close(CloseMode.IMMEDIATE));
    lookups.shutdownNow();
  }
}
