package dev.engram.model;

import dev.engram.Progress;
import dev.engram.trace.Intervention;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.List;
import java.util.Map;

/**
 * Images on their way through the image tower, as many at once as the device has memory for: the
 * one loop over images, see {@link Batches}. Made by {@link Clip#traces}; each method that changes
 * something gives a copy.
 *
 * @param pixels images as the processor makes them, each (3, S, S); may be read when they are asked
 *     for, and are asked for again where a batch is halved
 * @param request what a trace keeps
 * @param interventions changes to every pass
 * @param usual how many at once where the free memory is not known, as on a CPU
 * @param what is done, for progress
 */
public record Traces(
    Clip clip,
    List<float[]> pixels,
    TraceRequest request,
    List<Intervention> interventions,
    int usual,
    String what,
    Progress progress) {
  /** How many images a CPU takes at once at most: more make it no faster. */
  public static final int USUAL = 16;

  /**
   * What the largest array of a pass may take, so that it stays near the cores: a ViT-L/14 passes 4
   * images at once faster than 16 ({@code docs/performance.md}).
   */
  private static final long LARGEST = 20L << 20;

  /**
   * How many images of a model a CPU takes at once. It belongs to the model, and not to how many
   * there are, since the last bit of a product depends on what is multiplied together.
   *
   * @return 1 to {@link #USUAL}
   */
  public static int usual(Clip clip) {
    return usual(clip.config().imageTokens(), clip.config().vision().ffnWidth());
  }

  static int usual(int tokens, int ffnWidth) {
    long hidden = (long) Float.BYTES * tokens * ffnWidth;
    return (int) Math.max(1, Math.min(USUAL, LARGEST / hidden));
  }

  /**
   * Some of the images after their pass.
   *
   * @param from position of the first among all
   * @param pixels of these images alone
   * @param trace what was kept; closed when the reader returns
   */
  public record Batch(int from, List<float[]> pixels, Trace trace) {
    /** How many images these are. */
    public int size() {
      return pixels.size();
    }
  }

  /** Writes what it reads of a batch where it belongs; a part of the batch may come again. */
  @FunctionalInterface
  public interface Reader {
    void read(Batch batch);
  }

  /** Reads something of a batch, and changes nothing: a part of the batch may come again. */
  @FunctionalInterface
  public interface Read<T> {
    T of(Batch batch);
  }

  /** Changes to every pass, applied in this order. */
  public Traces intervening(List<Intervention> changes) {
    return new Traces(clip, pixels, request, changes, usual, what, progress);
  }

  /** Another number of images at once where the free memory is not known. */
  public Traces atOnce(int images) {
    return new Traces(clip, pixels, request, interventions, images, what, progress);
  }

  /** Says how far it is. */
  public Traces telling(String title, Progress to) {
    return new Traces(clip, pixels, request, interventions, usual, title, to);
  }

  /**
   * Passes all images.
   *
   * @param reader is shown every image, in order; some again, if memory runs out on the way
   * @throws dev.engram.EngramException if there is no memory for a single image
   */
  public void each(Reader reader) {
    each(
        batch -> {
          reader.read(batch);
          return batch.from();
        },
        (from, same) -> {});
  }

  /**
   * Passes all images, for whoever adds up what he reads.
   *
   * @param read is shown every image, some perhaps again
   * @param sink gets what was read of every image exactly once, in order
   * @throws dev.engram.EngramException if there is no memory for a single image
   */
  public <T> void each(Read<T> read, Batches.Sink<T> sink) {
    clip.batches()
        .each(
            pixels.size(),
            usual,
            bytesPerImage(),
            (from, to) -> {
              progress.step(what, from, pixels.size());
              List<float[]> part = pixels.subList(from, to);
              try (Trace trace = clip.trace(part, request, interventions)) {
                return read.of(new Batch(from, part, trace));
              }
            },
            sink);
    progress.step(what, pixels.size(), pixels.size());
  }

  /** An estimate of what one image takes on its way, and of what its trace keeps, in bytes. */
  public long bytesPerImage() {
    long floats = 0;
    for (Map.Entry<Site, Tokens> kept : request.sites().entrySet()) {
      floats += layers(kept.getKey()) * width(kept.getKey(), kept.getValue());
    }
    for (Site site : request.patchMaxima()) {
      floats += layers(site) * width(site, Tokens.CLASS);
    }
    TraceRequest.Place whole = request.whole();
    if (whole != null) {
      floats += width(whole.site(), Tokens.ALL);
    }
    return clip.bytesPerImage() + Float.BYTES * floats;
  }

  private long layers(Site site) {
    int last = clip.config().vision().layers() - (site == Site.H ? 0 : 1);
    return Math.max(0, Math.min(request.lastLayer(), last) - request.firstLayer() + 1L);
  }

  /** What one layer of a trace keeps of one image. */
  private long width(Site site, Tokens tokens) {
    ClipConfig.Tower tower = clip.config().vision();
    long all = clip.config().imageTokens();
    long rows = tokens == Tokens.ALL ? all : 1;
    return switch (site) {
      case H, VALUE, M_A, A, MID, F -> rows * tower.width();
      case PRE, M_F -> rows * tower.ffnWidth();
      case ATTENTION -> rows * all * tower.heads();
    };
  }
}
