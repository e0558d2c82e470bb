package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Method;
import dev.engram.attribution.Reading;
import dev.engram.data.Dataset;
import dev.engram.data.Entity;
import dev.engram.data.LabelledImage;
import dev.engram.edit.Edit;
import dev.engram.edit.EditHistory;
import dev.engram.edit.Removal;
import dev.engram.experiment.AccuracyChange;
import dev.engram.experiment.SimilarityChange;
import dev.engram.magic.EngramSession.Selection;
import dev.engram.magic.result.Forgetting;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %forget}: removes what the model knows about an entity (Sec. 4.4, A.7, Table 3). */
@Command(
    name = "forget",
    description = "Remove the knowledge neurons of an entity, and show what else changes.",
    footer = {
      "",
      "The residual mode takes the neurons' direct part out of the last residual stream and",
      "keeps how they hold down later neurons (A.7). The complete mode sets their value vectors",
      "to 0, to which later neurons answer (A.6). %%undo takes an edit back, %%edits lists all."
    })
final class ForgetCommand implements EngramMagic {
  /** How a neuron is removed. */
  enum Mode {
    /** Its direct part, from the last residual stream. */
    RESIDUAL,
    /** Its value vector. */
    COMPLETE
  }

  private final EngramSession session;

  @Parameters(
      paramLabel = "ENTITY",
      description = "An entity of the open set; or an image (entity/0, a file) or a folder.")
  private String target = "";

  @Option(
      names = "--label",
      paramLabel = "TEXT",
      description = "The text that stands for it; the entity's caption if left out.")
  private @Nullable String label;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "3",
      description = "How many knowledge neurons to remove (default: ${DEFAULT-VALUE}).")
  private int top = 3;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      defaultValue = "residual",
      description = "residual (default) or complete.")
  private Mode mode = Mode.RESIDUAL;

  @Option(
      names = "--unrelated",
      arity = "1..*",
      paramLabel = "ENTITY|DIR",
      description =
          "Images for the lower bounds; the other entities of its category if left out, or all"
              + " others where it is alone.")
  private List<String> unrelated = List.of();

  @Mixin private AccuracyOptions accuracy = new AccuracyOptions();

  @Option(names = "--preview", description = "Show the effect and change nothing.")
  private boolean preview;

  ForgetCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Forgetting run(MagicContext context) {
    Clip before = session.model();
    if (top < 1) {
      throw new EngramException("--top takes a number of neurons from 1, got " + top + ".");
    }
    Selection chosen = session.selectAll(List.of(target));
    String text = chosen.text(label);
    Selection others = others(chosen);
    Dataset dataset = accuracy.dataset(session);
    EditHistory history = session.history();
    try (MagicProgress progress = context.progress()) {
      List<Neuron> neurons = neurons(chosen.images(), text, progress);
      Edit edit = edit(before, chosen, text, neurons);
      Forgetting result;
      try (Clip after = history.preview(edit)) {
        result =
            new Forgetting(
                chosen.title(),
                neurons,
                edit,
                SimilarityChange.of(
                    before, after, session.pixels(chosen, progress), text, progress),
                SimilarityChange.of(before, after, before.pixels(others.files()), text, progress),
                others.title(),
                dataset == null ? null : accuracy(before, after, dataset, chosen, progress),
                preview,
                session.isIconclip());
      }
      if (!preview) {
        history.apply(edit); // last: an interrupt before leaves the model as it was
      }
      return result;
    }
  }

  /**
   * Those of the largest improvement. Suppressed neurons keep theirs, which is what they add at
   * their own block (Eq. 11), so they are left out: forgetting again takes the next ones.
   */
  private List<Neuron> neurons(List<LabelledImage> images, String text, Progress progress) {
    Set<Neuron> gone = new HashSet<>();
    session.history().edits().forEach(e -> gone.addAll(e.suppressed()));
    return session
        .attributor()
        .attribute(images, text, Method.IMPROVEMENT, Reading.LITERAL, progress)
        .top(top + gone.size())
        .stream()
        .map(Attribution.Ranked::neuron)
        .filter(n -> !gone.contains(n))
        .limit(top)
        .toList();
  }

  private Edit edit(Clip clip, Selection chosen, String text, List<Neuron> neurons) {
    Provenance provenance =
        Provenance.of(
            "model", clip.name() + " " + clip.hash().substring(0, 12),
            "images", chosen.images().size() + " of " + chosen.title(),
            "label", "\"" + text + "\"",
            "neurons", "top " + neurons.size() + " by improvement, reading literal",
            "mode", mode.toString().toLowerCase(java.util.Locale.ROOT));
    return mode == Mode.RESIDUAL
        ? Removal.residual(clip, chosen.title(), neurons, provenance)
        : Removal.complete(clip, chosen.title(), neurons, provenance);
  }

  private Selection others(Selection chosen) {
    if (!unrelated.isEmpty()) {
      return session.selectAll(unrelated);
    }
    if (!session.hasImages()) {
      throw new EngramException(
          "The lower bounds need unrelated images; open a set with %images, or give them with"
              + " --unrelated.");
    }
    Set<LabelledImage> own = new HashSet<>(chosen.images());
    String category = chosen.images().get(0).category();
    List<Entity> same = new ArrayList<>();
    List<Entity> all = new ArrayList<>();
    for (Entity e : session.images().entities()) {
      if (e.images().stream().noneMatch(own::contains)) {
        all.add(e);
        if (e.category().equals(category) && !category.isEmpty()) {
          same.add(e);
        }
      }
    }
    List<Entity> taken = same.isEmpty() ? all : same;
    if (taken.isEmpty()) {
      throw new EngramException(
          "There is no other entity in %s for the lower bounds; give images with --unrelated."
              .formatted(session.images().name()));
    }
    return new Selection(
        "%d %s"
            .formatted(taken.size(), same.isEmpty() ? "other entities" : "others in " + category),
        taken.stream().flatMap(e -> e.images().stream()).toList(),
        "");
  }

  /** About the entity's images, also those of its class that were not given. */
  private static AccuracyChange accuracy(
      Clip before, Clip after, Dataset dataset, Selection chosen, Progress progress) {
    Set<Path> edited = new HashSet<>(chosen.files());
    String entity = chosen.images().get(0).entity();
    if (dataset.hasClass(entity)) {
      edited.addAll(dataset.filesOf(entity));
    }
    return AccuracyOptions.measure(before, after, dataset, edited, progress);
  }
}
