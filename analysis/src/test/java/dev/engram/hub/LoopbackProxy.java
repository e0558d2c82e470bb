package dev.engram.hub;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A proxy on loopback, by HTTP or SOCKS 5. Every name leads to this machine, so that a test sees
 * who resolved it. Its fields are its faults.
 */
final class LoopbackProxy implements AutoCloseable {
  private final ServerSocket server;
  private final boolean socks;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  /** What was asked for: {@code CONNECT host:port}, or the method and the whole address. */
  final List<String> asked = new CopyOnWriteArrayList<>();

  /** All that came in the clear: heads of requests. */
  final List<String> seen = new CopyOnWriteArrayList<>();

  /** {@code user:password}; "" where nobody is asked. */
  volatile String login = "";

  /** The kind of login that is asked for. */
  volatile String challenge = "Basic realm=\"x\"";

  /** The status, or SOCKS reply, of every answer; 0 for none. */
  volatile int refusal;

  LoopbackProxy(boolean socks) throws IOException {
    this.socks = socks;
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    threads.execute(this::accept);
  }

  String address() {
    return "127.0.0.1:" + server.getLocalPort();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        threads.execute(() -> serve(client));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      if (socks) {
        serveSocks(client);
      } else {
        serveHttp(client);
      }
    } catch (IOException e) {
      // the test sees what is missing
    }
  }

  private void serveHttp(Socket client) throws IOException {
    for (; ; ) {
      String head = head(client.getInputStream());
      seen.add(head);
      String[] words = head.split(" ", 3);
      OutputStream out = client.getOutputStream();
      String given = Base64.getEncoder().encodeToString(login.getBytes(UTF_8));
      if (!login.isEmpty() && !head.contains("Proxy-Authorization: Basic " + given + "\r\n")) {
        reply(out, words[0], 407, "Proxy-Authenticate: " + challenge + "\r\n");
        continue;
      }
      asked.add(words[0] + " " + words[1]);
      if (refusal != 0) {
        reply(out, words[0], refusal, "");
        continue;
      }
      String target = words[1].replaceFirst("^http://([^/]*).*", "$1");
      int port = Integer.parseInt(target.substring(target.lastIndexOf(':') + 1));
      try (Socket there = new Socket(InetAddress.getLoopbackAddress(), port)) {
        if (words[0].equals("CONNECT")) {
          out.write("HTTP/1.1 200 Connection established\r\n\r\n".getBytes(ISO_8859_1));
        } else {
          String passed =
              head.replaceFirst("http://[^/]*", "")
                  .replaceFirst("Proxy-Authorization:[^\r]*\r\n", "")
                  .replaceFirst("\r\n", "\r\nConnection: close\r\n");
          there.getOutputStream().write(passed.getBytes(ISO_8859_1));
          // The JDK's server closes without a word, so that the client would send its next request
          // into a connection that is about to end.
          String answer =
              head(there.getInputStream()).replaceFirst("\r\n", "\r\nConnection: close\r\n");
          out.write(answer.getBytes(ISO_8859_1));
        }
        join(client, there);
      }
      return;
    }
  }

  private static void reply(OutputStream out, String method, int status, String header)
      throws IOException {
    String body = method.equals("HEAD") ? "" : "no";
    out.write(
        "HTTP/1.1 %d No\r\n%sContent-Length: 2\r\n\r\n%s"
            .formatted(status, header, body)
            .getBytes(UTF_8));
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException();
      }
      head.write(b);
    }
    return head.toString(ISO_8859_1);
  }

  private void serveSocks(Socket client) throws IOException {
    DataInputStream in = new DataInputStream(client.getInputStream());
    OutputStream out = client.getOutputStream();
    in.readByte(); // version
    String methods = new String(in.readNBytes(in.readUnsignedByte()), ISO_8859_1);
    boolean ask = !login.isEmpty();
    if (ask && methods.indexOf(2) < 0) {
      out.write(new byte[] {5, (byte) 0xff});
      return;
    }
    out.write(new byte[] {5, (byte) (ask ? 2 : 0)});
    if (ask) {
      in.readByte();
      String user = new String(in.readNBytes(in.readUnsignedByte()), ISO_8859_1);
      String password = new String(in.readNBytes(in.readUnsignedByte()), ISO_8859_1);
      boolean right = login.equals(user + ":" + password);
      out.write(new byte[] {1, (byte) (right ? 0 : 1)});
      if (!right) {
        return;
      }
    }
    in.readNBytes(3); // version, command, reserved
    String host =
        switch (in.readByte()) {
          case 1 -> InetAddress.getByAddress(in.readNBytes(4)).getHostAddress();
          case 3 -> new String(in.readNBytes(in.readUnsignedByte()), ISO_8859_1);
          default -> "another kind of address";
        };
    int port = in.readUnsignedShort();
    asked.add("CONNECT " + host + ":" + port);
    out.write(new byte[] {5, (byte) refusal, 0, 1, 127, 0, 0, 1, 0, 0});
    if (refusal == 0) {
      try (Socket there = new Socket(InetAddress.getLoopbackAddress(), port)) {
        join(client, there);
      }
    }
  }

  private void join(Socket client, Socket there) throws IOException {
    threads.execute(
        () -> {
          try (client) {
            there.getInputStream().transferTo(client.getOutputStream());
          } catch (IOException e) {
            // the client sees that it ends
          }
        });
    client.getInputStream().transferTo(there.getOutputStream());
  }

  @Override
  public void close() throws IOException {
    server.close();
    threads.shutdownNow();
  }
}
