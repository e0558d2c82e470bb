package dev.engram.model;

import java.util.List;
import java.util.Set;

/** The names of transformers, which are Engram's own. */
final class HuggingFaceNaming implements Naming {
  @Override
  public String title() {
    return "Hugging Face";
  }

  @Override
  public boolean isOf(Set<String> names) {
    return names.contains("vision_model.embeddings.class_embedding")
        || names.contains("vision_model.head.probe");
  }

  @Override
  public List<String> textRoots() {
    return List.of("text_model.");
  }

  @Override
  public StoredTensor stored(String name, Set<String> names) {
    return StoredTensor.whole(name);
  }
}
