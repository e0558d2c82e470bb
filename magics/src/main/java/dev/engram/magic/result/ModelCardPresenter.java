package dev.engram.magic.result;

import dev.engram.Sha256;
import dev.engram.edit.Edit;
import dev.engram.hub.HubName;
import dev.engram.lab.ModelCard;
import dev.engram.magic.view.View;
import dev.engram.model.Clip;
import dev.engram.model.ClipConfig;
import dev.engram.model.Precision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tech.tablesaw.api.Table;

/** Shows {@code %model}: what the model is, where it computes, and what had to be inferred. */
final class ModelCardPresenter implements Presenter<ModelCard> {
  @Override
  public View view(ModelCard card, DisplayLimits shown) {
    return FactTable.view(facts(card), notes(card));
  }

  /** Name and value of each fact. */
  @Override
  public Table table(ModelCard card, DisplayLimits shown) {
    return FactTable.table(card.name(), facts(card));
  }

  private static Map<String, String> facts(ModelCard card) {
    Clip clip = card.clip();
    List<Edit> edits = card.edits();
    ClipConfig c = clip.config();
    ClipConfig.Tower v = c.vision();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("model", clip.name() + " (SHA-256 " + Sha256.brief(card.hash()) + "…)");
    for (int i = 0; i < edits.size(); i++) {
      facts.put(
          "edit " + i, edits.get(i).method().title() + ": " + EditsPresenter.title(edits.get(i)));
    }
    facts.put("family", family(c));
    facts.put(
        "image tower",
        format(
            "%d layers (0 to %d), width %d, %d heads of %d channels, FFN %d, %d × %d px in patches"
                + " of %d",
            v.layers(),
            v.layers() - 1,
            v.width(),
            v.heads(),
            v.headWidth(),
            v.ffnWidth(),
            c.imageSize(),
            c.imageSize(),
            c.patchSize()));
    facts.put(
        "neurons",
        format(
            "%,d: %,d in FFN blocks (L%dF%d), %,d in MSA blocks (L%dA%dH%d); every index from 0",
            v.neurons(),
            v.layers() * v.ffnWidth(),
            v.layers() - 1,
            v.ffnWidth() - 1,
            v.layers() * v.width(),
            v.layers() - 1,
            v.heads() - 1,
            v.headWidth() - 1));
    facts.put("text tower", c.hasText() ? textTower(c) : "none: an image tower alone");
    facts.put(
        c.hasText() ? "shared space" : "embedding", format("%d dimensions", c.projectionWidth()));
    facts.put(
        "activation",
        !c.hasText() || v.activation() == c.text().activation()
            ? said(v.activation())
            : said(v.activation())
                + " in the image tower, "
                + said(c.text().activation())
                + " in the text tower");
    facts.put("images", clip.processor().description());
    facts.put("weights", clip.storedType() + ", " + clip.naming() + " names; " + computed(clip));
    HubName.ofSnapshot(clip.directory()).ifPresent(hub -> facts.put("hub", hub.toString()));
    facts.put("device", clip.device() + " (" + clip.deviceReason() + ")");
    return facts;
  }

  /** Sentences that a user should read. */
  private static List<String> notes(ModelCard card) {
    Clip clip = card.clip();
    List<String> notes = new ArrayList<>(clip.config().notes());
    notes.addAll(clip.processor().notes());
    if (clip.precision() == Precision.F16 && clip.device().equals("cpu")) {
      notes.add("On a CPU, f16 saves memory, not time.");
    }
    if (clip.precision() == Precision.BF16) {
      notes.add(
          "Products are rounded to bfloat16: lists of the 50 strongest neurons keep about 99 % of float32's (docs/gpu.md).");
    }
    clip.caution().ifPresent(notes::add);
    return notes;
  }

  private static String textTower(ClipConfig c) {
    ClipConfig.Tower t = c.text();
    return format(
        "%d layers, width %d, %d heads, at most %d tokens of a vocabulary of %,d",
        t.layers(), t.width(), t.heads(), c.contextLength(), c.vocabularySize());
  }

  private static String computed(Clip clip) {
    return switch (clip.precision()) {
      case F32 -> "computed in float32";
      case F16 ->
          "matrices of the image tower's layers kept and multiplied in float16, all else in"
              + " float32";
      case BF16 ->
          "matrices of the image tower's layers multiplied in bfloat16, all else in float32";
    };
  }

  /** Aloud, with its formula: a model that computes with the other one is silently wrong. */
  private static String said(ClipConfig.Activation a) {
    return switch (a) {
      case QUICK_GELU -> "quick_gelu, x · sigmoid(1.702 x)";
      case GELU -> "gelu, exact: x · Φ(x)";
      case GELU_PYTORCH_TANH -> "gelu_pytorch_tanh, x · Φ(x) approximated by tanh";
      case SILU -> "silu, x · sigmoid(x), in the gate of the FFN";
    };
  }

  /** What distinguishes it from the model of the paper. */
  private static String family(ClipConfig c) {
    ClipConfig.Tower v = c.vision();
    List<String> parts = new ArrayList<>();
    parts.add(
        c.family().title()
            + (c.family().hasClassToken()
                ? ", read at the class token"
                : ", read by an attention pool: no class token"));
    if (v.gated()) {
      parts.add("gated FFNs (SwiGLU)");
    }
    if (v.innerNorms()) {
      parts.add("inner norms");
    }
    if (v.rotaryGrid() > 0) {
      parts.add("rotary positions");
    }
    return String.join(", ", parts);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
