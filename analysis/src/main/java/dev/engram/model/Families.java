package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** All families that Engram reads, and which one a file means. */
final class Families {
  private static final Family PLAIN = new ClipFamily();

  /** The first one that knows a file as its own has it. */
  static final List<Family> ALL =
      List.of(
          new Siglip2Family(),
          new SiglipFamily(),
          new EvaFamily(),
          PLAIN,
          new Dinov2Family(),
          new VitFamily());

  private Families() {}

  /** The paper's, which is taken for a model of which no file says more. */
  static Family plain() {
    return PLAIN;
  }

  /** The family of a configuration of transformers, by its model_type. */
  static Optional<Family> transformers(String type, JsonNode config, Path directory) {
    return ALL.stream().filter(f -> f.isTransformers(type, config, directory)).findFirst();
  }

  /** Whether transformers has a class of that name for one of the families. */
  static boolean isTransformersClass(String name) {
    return ALL.stream()
        .flatMap(f -> f.transformersClasses().stream())
        .filter(name::startsWith)
        .anyMatch(
            p ->
                name.substring(p.length())
                    .matches("(Model|Vision\\w*|Text\\w*|For\\w+|PreTrainedModel)?"));
  }

  /** The defaults of an image processor; those of the model's family for an unknown name. */
  static FamilyDefaults ofProcessor(String name, Family family) {
    return ALL.stream()
        .map(Family::defaults)
        .filter(d -> d.isProcessor(name))
        .findFirst()
        .orElse(family.defaults());
  }

  /** Every way in which tensors are named, the surest to tell first. */
  static List<Naming> namings() {
    return ALL.stream().flatMap(f -> f.namings().stream()).distinct().toList();
  }

  /** What a sentence says that Engram reads. */
  static String described() {
    return ALL.stream().map(Family::described).sorted().collect(Collectors.joining(", "));
  }
}
