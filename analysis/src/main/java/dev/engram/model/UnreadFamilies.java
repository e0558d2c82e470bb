package dev.engram.model;

import dev.engram.EngramException;
import dev.engram.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Relatives that people have on disk and Engram does not compute: what they are, why not, and what
 * to take instead. They are told before anything is loaded, by their configuration or their names.
 */
final class UnreadFamilies {
  /**
   * One of them.
   *
   * @param told by a model_type, by the name of a tower of timm, of a file of weights or of a
   *     tensor
   */
  private record Relative(Pattern told, String title, String reason) {
    Relative(String told, String title, String reason) {
      this(Pattern.compile(told), title, reason);
    }
  }

  private static final List<Relative> ALL =
      List.of(
          new Relative(
              ".*dinotxt.*",
              "a dino.txt",
              "its text tower stands on a DINO with registers and layers of their own, in files"
                  + " without a configuration; take a CLIP for what needs texts, or"
                  + " facebook/dinov2-base"),
          new Relative(
              "dinov2_with_registers",
              "a DINOv2 with registers",
              "Engram does not compute register tokens; take one without, as facebook/dinov2-base"),
          new Relative(
              "dinov3_.*",
              "a DINOv3",
              "Engram does not compute its register tokens and rotations; take a DINOv2, as"
                  + " facebook/dinov2-base"),
          new Relative(
              "metaclip_2(_.*)?",
              "a MetaCLIP 2",
              "Engram does not have the tokenizer of its texts, XLM-V's with 901,629 tokens; take a"
                  + " MetaCLIP, as facebook/metaclip-h14-fullcc2.5b"),
          new Relative(
              "image_encoder\\.model\\..*|fastvit_mci\\d.*|vit_base_mci.*",
              "a MobileCLIP",
              "Engram does not compute the convolutions of its image tower; take a small CLIP, as"
                  + " wkcn/TinyCLIP-ViT-40M-32-Text-19M-LAION400M"));

  private UnreadFamilies() {}

  /**
   * Refuses a folder by its configuration and the names of its weights.
   *
   * @param names of the files in it
   * @throws EngramException if it holds one of them
   */
  static void refuse(Path directory, Collection<String> names) {
    Path config = directory.resolve("config.json");
    String type = Files.exists(config) ? Json.object(config).path("model_type").asText() : "";
    refusal(Stream.concat(Stream.of(type), WeightNames.all(names).stream()), directory)
        .ifPresent(
            e -> {
              throw e;
            });
  }

  /**
   * The sentence about one of them.
   *
   * @param signs what tells it
   * @param where the folder or the file
   */
  static Optional<EngramException> refusal(Stream<String> signs, Path where) {
    return signs
        .flatMap(
            s ->
                ALL.stream()
                    .filter(r -> r.told.matcher(s).matches())
                    .map(
                        r ->
                            new EngramException(
                                "The model in %s is %s (%s): %s."
                                    .formatted(where, r.title, Settings.shown(s), r.reason))))
        .findFirst();
  }
}
