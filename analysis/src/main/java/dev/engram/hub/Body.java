package dev.engram.hub;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The content of an answer, handed from the client's thread to the reader's piece by piece, so that
 * whoever waits can be interrupted and does not wait for ever.
 */
final class Body implements BodySubscriber<Body>, AutoCloseable {
  /** What the client's thread puts into the queue: pieces, an end, or a failure. */
  private record Event(List<ByteBuffer> pieces, boolean end, @Nullable Throwable failure) {}

  private final Duration patience;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final Queue<ByteBuffer> pieces = new ArrayDeque<>();
  private volatile Flow.@Nullable Subscription subscription;
  private boolean ended;

  /**
   * @param patience how long a silent sender is waited for
   */
  Body(Duration patience) {
    this.patience = patience;
  }

  @Override
  public CompletionStage<Body> getBody() {
    return CompletableFuture.completedFuture(this); // as soon as the headers are there
  }

  @Override
  public void onSubscribe(Flow.Subscription s) {
    subscription = s;
    s.request(1);
  }

  @Override
  public void onNext(List<ByteBuffer> item) {
    events.add(new Event(List.copyOf(item), false, null));
  }

  @Override
  public void onError(Throwable failure) {
    events.add(new Event(List.of(), false, failure));
  }

  @Override
  public void onComplete() {
    events.add(new Event(List.of(), true, null));
  }

  /**
   * @return the next bytes, at least one; null at the end
   * @throws IOException if the sender broke off or stays silent
   * @throws InterruptedException if the reader is to stop
   */
  @Nullable ByteBuffer next() throws IOException, InterruptedException {
    for (; ; ) {
      ByteBuffer piece = pieces.poll();
      if (piece != null && piece.hasRemaining()) {
        return piece;
      }
      if (piece == null) {
        if (ended) {
          return null;
        }
        take();
      }
    }
  }

  private void take() throws IOException, InterruptedException {
    Event event = events.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
    if (event == null) {
      throw new IOException("nothing came for " + patience.toSeconds() + " s");
    }
    if (event.failure != null) {
      throw event.failure instanceof IOException e ? e : new IOException(event.failure);
    }
    ended = event.end;
    pieces.addAll(event.pieces);
    Flow.Subscription s = subscription;
    if (!ended && s != null) {
      s.request(1);
    }
  }

  /** Ends the transfer, whatever is still to come. */
  @Override
  public void close() {
    Flow.Subscription s = subscription;
    if (s != null) {
      s.cancel();
    }
  }
}
