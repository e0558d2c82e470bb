package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.data.ImageSelection;
import dev.engram.data.Templates;
import dev.engram.model.Clip;
import java.util.List;

/** Carries out {@link TraceBlocks}: finds the guides and the text, and traces. */
final class Tracer {
  private final OpenModel model;
  private final OpenImages open;
  private final Progress progress;

  Tracer(OpenModel model, OpenImages open, Progress progress) {
    this.model = model;
    this.open = open;
    this.progress = progress;
  }

  Traced trace(TraceBlocks request) {
    Clip clip = model.history().model();
    ImageSelection chosen = open.select(request.target());
    List<ImageSelection> guides = request.guides().selections(open, 1);
    ImageSelection other = guides.isEmpty() ? null : guides.get(0);
    ImageSelection named = other == null || other.label().isEmpty() ? chosen : other;
    String name = request.name();
    if (name == null && named.label().isEmpty()) {
      throw new EngramException(
          "Neither the images nor the guides belong to one entity; say with --name what they are to"
              + " be recognised as.");
    }
    String template = request.template();
    String text;
    if (name != null) {
      text = NamedImages.label(name, template, open);
    } else {
      text = template == null ? named.label() : Templates.fill(template, named.title());
    }
    GuideImages read =
        GuideImages.of(
            clip, request.guides(), chosen, name == null ? named.title() : name, other, progress);
    return new Traced(
        chosen.title(),
        read.trace(
            clip,
            model.pixels(chosen, progress),
            text,
            chosen.title(),
            request.guides().tracedTokens(),
            progress),
        read.shown());
  }
}
