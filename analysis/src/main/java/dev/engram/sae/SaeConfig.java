package dev.engram.sae;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import dev.engram.Json;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the file beside the weights says of an autoencoder: {@code cfg.json} of SAELens, before and
 * after its version 6, or {@code config.json} of ViT-Prisma. What a file leaves out is what its own
 * program takes then; what Engram does not know is refused by name.
 *
 * @param origin who wrote it
 * @param architecture how features are computed
 * @param activation after the encoder
 * @param k how many features of a token are active, for {@link Architecture#TOPK}
 * @param hook what is read
 * @param width how many numbers a token has there; 0 where the file is silent
 * @param features how many there are; 0 where the file is silent
 * @param centred whether b_dec is taken from the input
 * @param normalization of the input
 * @param rescaled whether features are ranked by what they write, of {@link Architecture#TOPK}
 * @param finetuned whether features are multiplied by factors of their own
 * @param tokens those that it was trained on
 * @param model the name of the model that it was trained on; "" where the file is silent
 */
public record SaeConfig(
    Origin origin,
    Architecture architecture,
    Activation activation,
    int k,
    SaeHook hook,
    int width,
    int features,
    boolean centred,
    Normalization normalization,
    boolean rescaled,
    boolean finetuned,
    TrainedOn tokens,
    String model) {
  /** Who wrote a file. */
  public enum Origin {
    /** SAELens. */
    SAELENS("SAELens"),
    /** ViT-Prisma. */
    PRISMA("ViT-Prisma");

    private final String title;

    Origin(String title) {
      this.title = title;
    }

    /** The name of the program. */
    public String title() {
      return title;
    }
  }

  /** How features are computed. */
  public enum Architecture {
    /** One encoder, and an activation. */
    STANDARD,
    /** A gate that says which features are active, and their magnitudes. */
    GATED,
    /** Features above a threshold of their own. */
    JUMPRELU,
    /** The k largest features of a token. */
    TOPK,
    /** Features above one threshold, as it was learned for batches. */
    BATCHTOPK
  }

  /** After the encoder. */
  public enum Activation {
    /** max(x, 0). */
    RELU,
    /** tanh(max(x, 0)). */
    TANH_RELU
  }

  /** What is done to a token's numbers before the encoder, and undone after the decoder. */
  public enum Normalization {
    /** Nothing. */
    NONE,
    /** Mean 0 and standard deviation 1. */
    LAYER_NORM,
    /** The length √width. */
    CONSTANT_NORM_RESCALE
  }

  /** Tokens that an autoencoder was trained on. */
  public enum TrainedOn {
    /** Class token and patches. */
    ALL("all tokens"),
    /** The class token. */
    CLASS("the class token alone"),
    /** Patches. */
    PATCHES("patches alone");

    private final String title;

    TrainedOn(String title) {
      this.title = title;
    }

    /** A phrase. */
    public String title() {
      return title;
    }
  }

  /**
   * Reads a file.
   *
   * @throws EngramException if it cannot be read, or says what Engram does not know
   */
  public static SaeConfig read(Path file) {
    return new Reading(String.valueOf(file.getFileName()), Json.object(file)).read();
  }

  /** One file while it is read. */
  private record Reading(String file, JsonNode json) {
    private static final int MOST = 10_000_000;

    SaeConfig read() {
      Origin origin = isPrisma() ? Origin.PRISMA : Origin.SAELENS;
      refuseTranscoder();
      Activation activation = Activation.RELU;
      Architecture architecture =
          text("", "architecture").equals("vanilla") // as ViT-Prisma may call it
              ? Architecture.STANDARD
              : constant(Architecture.class, "architecture", "standard", "architecture");
      String function = text("relu", "activation_fn_str", "activation_fn");
      if (function.equals("topk")) {
        architecture = Architecture.TOPK;
      } else {
        activation = constant(Activation.class, "activation", function);
      }
      return new SaeConfig(
          origin,
          architecture,
          activation,
          architecture == Architecture.TOPK ? k() : 0,
          hook(origin),
          count("d_in"),
          features(origin),
          origin == Origin.PRISMA || flag("apply_b_dec_to_input", true),
          normalization(origin),
          flag("rescale_acts_by_decoder_norm", false),
          flag("finetuning_scaling_factor", false),
          flag("cls_token_only", false)
              ? TrainedOn.CLASS
              : flag("use_patches_only", false) ? TrainedOn.PATCHES : TrainedOn.ALL,
          text("", "model_name"));
    }

    private boolean isPrisma() {
      return text("", "model_class_name").equals("HookedViT")
          || json.has("layer_subtype")
          || (json.has("hook_point_layer") && at("hook_point", "hook_name") == null);
    }

    private void refuseTranscoder() {
      if (flag("is_transcoder", false)) {
        throw bad("it is a transcoder, which reads one place and writes to another");
      }
      JsonNode head = at("hook_head_index", "hook_point_head_index");
      if (head != null) {
        throw bad("it reads one head alone (%s)".formatted(SaeHook.shown(head.toString())));
      }
    }

    private SaeHook hook(Origin origin) {
      String whole = text("", "hook_name", "hook_point");
      if (whole.startsWith("blocks.") || origin == Origin.SAELENS) {
        if (whole.isEmpty()) {
          throw bad("it has no hook_name, which says what the autoencoder reads");
        }
        return SaeHook.parse(whole);
      }
      JsonNode layer = json.path("hook_point_layer");
      JsonNode one = layer.isArray() && layer.size() == 1 ? layer.get(0) : layer;
      String place = text("", "layer_subtype");
      if (!one.isInt() || place.isEmpty()) {
        throw bad(
            "its hook_point_layer and layer_subtype do not say what the autoencoder reads, as 10 and hook_resid_post");
      }
      return SaeHook.parse("blocks." + one.intValue() + "." + place);
    }

    private int features(Origin origin) {
      int said = count("d_sae");
      if (said > 0 || origin != Origin.PRISMA || !json.path("expansion_factor").isInt()) {
        return said;
      }
      long product = (long) count("d_in") * count("expansion_factor");
      if (product > MOST) {
        throw bad("its d_in times its expansion_factor are %,d features".formatted(product));
      }
      return (int) product;
    }

    private Normalization normalization(Origin origin) {
      JsonNode said = at("normalize_activations");
      if (said == null) {
        boolean silent = !json.has("normalize_activations");
        return origin == Origin.PRISMA && silent ? Normalization.LAYER_NORM : Normalization.NONE;
      }
      if (said.isBoolean() && !said.booleanValue()) {
        return Normalization.NONE;
      }
      if (said.isBoolean() || said.asText().equals("expected_average_only_in")) {
        throw bad(
            "it multiplies its input by a factor that the file does not hold (expected_average_only_in); fold it into the weights with SAELens");
      }
      return constant(Normalization.class, "normalize_activations", "", "normalize_activations");
    }

    private int k() {
      JsonNode k = json.path("activation_fn_kwargs").path("k");
      JsonNode said = k.isMissingNode() ? json.path("k") : k;
      if (!said.isNumber() || said.doubleValue() != said.intValue() || said.intValue() < 1) {
        throw bad("it has no whole number k from 1, which says how many features are active");
      }
      return said.intValue();
    }

    // ------------------------------------------------------------------ values by their names

    /** The first of some names that has a value, also of those that SAELens 6 moved. */
    private @Nullable JsonNode at(String... names) {
      return Stream.of(json, json.path("metadata"), json.path("meta"))
          .flatMap(node -> Arrays.stream(names).map(node::path))
          .filter(node -> !node.isMissingNode() && !node.isNull())
          .findFirst()
          .orElse(null);
    }

    private String text(String otherwise, String... names) {
      JsonNode node = at(names);
      if (node == null) {
        return otherwise;
      }
      if (!node.isTextual()) {
        throw bad("its %s is no text but %s".formatted(names[0], SaeHook.shown(node.toString())));
      }
      return node.textValue();
    }

    private boolean flag(String name, boolean otherwise) {
      JsonNode node = at(name);
      if (node != null && !node.isBoolean()) {
        throw bad(
            "its %s is neither true nor false but %s"
                .formatted(name, SaeHook.shown(node.toString())));
      }
      return node == null ? otherwise : node.booleanValue();
    }

    /** From 1; 0 where it is not said. */
    private int count(String name) {
      JsonNode node = at(name);
      if (node == null) {
        return 0;
      }
      if (!node.isInt() || node.intValue() < 1 || node.intValue() > MOST) {
        throw bad(
            "its %s is no number from 1 to %,d but %s"
                .formatted(name, MOST, SaeHook.shown(node.toString())));
      }
      return node.intValue();
    }

    private <E extends Enum<E>> E constant(
        Class<E> type, String what, String otherwise, String... names) {
      String said = names.length == 0 ? otherwise : text(otherwise, names);
      String wanted = said.toUpperCase(Locale.ROOT).replace('-', '_');
      List<E> all = List.of(Objects.requireNonNull(type.getEnumConstants()));
      return all.stream()
          .filter(each -> each.name().equals(wanted))
          .findFirst()
          .orElseThrow(
              () ->
                  bad(
                      "its %s is '%s'; Engram knows %s"
                          .formatted(
                              what,
                              SaeHook.shown(said),
                              all.stream()
                                  .map(each -> each.name().toLowerCase(Locale.ROOT))
                                  .collect(Collectors.joining(", ")))));
    }

    private EngramException bad(String why) {
      return new EngramException(
          "Not a sparse autoencoder that Engram reads, %s: %s.".formatted(file, why));
    }
  }
}
