package dev.engram.sae;

import java.util.Arrays;
import java.util.Objects;

/**
 * A sparse autoencoder as its programs describe it, one number after another in float64: the
 * reference of {@link SparseAutoencoder}.
 */
final class NaiveSae {
  private final SaeFixture from;

  NaiveSae(SaeFixture from) {
    this.from = from;
  }

  private String text(String key, String otherwise) {
    return from.config.path(key).asText(otherwise);
  }

  private boolean flag(String key, boolean otherwise) {
    return from.config.path(key).asBoolean(otherwise);
  }

  private double at(String name, int i) {
    return Objects.requireNonNull(from.tensors.get(name))[i];
  }

  /** f, and in the last two places what undoes the normalisation: s and the shift. */
  double[] encode(double[] x) {
    int d = from.width;
    int n = from.features;
    double mean = Arrays.stream(x).average().orElseThrow();
    double squares = Arrays.stream(x).map(v -> v * v).sum();
    double centred = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).sum();
    double scale = 1;
    double shift = 0;
    double[] in = x.clone();
    switch (text("normalize_activations", "none")) {
      case "layer_norm":
        scale = Math.sqrt(centred / (d - 1));
        shift = mean;
        for (int j = 0; j < d; j++) {
          in[j] = (x[j] - mean) / (scale + 1e-5);
        }
        break;
      case "constant_norm_rescale":
        scale = Math.sqrt(squares) / Math.sqrt(d);
        for (int j = 0; j < d; j++) {
          in[j] = x[j] * Math.sqrt(d) / Math.sqrt(squares);
        }
        break;
      default:
        break;
    }
    boolean prisma = from.config.has("layer_subtype");
    if (prisma || flag("apply_b_dec_to_input", true)) {
      for (int j = 0; j < d; j++) {
        in[j] -= at("b_dec", j);
      }
    }
    double[] dots = new double[n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < d; j++) {
        dots[i] += in[j] * at("W_enc", j * n + i);
      }
    }
    double[] f = new double[n + 2];
    String function = text("activation_fn_str", "relu");
    String architecture = function.equals("topk") ? "topk" : text("architecture", "standard");
    for (int i = 0; i < n; i++) {
      switch (architecture) {
        case "gated":
          boolean open = dots[i] + at("b_gate", i) > 0;
          f[i] = open ? Math.max(0, dots[i] * Math.exp(at("r_mag", i)) + at("b_mag", i)) : 0;
          break;
        case "jumprelu":
          double pre = dots[i] + at("b_enc", i);
          f[i] = pre > at("threshold", i) ? Math.max(0, pre) : 0;
          break;
        case "batchtopk":
          double value = dots[i] + at("b_enc", i);
          f[i] = value > at("topk_threshold", 0) ? Math.max(0, value) : 0;
          break;
        default:
          f[i] = dots[i] + at("b_enc", i);
          f[i] *= flag("rescale_acts_by_decoder_norm", false) ? length(i) : 1;
          f[i] = architecture.equals("topk") ? f[i] : Math.max(0, f[i]);
          f[i] = function.equals("tanh-relu") ? Math.tanh(f[i]) : f[i];
          break;
      }
    }
    if (architecture.equals("topk")) {
      double[] sorted = Arrays.copyOf(f, n);
      Arrays.sort(sorted);
      int k =
          from.config.path("k").asInt(from.config.path("activation_fn_kwargs").path("k").asInt());
      double least = sorted[n - k];
      for (int i = 0; i < n; i++) {
        f[i] = f[i] >= least ? Math.max(0, f[i]) : 0;
      }
    }
    f[n] = scale;
    f[n + 1] = shift;
    return f;
  }

  private double length(int feature) {
    double sum = 0;
    for (int j = 0; j < from.width; j++) {
      sum += Math.pow(at("W_dec", feature * from.width + j), 2);
    }
    return Math.sqrt(sum);
  }

  /** What a feature adds to x for a coefficient of 1. */
  double[] value(int feature) {
    double factor =
        flag("finetuning_scaling_factor", false) ? at("finetuning_scaling_factor", feature) : 1;
    double length = flag("rescale_acts_by_decoder_norm", false) ? length(feature) : 1;
    double[] w = new double[from.width];
    for (int j = 0; j < w.length; j++) {
      w[j] = factor * at("W_dec", feature * from.width + j) / length;
    }
    return w;
  }

  /** x̂. */
  double[] decode(double[] f) {
    double[] out = new double[from.width];
    for (int i = 0; i < from.features; i++) {
      double[] w = f[i] == 0 ? out.clone() : value(i);
      for (int j = 0; j < out.length; j++) {
        out[j] += f[i] == 0 ? 0 : f[i] * w[j];
      }
    }
    for (int j = 0; j < out.length; j++) {
      out[j] = (out[j] + at("b_dec", j)) * f[from.features] + f[from.features + 1];
    }
    return out;
  }
}
