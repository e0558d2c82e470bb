package dev.engram.magic;

import dev.engram.lab.Target;
import picocli.CommandLine.Parameters;

/** What is looked at: an entity or an image. */
class TargetOptions {
  @Parameters(
      paramLabel = "IMAGE|ENTITY",
      description = "An entity of the open images, one of its images (entity/0), or an image file.")
  private String target = "";

  /** What the line names. */
  final Target target() {
    return Target.of(target);
  }
}
