package dev.engram.model;

import java.util.List;
import java.util.Set;

/**
 * Who named the tensors of a checkpoint, and where it keeps each. Engram's own names are those of
 * Hugging Face's {@code CLIPModel} and {@code SiglipModel}.
 */
interface Naming {
  /** Names of transformers. */
  Naming HUGGING_FACE = new HuggingFaceNaming();

  /** OpenAI's names, which OpenCLIP has too. */
  Naming OPENAI = new OpenAiNaming("OpenAI / OpenCLIP", "");

  /** OpenCLIP's names where the text tower is a module of its own. */
  Naming OPENCLIP_CUSTOM_TEXT = new OpenAiNaming("OpenCLIP, custom text", "text.");

  /** Whose names they are, for people. */
  String title();

  /**
   * @param names of all tensors
   */
  boolean isOf(Set<String> names);

  /** What the names of a text tower's tensors begin with. */
  List<String> textRoots();

  /**
   * @param name Hugging Face's
   * @param names of all tensors
   */
  StoredTensor stored(String name, Set<String> names);

  /** Whether a tensor is of the towers, so that what is computed depends on it. */
  default boolean isOfTowers(String name) {
    return UnreadTensors.isOfTowers(name);
  }

  /** Whether a tensor that others have added to a CLIP is read here. */
  default boolean reads(String addition) {
    return false;
  }

  /** Who prepares images so, as in "it is done as … by default", where no file says how. */
  default String preparing() {
    return "OpenAI's CLIP does";
  }

  /** Whether they are the names of transformers, whose files then come first. */
  default boolean isTransformers() {
    return this == HUGGING_FACE;
  }
}
