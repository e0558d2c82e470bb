package dev.engram.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.nio.AsyncResponseConsumer;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.jspecify.annotations.Nullable;

/**
 * An answer, handed from the client's thread to the reader's: first its head, then its content
 * piece by piece, so that whoever waits can be interrupted and does not wait for ever.
 */
final class Body implements AsyncResponseConsumer<Object>, AutoCloseable {
  /** How much may lie here unread, at least. */
  private static final int WINDOW = 1 << 20;

  /** Connection, TLS and answer have the client's time limit each; what it forgets ends here. */
  private static final int STEPS = 4;

  /** What the client's thread puts into the queue: a piece, a failure, or neither at the end. */
  private record Event(@Nullable ByteBuffer piece, @Nullable Exception failure) {}

  /**
   * What comes before the content.
   *
   * @param response status and headers
   * @param secure whether it came through TLS: what a proxy itself says did not
   */
  record Head(HttpResponse response, boolean secure) {}

  private final Duration patience;
  private final CompletableFuture<Head> head = new CompletableFuture<>();
  private final CompletableFuture<FutureCallback<Object>> callback = new CompletableFuture<>();
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final Object lock = new Object();
  private int unread;
  private @Nullable CapacityChannel halted;
  private @Nullable Future<?> exchange;
  private boolean closed;
  private boolean ended;

  /**
   * @param patience how long a silent sender is waited for
   */
  Body(Duration patience) {
    this.patience = patience;
  }

  /** What to cancel when the reader has had enough. */
  void begun(Future<?> request) {
    synchronized (lock) {
      exchange = request;
      if (closed) {
        request.cancel(true);
      }
    }
  }

  @Override
  public void consumeResponse(
      HttpResponse response,
      @Nullable EntityDetails entity,
      HttpContext context,
      FutureCallback<Object> done) {
    head.complete(new Head(response, HttpClientContext.cast(context).getSSLSession() != null));
    callback.complete(done);
    if (entity == null) {
      end();
    }
  }

  @Override
  public void informationResponse(HttpResponse response, HttpContext context) {
    // such as 100 Continue: the answer is still to come
  }

  @Override
  public void updateCapacity(CapacityChannel channel) throws IOException {
    synchronized (lock) {
      if (unread >= WINDOW) {
        halted = channel;
        return;
      }
    }
    channel.update(WINDOW);
  }

  @Override
  public void consume(ByteBuffer bytes) {
    ByteBuffer piece = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
    synchronized (lock) {
      unread += piece.remaining();
    }
    events.add(new Event(piece, null));
  }

  @Override
  public void streamEnd(@Nullable List<? extends Header> trailers) {
    end();
  }

  private void end() {
    events.add(new Event(null, null));
    callback.thenAccept(done -> done.completed(this));
  }

  @Override
  public void failed(Exception failure) {
    head.completeExceptionally(failure);
    events.add(new Event(null, failure));
  }

  @Override
  public void releaseResources() {
    // what was read stays for the reader
  }

  /**
   * Waits for status and headers.
   *
   * @throws IOException if there is no connection, or nothing comes
   * @throws InterruptedException if the reader is to stop
   */
  Head head() throws IOException, InterruptedException {
    try {
      return head.get(STEPS * patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    } catch (TimeoutException e) {
      throw silent();
    }
  }

  /**
   * The next bytes, at least one; null at the end.
   *
   * @throws IOException if the sender broke off or stays silent
   * @throws InterruptedException if the reader is to stop
   */
  @Nullable ByteBuffer next() throws IOException, InterruptedException {
    while (!ended) {
      Event event = events.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (event == null) {
        throw silent();
      }
      if (event.failure != null) {
        throw failure(event.failure);
      }
      ByteBuffer piece = event.piece;
      ended = piece == null;
      if (piece != null && piece.hasRemaining()) {
        taken(piece.remaining());
        return piece;
      }
    }
    return null;
  }

  private void taken(int bytes) throws IOException {
    CapacityChannel waiting = null;
    synchronized (lock) {
      unread -= bytes;
      if (unread < WINDOW / 2) {
        waiting = halted;
        halted = null;
      }
    }
    if (waiting != null) {
      waiting.update(WINDOW);
    }
  }

  private IOException silent() {
    return new IOException("nothing came for " + patience.toSeconds() + " s");
  }

  private static IOException failure(@Nullable Throwable cause) {
    if (cause instanceof CancellationException) {
      return new IOException("the connection was cut", cause);
    }
    return cause instanceof IOException e ? e : new IOException(String.valueOf(cause), cause);
  }

  /** Ends the transfer, whatever is still to come. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      if (exchange != null) {
        exchange.cancel(true);
      }
    }
  }
}
