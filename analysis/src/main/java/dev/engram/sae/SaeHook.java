package dev.engram.sae;

import dev.engram.EngramException;
import dev.engram.Printable;
import dev.engram.model.ClipConfig;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which activations an autoencoder reads, as TransformerLens and ViT-Prisma name them: {@code
 * blocks.10.hook_resid_post}.
 *
 * @param layer from 0
 * @param place within the layer
 */
public record SaeHook(int layer, Place place) {
  private static final Pattern NAME = Pattern.compile("blocks\\.(\\d{1,4})\\.([\\w.]{1,60})");

  /** A place within a layer, with what is read there. */
  public enum Place {
    /** The residual stream before the layer. */
    RESID_PRE("hook_resid_pre", Site.H),
    /** The residual stream between the blocks. */
    RESID_MID("hook_resid_mid", Site.MID),
    /** The residual stream after the layer. */
    RESID_POST("hook_resid_post", Site.H),
    /** The output of the MSA block. */
    ATTN_OUT("hook_attn_out", Site.A),
    /** The output of the FFN block. */
    MLP_OUT("hook_mlp_out", Site.F),
    /** The coefficients of the MSA neurons, heads side by side. */
    Z("attn.hook_z", Site.M_A),
    /** The coefficients of the FFN neurons. */
    POST("mlp.hook_post", Site.M_F);

    private final String hook;
    private final Site site;

    Place(String hook, Site site) {
      this.hook = hook;
      this.site = site;
    }
  }

  /**
   * Reads a hook's name.
   *
   * @throws EngramException if it is another place, or none
   */
  public static SaeHook parse(String name) {
    Matcher m = NAME.matcher(name);
    Optional<Place> place =
        m.matches()
            ? Arrays.stream(Place.values()).filter(p -> p.hook.equals(m.group(2))).findFirst()
            : Optional.empty();
    if (place.isEmpty()) {
      throw new EngramException(
          "The autoencoder reads '%s', of which Engram knows no features; it knows those of blocks.LAYER. and %s."
              .formatted(
                  shown(name),
                  Arrays.stream(Place.values())
                      .map(p -> p.hook)
                      .collect(Collectors.joining(", "))));
    }
    return new SaeHook(Integer.parseInt(m.group(1)), place.get());
  }

  static String shown(String text) {
    String line = Printable.line(text);
    return line.length() <= 80 ? line : line.substring(0, 80) + "…";
  }

  /** What is read. */
  public Site site() {
    return place.site;
  }

  /** Under which layer a trace keeps it: h after layer l is h before layer l + 1. */
  public int siteLayer() {
    return place == Place.RESID_POST ? layer + 1 : layer;
  }

  /** The block whose output, or whose coefficients, are read; empty for the residual stream. */
  public Optional<Neuron.Block> block() {
    return switch (place) {
      case ATTN_OUT, Z -> Optional.of(Neuron.Block.MSA);
      case MLP_OUT, POST -> Optional.of(Neuron.Block.FFN);
      case RESID_PRE, RESID_MID, RESID_POST -> Optional.empty();
    };
  }

  /** Whether coefficients of neurons are read: a feature is then a set of neurons. */
  public boolean isOfNeurons() {
    return place == Place.Z || place == Place.POST;
  }

  /** How many numbers a token has there. */
  int width(ClipConfig.Tower tower) {
    return place == Place.POST ? tower.ffnWidth() : tower.width();
  }

  @Override
  public String toString() {
    return "blocks." + layer + "." + place.hook;
  }
}
