package dev.engram.model;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.trace.TraceRequest;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Embeds many images or texts with a model, batch by batch, and refuses what is no embedding. */
final class Embedder {
  /** Texts that are embedded at once. */
  private static final int TEXT_BATCH = 256;

  private final Clip clip;

  Embedder(Clip clip) {
    this.clip = clip;
  }

  /** See {@link Clip#embedImages}. */
  float[][] images(List<float[]> pixels, Progress progress) {
    float[][] out = new float[pixels.size()][];
    clip.traces(pixels, TraceRequest.none())
        .telling("embedding images", progress)
        .each(
            batch ->
                System.arraycopy(batch.trace().embeddings(), 0, out, batch.from(), batch.size()));
    return out;
  }

  /** See {@link Clip#embedTokens}. */
  float[][] tokens(List<int[]> ids, Progress progress) {
    TextTower tower = clip.text();
    ClipConfig config = clip.config();
    // Short texts with short ones: a batch costs as much as its longest text.
    List<Integer> byLength =
        IntStream.range(0, ids.size())
            .boxed()
            .sorted(Comparator.comparing(i -> ids.get(i).length))
            .toList();
    ids.forEach(this::checkTokens);
    float[][] out = new float[ids.size()][];
    clip.batches()
        .each(
            out.length,
            TEXT_BATCH,
            config.text().bytesOfPass(config.contextLength()),
            (from, to) -> {
              progress.step("embedding texts", from, out.length);
              List<Integer> part = byLength.subList(from, to);
              float[][] z = tower.forward(part.stream().map(ids::get).toList());
              for (int j = 0; j < z.length; j++) {
                checkUsable(z[j], "a text");
                out[part.get(j)] = z[j];
              }
            });
    progress.step("embedding texts", out.length, out.length);
    return out;
  }

  /** An id beyond the vocabulary would be read from beyond the embedding. */
  private void checkTokens(int[] ids) {
    ClipConfig config = clip.config();
    if (ids.length == 0 || ids.length > config.contextLength()) {
      throw new EngramException(
          "A text has 1 to %d tokens, got %d.".formatted(config.contextLength(), ids.length));
    }
    for (int id : ids) {
      if (id < 0 || id >= config.vocabularySize()) {
        throw new EngramException(
            "The model %s knows the tokens 0 to %d, got %d: these ids, or the tokenizer in %s, are of another model."
                .formatted(clip.name(), config.vocabularySize() - 1, id, clip.directory()));
      }
    }
  }

  /**
   * NaN and infinity propagate to the embedding, and one of zeros has a cosine with nothing.
   *
   * @param what was embedded, a phrase
   * @throws EngramException if the embedding is not finite, or zero
   */
  void checkUsable(float[] embedding, String what) {
    double squares = 0;
    for (float x : embedding) {
      squares += (double) x * x;
      if (!Float.isFinite(x)) {
        throw new EngramException(
            "The model %s embeds %s as %s instead of numbers: its weights are damaged, or an"
                    .formatted(clip.name(), what, x)
                + " intervention is not finite; download "
                + clip.directory()
                + (clip.precision() == Precision.F32
                    ? " again."
                    : " again, or use --precision f32, whose numbers do not end at 65,504."));
      }
    }
    if (squares == 0) {
      throw new EngramException(
          "The model %s embeds %s as zeros, which have no direction to compare: its weights are zero or damaged, or an intervention or edit took all away; download %s again, or undo the edit."
              .formatted(clip.name(), what, clip.directory()));
    }
  }
}
