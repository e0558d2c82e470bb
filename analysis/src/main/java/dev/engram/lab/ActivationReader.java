package dev.engram.lab;

import ai.djl.ndarray.NDArray;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.data.ImageSelection;
import dev.engram.model.Clip;
import dev.engram.model.ClipConfig;
import dev.engram.model.Traces;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Reads activations of images out of traces, whole into Java's memory. */
final class ActivationReader {
  private final Lab lab;
  private final Clip clip;
  private final Progress progress;
  private final int layers;

  /** A tensor that is asked for: its place and its axes without the one of images. */
  private record Wanted(Site site, int layer, long[] axes) {
    long size() {
      return Arrays.stream(axes).reduce(1, Math::multiplyExact);
    }
  }

  ActivationReader(Lab lab, Clip clip, Progress progress) {
    this.lab = lab;
    this.clip = clip;
    this.progress = progress;
    layers = clip.config().vision().layers();
  }

  Activations read(ReadActivations request) {
    boolean hasClassToken = clip.config().family().hasClassToken();
    Tokens tokens =
        request.tokens() != null ? request.tokens() : hasClassToken ? Tokens.CLASS : Tokens.ALL;
    if (tokens == Tokens.CLASS) {
      clip.vision().requireClassToken("what is read at the class token");
    }
    List<Wanted> wanted = wanted(request, tokens);
    ImageSelection chosen = lab.select(request.target());
    int images = chosen.images().size();
    requireRoom(wanted, images);
    TraceRequest kept = kept(wanted, tokens);
    List<float[]> values =
        wanted.stream().map(w -> new float[Math.toIntExact(w.size() * images)]).toList();
    clip.traces(lab.pixels(chosen), kept)
        .telling("reading activations", progress)
        .each(batch -> copy(batch, wanted, tokens, values));
    List<Activations.Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      Wanted w = wanted.get(i);
      List<Long> shape =
          LongStream.concat(LongStream.of(images), Arrays.stream(w.axes)).boxed().toList();
      tensors.add(new Activations.Tensor(w.site, w.layer, shape, values.get(i)));
    }
    return new Activations(
        chosen.title(),
        chosen.images().stream().map(lab::nameOf).toList(),
        layers,
        tokens,
        tensors,
        Provenance.of(
            clip,
            "images",
            String.valueOf(images),
            "tokens",
            tokens == Tokens.ALL ? "all" : "class token"));
  }

  private List<Wanted> wanted(ReadActivations request, Tokens tokens) {
    List<Wanted> wanted = new ArrayList<>();
    for (Site site : request.sites()) {
      int count = site == Site.H ? layers + 1 : layers;
      List<Integer> which =
          request.layers().isEmpty()
              ? IntStream.range(0, count).boxed().toList()
              : request.layers();
      for (int layer : which) {
        if (layer < 0 || layer >= count) {
          throw new EngramException(
              "The site %s is read in layers from 0 to %d of this model, got %d."
                  .formatted(site, count - 1, layer));
        }
        wanted.add(new Wanted(site, layer, axes(site, tokens)));
      }
    }
    return wanted;
  }

  private long[] axes(Site site, Tokens tokens) {
    ClipConfig.Tower tower = clip.config().vision();
    long all = clip.config().imageTokens();
    long width =
        switch (site) {
          case H, VALUE, M_A, A, MID, F -> tower.width();
          case PRE, M_F -> tower.ffnWidth();
          case ATTENTION -> all;
        };
    if (site == Site.ATTENTION) {
      return tokens == Tokens.ALL
          ? new long[] {tower.heads(), all, all}
          : new long[] {tower.heads(), all};
    }
    return tokens == Tokens.ALL ? new long[] {all, width} : new long[] {width};
  }

  /** Half of what is free: whoever saves them needs a tensor of it once more. */
  private static void requireRoom(List<Wanted> wanted, int images) {
    Runtime java = Runtime.getRuntime();
    long free = (java.maxMemory() - java.totalMemory() + java.freeMemory()) / 2;
    double needed = 0;
    double largest = 0;
    for (Wanted w : wanted) {
      double floats = (double) w.size() * images;
      largest = Math.max(largest, floats);
      needed += Float.BYTES * floats;
    }
    if (needed > free || largest > Integer.MAX_VALUE - 8) {
      throw new EngramException(
          String.format(
              Locale.ROOT,
              "These activations of %,d images take %,.0f MB, and Java has room for %,d MB; ask for"
                  + " fewer images, layers or sites, or for the class token alone.",
              images,
              needed / 1e6,
              free / 1_000_000));
    }
  }

  private static TraceRequest kept(List<Wanted> wanted, Tokens tokens) {
    TraceRequest kept = TraceRequest.none();
    for (Wanted w : wanted) {
      kept = kept.with(w.site, tokens);
    }
    return kept.layers(
        wanted.stream().mapToInt(Wanted::layer).min().orElse(0),
        wanted.stream().mapToInt(Wanted::layer).max().orElse(0));
  }

  private static void copy(
      Traces.Batch batch, List<Wanted> wanted, Tokens tokens, List<float[]> values) {
    for (int i = 0; i < wanted.size(); i++) {
      Wanted w = wanted.get(i);
      NDArray read = batch.trace().get(w.site, w.layer);
      // values are kept of all tokens, since all are attended to
      NDArray part = w.site == Site.VALUE && tokens == Tokens.CLASS ? read.get(":, 0") : read;
      float[] flat = part.toFloatArray();
      System.arraycopy(
          flat, 0, values.get(i), Math.toIntExact(batch.from() * w.size()), flat.length);
      Progress.checkInterrupt();
    }
  }
}
