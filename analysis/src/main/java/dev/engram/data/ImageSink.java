package dev.engram.data;

/** Takes the images of a set one by one, where they are too many to be held. */
@FunctionalInterface
public interface ImageSink {
  /**
   * @param entity the index of its entity; −1 for none
   * @param image with its file and its name within the set; what an entity says is left empty
   */
  void take(int entity, LabelledImage image);
}
