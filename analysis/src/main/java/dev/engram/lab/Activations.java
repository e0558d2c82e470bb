package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.Provenance;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import java.util.List;

/**
 * Activations of images: a tensor for each site and layer, whose first axis is the images.
 *
 * @param title what the images are called together
 * @param images as a user would name them, in the order of the first axis
 * @param layers how many the model has
 * @param tokens whether there is an axis of all tokens
 * @param tensors by site, then by layer
 * @param provenance where the numbers come from
 */
public record Activations(
    String title,
    List<String> images,
    int layers,
    Tokens tokens,
    List<Tensor> tensors,
    Provenance provenance) {
  /** Keeps copies. */
  public Activations {
    images = List.copyOf(images);
    tensors = List.copyOf(tensors);
  }

  /** The tensor of a site and a layer; refuses one that was not asked for. */
  public Tensor at(Site site, int layer) {
    return tensors.stream()
        .filter(t -> t.site == site && t.layer == layer)
        .findFirst()
        .orElseThrow(
            () ->
                new EngramException(
                    "These activations are %s; there is no %s."
                        .formatted(
                            String.join(", ", tensors.stream().map(Tensor::name).toList()),
                            name(site, layer))));
  }

  /**
   * The same place in TransformerLens and ViT-Prisma, whose tensor has the same numbers: {@code
   * blocks.20.mlp.hook_post}.
   */
  public String hook(Tensor tensor) {
    if (tensor.site == Site.H && tensor.layer == layers) {
      return "blocks.%d.hook_resid_post".formatted(layers - 1);
    }
    String hook =
        switch (tensor.site) {
          case H -> "hook_resid_pre";
          case VALUE -> "attn.hook_v";
          case ATTENTION -> "attn.hook_pattern";
          case M_A -> "attn.hook_z";
          case A -> "hook_attn_out";
          case MID -> "hook_resid_mid";
          case PRE -> "mlp.hook_pre";
          case M_F -> "mlp.hook_post";
          case F -> "hook_mlp_out";
        };
    return "blocks.%d.%s".formatted(tensor.layer, hook);
  }

  private static String name(Site site, int layer) {
    return site + "_" + layer;
  }

  /**
   * The activations of one site in one layer. With all tokens (B, T, width), for the class token
   * (B, width); of {@link Site#ATTENTION} (B, heads, T, T) and (B, heads, T).
   *
   * @param layer from 0; of {@link Site#H} also the number of layers, after the last one
   * @param shape the axes
   * @param values row-major, float32
   */
  public record Tensor(Site site, int layer, List<Long> shape, float[] values) {
    /** Keeps a copy of the shape. */
    public Tensor {
      shape = List.copyOf(shape);
    }

    /** A name that Python reads as one word: {@code M_F_20}. */
    public String name() {
      return Activations.name(site, layer);
    }
  }
}
