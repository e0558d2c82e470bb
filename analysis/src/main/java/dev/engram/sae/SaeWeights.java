package dev.engram.sae;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.model.ClipConfig;
import dev.engram.model.TensorFile;
import dev.engram.sae.SaeConfig.Architecture;
import dev.engram.trace.Feature;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * The tensors of an autoencoder, each held against its shape; what an architecture has not is zeros
 * or ones that change nothing.
 *
 * @param encoder W_enc (width, n)
 * @param bias b_enc, or b_gate of a gated one (1, n)
 * @param magnitude exp(r_mag) (1, n)
 * @param magnitudeBias b_mag (1, n)
 * @param threshold above which a feature is active (1, n)
 * @param lengths of the rows of W_dec, for features ranked by what they write (1, n)
 * @param decoder what a feature adds, factors and lengths worked in (n, width)
 * @param decoderBias b_dec (1, width)
 * @param unread names of tensors that nothing asked for
 */
record SaeWeights(
    NDArray encoder,
    NDArray bias,
    NDArray magnitude,
    NDArray magnitudeBias,
    NDArray threshold,
    NDArray lengths,
    NDArray decoder,
    NDArray decoderBias,
    List<String> unread) {
  /**
   * @param tower of the model
   * @param manager owner of the arrays
   * @throws EngramException if a tensor is missing, of another shape or not finite
   */
  static SaeWeights read(
      TensorFile file, SaeConfig config, ClipConfig.Tower tower, NDManager manager) {
    return new Reader(file, config, config.hook().width(tower), manager, new LinkedHashSet<>())
        .all();
  }

  int count() {
    return (int) decoder.getShape().get(0);
  }

  /** Rows of the decoder (features, width). */
  NDArray rows(List<Feature> features, NDManager scope) {
    return joined(features, 0, f -> decoder.get(f.index() + ":" + (f.index() + 1)), scope);
  }

  /** What the encoder needs for some features. */
  SaeWeights only(List<Feature> features, NDManager scope) {
    return new SaeWeights(
        columns(encoder, features, scope),
        columns(bias, features, scope),
        columns(magnitude, features, scope),
        columns(magnitudeBias, features, scope),
        columns(threshold, features, scope),
        columns(lengths, features, scope),
        rows(features, scope),
        decoderBias,
        unread);
  }

  /** Columns (n, features). */
  static NDArray columns(NDArray a, List<Feature> features, NDManager scope) {
    return joined(features, 1, f -> a.get(":, " + f.index() + ":" + (f.index() + 1)), scope);
  }

  private static NDArray joined(
      List<Feature> features, int axis, Function<Feature, NDArray> part, NDManager scope) {
    NDList parts = new NDList();
    for (Feature feature : features) {
      NDArray one = part.apply(feature);
      one.attach(scope);
      parts.add(one);
    }
    return parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, axis);
  }

  /** One file while it is read. */
  private record Reader(
      TensorFile file, SaeConfig config, int width, NDManager manager, Set<String> read) {
    SaeWeights all() {
      int n = features();
      NDArray encoder = matrix("W_enc", width, n);
      NDArray decoder = matrix("W_dec", n, width);
      boolean gated = config.architecture() == Architecture.GATED;
      NDArray zeros = manager.zeros(new Shape(1, n));
      NDArray bias = row(gated ? "b_gate" : "b_enc", n);
      NDArray magnitude = gated ? row("r_mag", n).exp() : manager.ones(new Shape(1, n));
      NDArray magnitudeBias = gated ? row("b_mag", n) : zeros;
      NDArray threshold = threshold(n, zeros);
      NDArray lengths;
      try (NDArray squares = decoder.square()) { // as large as the decoder
        lengths = squares.sum(new int[] {1}).sqrt().reshape(1, n);
      }
      if (config.rescaled()) {
        decoder = replaced(decoder, decoder.div(lengths.reshape(n, 1)));
      }
      decoder = finetuned(decoder, n);
      NDArray decoderBias = row("b_dec", width);
      List<String> unread =
          file.names().stream().filter(name -> !read.contains(name) && !isHarmless(name)).toList();
      return new SaeWeights(
          encoder,
          bias,
          magnitude,
          magnitudeBias,
          threshold,
          lengths,
          decoder,
          decoderBias,
          unread.stream().map(SaeHook::shown).toList());
    }

    /** A gated one of ViT-Prisma is saved with a b_enc that it does not use. */
    private boolean isHarmless(String name) {
      return config.architecture() == Architecture.GATED && name.equals("b_enc");
    }

    private int features() {
      if (!file.names().contains("W_dec")) {
        throw bad(
            "it has no W_dec but %s"
                .formatted(
                    file.names().isEmpty()
                        ? "nothing"
                        : file.names().stream().map(SaeHook::shown).limit(5).toList()));
      }
      long[] shape = file.shape("W_dec");
      int said = config.features();
      if (shape.length != 2 || shape[0] < 1 || shape[0] > Integer.MAX_VALUE) {
        throw wrong("W_dec", shape, said == 0 ? "features" : "" + said, "" + width);
      }
      if (said != 0 && shape[0] != said) {
        throw wrong("W_dec", shape, "" + said, "" + width);
      }
      if (config.k() > shape[0]) {
        throw bad("k is %d, and it has %d features".formatted(config.k(), shape[0]));
      }
      return (int) shape[0];
    }

    private NDArray threshold(int n, NDArray zeros) {
      return switch (config.architecture()) {
        case JUMPRELU ->
            file.names().contains("threshold") || !file.names().contains("log_threshold")
                ? row("threshold", n)
                : row("log_threshold", n).exp();
        case BATCHTOPK -> {
          if (!file.names().contains("topk_threshold")) {
            throw bad("a batchtopk needs its topk_threshold, and SAELens saves one as jumprelu");
          }
          read.add("topk_threshold");
          double[] one = file.doubles("topk_threshold");
          if (one.length != 1 || !Double.isFinite(one[0])) {
            throw bad("its topk_threshold is no finite number");
          }
          yield zeros.add(one[0]);
        }
        case STANDARD, GATED, TOPK -> zeros;
      };
    }

    /** SAELens also keeps factors that are all 1, and reads others only if the file says so. */
    private NDArray finetuned(NDArray decoder, int n) {
      List<String> names = new ArrayList<>(List.of("finetuning_scaling_factor", "scaling_factor"));
      names.retainAll(file.names());
      if (names.isEmpty()) {
        return decoder;
      }
      NDArray factors = row(names.get(0), n);
      if (!config.finetuned() && factors.sub(1).abs().max().getFloat() > 1e-5) {
        throw bad(
            "it has factors %s, and its configuration says nothing of finetuning_scaling_factor"
                .formatted(names.get(0)));
      }
      return config.finetuned() ? replaced(decoder, decoder.mul(factors.reshape(n, 1))) : decoder;
    }

    private static NDArray replaced(NDArray before, NDArray now) {
      before.close();
      return now;
    }

    private NDArray matrix(String name, int rows, int columns) {
      return tensor(name, rows, columns);
    }

    private NDArray row(String name, int n) {
      return tensor(name, n).reshape(1, n);
    }

    private NDArray tensor(String name, long... expected) {
      if (!file.names().contains(name)) {
        throw bad("it has no " + name);
      }
      long[] shape = file.shape(name);
      if (!Arrays.equals(shape, expected)) {
        throw wrong(
            name, shape, Arrays.stream(expected).mapToObj(String::valueOf).toArray(String[]::new));
      }
      NDArray array = file.floats(manager, name);
      try (NDArray sizes = array.abs();
          NDArray most = sizes.max()) {
        if (!Float.isFinite(most.getFloat())) {
          throw bad("its " + name + " has values that are not finite");
        }
      }
      read.add(name);
      return array;
    }

    private static EngramException wrong(String name, long[] shape, String... expected) {
      return bad(
          "its %s has the shape %s instead of %s"
              .formatted(name, SaeHook.shown(Arrays.toString(shape)), Arrays.toString(expected)));
    }

    private static EngramException bad(String why) {
      return new EngramException("Not the weights of a sparse autoencoder: %s.".formatted(why));
    }
  }
}
