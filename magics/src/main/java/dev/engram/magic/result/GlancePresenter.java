package dev.engram.magic.result;

import dev.engram.Digits;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Survey;
import dev.engram.lab.Glance;
import dev.engram.magic.view.Markdown;
import dev.engram.magic.view.View;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Shows a neuron in small: a few facts, and what makes the rest of its page. */
final class GlancePresenter implements Presenter<Glance> {
  private static final int ENTITIES = 3;

  /** One line of the page. */
  private record Fact(String name, String value) {}

  @Override
  public View view(Glance glance, DisplayLimits shown) {
    List<Fact> facts = facts(glance);
    String name = glance.neuron().toString();
    return View.text(
            Stream.concat(Stream.of(name), facts.stream().map(f -> f.name() + ": " + f.value()))
                .collect(Collectors.joining("\n")))
        .with(
            View.MARKDOWN,
            Markdown.table(
                List.of("**" + Markdown.escape(name) + "**", ""),
                facts.stream()
                    .map(f -> List.of(Markdown.escape(f.name()), Markdown.escape(f.value())))
                    .toList()));
  }

  @Override
  public Table table(Glance glance, DisplayLimits shown) {
    List<Fact> facts = facts(glance);
    return Table.create(
        glance.neuron().toString(),
        StringColumn.create("fact", facts.stream().map(Fact::name)),
        StringColumn.create("value", facts.stream().map(Fact::value)));
  }

  private static List<Fact> facts(Glance glance) {
    Neuron neuron = glance.neuron();
    List<Fact> facts = new ArrayList<>();
    facts.add(
        new Fact(
            "where",
            neuron.block() == Neuron.Block.FFN
                ? "FFN of layer " + neuron.layer()
                : "MSA of layer %d, head %d".formatted(neuron.layer(), neuron.head())));
    facts.add(
        new Fact(
            "value vector",
            String.format(
                Locale.ROOT,
                "length %s, longer than %.0f %% of its block",
                Digits.of(glance.length()),
                100 * glance.shorter())));
    Interpretation words = glance.words();
    if (words != null) {
      facts.add(
          new Fact(
              "words",
              words.words().stream()
                      .map(w -> w.word() + " " + Digits.of(w.weight()))
                      .collect(Collectors.joining(", "))
                  + "; unsaid "
                  + Digits.of(words.residual())));
    }
    if (!glance.effects().isEmpty()) {
      facts.add(
          new Fact(
              "improves most",
              glance.effects().stream()
                  .limit(ENTITIES)
                  .map(GlancePresenter::effect)
                  .collect(Collectors.joining(", "))));
    }
    facts.add(new Fact("all of it", "%neuron " + neuron));
    return facts;
  }

  private static String effect(Survey.Effect effect) {
    return "%s (%s, rank %d)"
        .formatted(effect.entity().name(), Digits.of(effect.improvement()), effect.rank());
  }
}
