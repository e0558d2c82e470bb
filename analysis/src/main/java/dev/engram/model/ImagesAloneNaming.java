package dev.engram.model;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How transformers names the tensors of a vision transformer without texts: {@code encoder.layer.3}
 * where a CLIP has {@code vision_model.encoder.layers.3}, all of it perhaps within a larger model.
 */
final class ImagesAloneNaming implements Naming {
  private static final Pattern LAYER = Pattern.compile("vision_model\\.encoder\\.layers\\.(.*)");
  private static final Pattern WITHIN =
      Pattern.compile("(\\d+)\\.(.*)\\.(weight|bias)"); // a layer: its number, module, tensor
  private static final Pattern TOWER = Pattern.compile("(embeddings|encoder|layernorm)\\..*|[^.]*");

  private static final Map<String, String> ATTENTION =
      Map.of(
          "self_attn.q_proj", "attention.attention.query",
          "self_attn.k_proj", "attention.attention.key",
          "self_attn.v_proj", "attention.attention.value",
          "self_attn.out_proj", "attention.output.dense");

  private final String title;
  private final String prefix;
  private final String told;
  private final Map<String, String> modules;
  private final Map<String, String> scales;

  /**
   * @param prefix of the tower in a larger model
   * @param told a tensor by which the names are told
   * @param modules of a layer, by those of a CLIP's
   * @param scales the layer scale of a module's output
   */
  ImagesAloneNaming(
      String title,
      String prefix,
      String told,
      Map<String, String> modules,
      Map<String, String> scales) {
    this.title = title;
    this.prefix = prefix;
    this.told = told;
    this.modules = modules;
    this.scales = scales;
  }

  @Override
  public String title() {
    return title;
  }

  @Override
  public boolean isOf(Set<String> names) {
    return names.contains(told) || names.contains(prefix + told);
  }

  @Override
  public List<String> textRoots() {
    return List.of();
  }

  @Override
  public boolean isTransformers() {
    return true;
  }

  @Override
  public boolean isOfTowers(String name) {
    String own = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
    return TOWER.matcher(own).matches();
  }

  @Override
  public boolean reads(String addition) {
    return scales.values().stream().anyMatch(s -> addition.endsWith("." + s + ".lambda1"));
  }

  @Override
  public StoredTensor stored(String name, Set<String> names) {
    String before = names.contains(prefix + told) ? prefix : "";
    Matcher layer = LAYER.matcher(name);
    if (layer.matches()) {
      return ofLayer(before + "encoder.layer.", layer.group(1));
    }
    return switch (name) {
      case "vision_model.embeddings.class_embedding" ->
          StoredTensor.withOnes(before + "embeddings.cls_token", 2);
      case "vision_model.embeddings.position_embedding.weight" ->
          StoredTensor.withOnes(before + "embeddings.position_embeddings", 1);
      default ->
          StoredTensor.whole(
              name.replaceFirst(
                      "^vision_model\\.embeddings\\.patch_embedding",
                      before + "embeddings.patch_embeddings.projection")
                  .replaceFirst("^vision_model\\.post_layernorm", before + "layernorm"));
    };
  }

  private StoredTensor ofLayer(String root, String name) {
    Matcher parts = WITHIN.matcher(name);
    if (!parts.matches()) {
      return StoredTensor.whole(root + name);
    }
    String layer = root + parts.group(1) + ".";
    String own = parts.group(2);
    String module = modules.getOrDefault(own, ATTENTION.getOrDefault(own, own));
    String stored = layer + module + "." + parts.group(3);
    String scale = scales.get(module);
    return scale == null
        ? StoredTensor.whole(stored)
        : StoredTensor.scaled(stored, layer + scale + ".lambda1");
  }
}
