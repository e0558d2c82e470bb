package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import dev.engram.model.ClipConfig.Activation;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * EVA-CLIP as OpenCLIP has it, with an image tower of timm: as CLIP, with a bias after P and no
 * layer norm before the layers; most have rotary positions, gated FFNs and inner norms. OpenCLIP's
 * configuration has no sizes of it; what the tensors do not tell either stands in {@link #MODELS}.
 */
final class EvaFamily extends Family {
  private static final double TIMM_EPS = 1e-6;

  /** The grid at which every EVA-02 learned its rotary positions: 224 pixels in patches of 14. */
  private static final int GRID = 16;

  /** As timm defines a model: its heads, and {@link ClipConfig.Tower#rotaryGrid}. */
  private record Model(int heads, int rotaryGrid) {}

  /** The image towers in timm, without the resolution after the name. */
  private static final Map<String, Model> MODELS =
      Map.of(
          "eva_giant_patch14", new Model(16, 0),
          "eva_giant_patch14_clip", new Model(16, 0),
          "eva02_base_patch16_clip", new Model(12, GRID),
          "eva02_large_patch14_clip", new Model(16, GRID));

  /** Images as in OpenCLIP; transformers has no class for it. */
  private static final FamilyDefaults DEFAULTS =
      new FamilyDefaults(
          "",
          8,
          Activation.GELU,
          TIMM_EPS,
          "CLIPImageProcessor",
          "OpenCLIP does",
          ResizeFilter.BICUBIC,
          false,
          FamilyDefaults.OPENAI_MEAN,
          FamilyDefaults.OPENAI_STD);

  private static final Naming TIMM = new TimmNaming();

  @Override
  public String title() {
    return "EVA-CLIP";
  }

  @Override
  public boolean hasClassToken() {
    return true;
  }

  @Override
  String described() {
    return "an EVA-CLIP (EVA01-g, EVA02-B, EVA02-L of OpenCLIP)";
  }

  @Override
  boolean hasPatchBias() {
    return true;
  }

  @Override
  boolean hasPreNorm() {
    return false;
  }

  @Override
  boolean hasProjectionBias() {
    return true;
  }

  @Override
  boolean hasCausalText() {
    return true;
  }

  @Override
  boolean hasTextProjectionBias() {
    return false;
  }

  @Override
  List<Naming> namings() {
    return List.of(TIMM);
  }

  @Override
  boolean isBuiltAs(Checkpoint checkpoint) {
    return checkpoint.naming == TIMM;
  }

  @Override
  String imageProjection() {
    return "visual_projection.weight";
  }

  @Override
  String textProjection() {
    return "text_projection";
  }

  @Override
  List<String> savedBesideLayers(Checkpoint checkpoint, boolean hasText) {
    throw new EngramException(
        "transformers has no class for an EVA-CLIP, so it cannot be saved as a model; save its edits, which Engram reads again.");
  }

  @Override
  boolean hasScalarLogitScale() {
    return false;
  }

  @Override
  FamilyDefaults defaults() {
    return DEFAULTS;
  }

  @Override
  Set<String> transformersClasses() {
    return Set.of();
  }

  @Override
  boolean isTransformers(String type, JsonNode config, Path directory) {
    return false;
  }

  @Override
  int endOfText(int stated) {
    return stated;
  }

  @Override
  Optional<OpenClipVision> openClip(JsonNode settings) {
    String name = settings.path("timm_model_name").asText().replaceFirst("_\\d+$", "");
    return Optional.ofNullable(MODELS.get(name))
        .map(model -> (file, activation, ckpt) -> tower(file, settings, model, ckpt));
  }

  private static Stated.Tower tower(
      ConfigFile file, JsonNode settings, Model model, Checkpoint ckpt) {
    if (!settings.path("timm_pool").asText("token").equals("token")) {
      throw file.wrong("vision_cfg.timm_pool", settings.path("timm_pool"), "token");
    }
    if (settings.hasNonNull("timm_proj")) {
      throw file.wrong("vision_cfg.timm_proj", settings.path("timm_proj"), "null");
    }
    boolean gated = ckpt.has("vision_model.encoder.layers.0.mlp.gate.weight");
    return new Stated.Tower(
        0,
        0,
        model.heads,
        0,
        gated ? Activation.SILU : Activation.GELU,
        TIMM_EPS,
        gated,
        ckpt.has("vision_model.encoder.layers.0.self_attn.inner_norm.weight"),
        model.rotaryGrid);
  }

  /** Images as timm names them, texts as OpenCLIP does in a tower of their own. */
  private static final class TimmNaming implements Naming {
    private static final String TRUNK = "visual.trunk.";

    @Override
    public String title() {
      return "OpenCLIP, timm images";
    }

    @Override
    public boolean isOf(Set<String> names) {
      return names.contains(TRUNK + "patch_embed.proj.weight");
    }

    @Override
    public String preparing() {
      return DEFAULTS.preparing();
    }

    @Override
    public List<String> textRoots() {
      return OPENCLIP_CUSTOM_TEXT.textRoots();
    }

    @Override
    public StoredTensor stored(String name, Set<String> names) {
      if (!name.startsWith("vis")) {
        return OPENCLIP_CUSTOM_TEXT.stored(name, names);
      }
      if (name.endsWith("class_embedding")) {
        return StoredTensor.withOnes(TRUNK + "cls_token", 2);
      }
      if (name.endsWith("position_embedding.weight")) {
        return StoredTensor.withOnes(TRUNK + "pos_embed", 1);
      }
      boolean gated = names.contains(TRUNK + "blocks.0.mlp.fc1_x.weight");
      String n =
          TRUNK
              + name.replaceFirst("^vision_model\\.", "")
                  .replace("embeddings.patch_embedding", "patch_embed.proj")
                  .replace("visual_projection", "head")
                  .replace("post_layernorm", "norm")
                  .replace("encoder.layers.", "blocks.")
                  .replace("layer_norm", "norm")
                  .replace("self_attn.inner_norm", "attn.norm")
                  .replace("self_attn.out_proj", "attn.proj")
                  .replace("self_attn.", "attn.")
                  .replace("mlp.inner_norm", "mlp.norm")
                  .replace("mlp.fc1", gated ? "mlp.fc1_x" : "mlp.fc1")
                  .replace("mlp.gate", "mlp.fc1_g");
      return n.contains("_proj.") ? projection(n, names) : StoredTensor.whole(n);
    }

    /** W_q, W_k and W_v may be one matrix; b_k is 0 and not stored. */
    private static StoredTensor projection(String n, Set<String> names) {
      boolean fused = names.contains(TRUNK + "blocks.0.attn.qkv.weight");
      if (n.endsWith("k_proj.bias")) {
        return StoredTensor.absent(n);
      }
      if (fused && n.endsWith("_proj.bias")) {
        return StoredTensor.whole(n.replace("_proj.bias", "_bias"));
      }
      if (fused && n.endsWith("_proj.weight")) {
        int third = List.of("q", "k", "v").indexOf(n.replaceFirst(".*\\.([qkv])_proj.*", "$1"));
        return StoredTensor.third(n.replaceFirst("[qkv]_proj", "qkv"), third);
      }
      return StoredTensor.whole(n);
    }
  }
}
