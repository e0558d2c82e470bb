package dev.engram.magic.result;

import dev.engram.Digits;
import dev.engram.Printable;
import dev.engram.Sha256;
import dev.engram.lab.SaeCard;
import dev.engram.magic.view.View;
import dev.engram.sae.Fidelity;
import dev.engram.sae.SaeConfig;
import dev.engram.sae.SaeConfig.Architecture;
import dev.engram.sae.SaeConfig.Normalization;
import dev.engram.sae.SaeConfig.TrainedOn;
import dev.engram.sae.SaeHook;
import dev.engram.sae.SparseAutoencoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tech.tablesaw.api.Table;

/** Shows {@code %sae}: what an autoencoder reads, and how faithful its features are. */
final class SaeCardPresenter implements Presenter<SaeCard> {
  private static final int MOST_NAMED = 5;

  @Override
  public View view(SaeCard card, DisplayLimits shown) {
    return Footnote.under(FactTable.view(facts(card), notes(card.sae())), card.provenance());
  }

  /** Name and value of each fact. */
  @Override
  public Table table(SaeCard card, DisplayLimits shown) {
    return FactTable.table(card.sae().name(), facts(card));
  }

  private static Map<String, String> facts(SaeCard card) {
    SparseAutoencoder sae = card.sae();
    SaeConfig config = sae.config();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(
        "autoencoder",
        format(
            "%s, in the layout of %s (SHA-256 %s…)",
            sae.name(), config.origin().title(), Sha256.brief(sae.hash())));
    facts.put("reads", format("%s: %s", sae.hook(), place(sae.hook())));
    facts.put(
        "features",
        format(
            "%,d, L%dS0 to L%dS%d; every index from 0",
            sae.count(), sae.hook().layer(), sae.hook().layer(), sae.count() - 1));
    facts.put("architecture", architecture(config));
    facts.put(
        "trained on",
        config.tokens().title()
            + (config.model().isEmpty() ? "" : " of " + Printable.line(config.model())));
    Fidelity f = card.fidelity();
    if (f != null) {
      facts.put(
          "measured on", format("%d images of %s, %,d tokens", f.images(), card.on(), f.tokens()));
      facts.put("L0", format("%s features are active at a token", Digits.of(f.l0())));
      facts.put(
          "explained",
          format(
              "%s of the variance%s",
              Digits.fixed(f.explained(), 4),
              Double.isNaN(f.explainedClass())
                  ? ""
                  : ", %s of that of class tokens".formatted(Digits.fixed(f.explainedClass(), 4))));
      facts.put(
          "active", format("%,d of %,d features at one token or more", f.active(), sae.count()));
      if (!Double.isNaN(f.cosine())) {
        facts.put(
            "cosine",
            format(
                "with the label %s, and %s with the reconstruction in place",
                Digits.fixed(f.cosine(), 4), Digits.fixed(f.reconstructed(), 4)));
      }
      facts.put(
          "embedding",
          format("cosine %s with and without the reconstruction", Digits.fixed(f.same(), 4)));
    }
    return facts;
  }

  private static String place(SaeHook hook) {
    return switch (hook.place()) {
      case RESID_PRE -> "the residual stream before layer " + hook.layer();
      case RESID_MID -> "the residual stream between the blocks of layer " + hook.layer();
      case RESID_POST -> "the residual stream after layer " + hook.layer();
      case ATTN_OUT -> "the output of the MSA block of layer " + hook.layer();
      case MLP_OUT -> "the output of the FFN block of layer " + hook.layer();
      case Z -> "the coefficients of the MSA neurons of layer " + hook.layer();
      case POST -> "the coefficients of the FFN neurons of layer " + hook.layer();
    };
  }

  private static String architecture(SaeConfig config) {
    StringBuilder out = new StringBuilder(config.architecture().name().toLowerCase(Locale.ROOT));
    if (config.architecture() == Architecture.TOPK) {
      out.append(", the ").append(config.k()).append(" largest features of a token");
    }
    if (config.normalization() != Normalization.NONE) {
      out.append(", input normalised by ")
          .append(config.normalization().name().toLowerCase(Locale.ROOT));
    }
    return out.toString();
  }

  /** Sentences that a user should read. */
  private static List<String> notes(SparseAutoencoder sae) {
    List<String> notes = new ArrayList<>();
    if (sae.config().tokens() == TrainedOn.PATCHES) {
      notes.add(
          "It was trained on patches alone; attribution reads the class token, which it has not seen.");
    }
    if (sae.config().tokens() == TrainedOn.CLASS) {
      notes.add(
          "It was trained on the class token alone; maps read patches, which it has not seen.");
    }
    if (!sae.unread().isEmpty()) {
      notes.add(
          "Tensors that are not read: "
              + String.join(", ", sae.unread().stream().limit(MOST_NAMED).toList())
              + (sae.unread().size() > MOST_NAMED
                  ? " and " + (sae.unread().size() - MOST_NAMED) + " more."
                  : "."));
    }
    return notes;
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
