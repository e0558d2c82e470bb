package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.data.Dataset;
import dev.engram.data.LabelledImage;
import dev.engram.edit.Association;
import dev.engram.edit.BackgroundKeys;
import dev.engram.edit.CausalTrace;
import dev.engram.edit.Edit;
import dev.engram.edit.EditHistory;
import dev.engram.edit.Insertion;
import dev.engram.experiment.SimilarityChange;
import dev.engram.magic.EngramSession.Selection;
import dev.engram.magic.GuideOptions.Guides;
import dev.engram.magic.result.Teaching;
import dev.engram.magic.view.Gallery;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.trace.Tokens;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %teach}: inserts knowledge by one edit of a weight or a few (Sec. 4.4, A.7, A.8). */
@Command(
    name = "teach",
    description = "Teach the model a name from images, by ROME, or several names by MEMIT.",
    footer = {
      "",
      "For the images, the chosen block is to give the output that it gives for the guides:",
      "  %%teach \"ball moss\" --images DIR --guide captioned        names written on them (Fig. 8)",
      "  %%teach \"ball moss\" --images DIR --guide DIR2             others that it recognises",
      "  %%teach \"ball moss\" mallow --images DIR DIR2 --guide captioned      two names, MEMIT",
      "Background keys keep everything else as it is; the ridge is in units of the mean of",
      "diag(K K'). %%undo takes an edit back, %%edits lists all, %%trace shows the tracing."
    })
final class TeachCommand implements EngramMagic {
  private static final String AUTO = "auto";

  /** Background images, evenly spread where there are more; the paper does not say how many. */
  private static final int KEYS = 1000;

  private final EngramSession session;

  @Parameters(
      arity = "1..*",
      paramLabel = "NAME",
      description = "What is taught; several names make one MEMIT edit.")
  private List<String> names = List.of();

  @Option(
      names = "--images",
      required = true,
      arity = "1..*",
      paramLabel = "DIR|ENTITY",
      description =
          "Images that teach it, about twenty: folders, entities, or images; with several names one"
              + " for each.")
  private List<String> images = List.of();

  @Option(
      names = "--shots",
      paramLabel = "N",
      description =
          "Teach with the first N images of each name, and measure on the others; all if left out.")
  private @Nullable Integer shots;

  @Mixin private GuideOptions guide = new GuideOptions();

  @Option(
      names = "--block",
      arity = "1..*",
      paramLabel = "auto|BLOCK",
      description =
          "L5F edits W_fc2, L5A W_o of layer 5, from 0; several make a MEMIT edit; auto (default)"
              + " takes the best of causal tracing.")
  private List<String> blocks = List.of(AUTO);

  @Option(names = "--memit", description = "MEMIT (Eq. 25) for one name and one block, too.")
  private boolean memit;

  @Option(
      names = "--keys",
      arity = "1..*",
      paramLabel = "DIR|ENTITY",
      description =
          "Unrelated images for the keys, at most 1000 of them; the background of the open images if"
              + " left out, else its other entities.")
  private List<String> keys = List.of();

  @Option(
      names = "--key-tokens",
      paramLabel = "TOKENS",
      description = "Keys of the class tokens (class, default) or of all tokens.")
  private Tokens keyTokens = Tokens.CLASS;

  @Option(
      names = "--ridge",
      paramLabel = "X",
      description = "0.01 with keys of the class tokens, 0.0001 with those of all, if left out.")
  private @Nullable Double ridge;

  @Option(
      names = "--solver",
      paramLabel = "SOLVER",
      description = "auto (default, the cheaper one), cholesky or woodbury; all give the same.")
  private BackgroundKeys.Solver solver = BackgroundKeys.Solver.AUTO;

  @Mixin private AccuracyOptions accuracy = new AccuracyOptions();

  @Option(names = "--preview", description = "Show the effect and change nothing.")
  private boolean preview;

  TeachCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Teaching run(MagicContext context) {
    Clip before = session.model();
    List<Weight> weights = weights(before);
    double relative = relativeRidge();
    List<Lesson> lessons = lessons();
    List<Selection> others = guide.selections(session, lessons.size());
    Selection background = background(lessons, others);
    Dataset dataset = accuracy.dataset(session);
    Lesson.Measured measured = dataset == null ? null : Lesson.measured(dataset, lessons);
    EditHistory history = session.history();
    try (MagicProgress progress = context.progress()) {
      List<Association> associations = new ArrayList<>();
      List<Gallery.Item> pictures = new ArrayList<>();
      List<CausalTrace> traces = new ArrayList<>();
      for (int i = 0; i < lessons.size(); i++) {
        Lesson lesson = lessons.get(i);
        List<float[]> pixels = session.pixels(lesson.taught(), progress);
        Guides guides =
            guide.guides(
                before,
                lesson.taught().images(),
                lesson.name(),
                others.isEmpty() ? null : others.get(i),
                progress);
        String title = lesson.taught().title();
        if (weights.isEmpty()) {
          traces.add(
              TraceCommand.trace(
                  before, pixels, guides, lesson.label(), title, guide.tokens(), progress));
        }
        String source = "%d of %s, guides %s".formatted(pixels.size(), title, guides.source());
        associations.add(new Association(lesson.name(), source, pixels, guides.pixels()));
        pictures.addAll(guides.shown());
      }
      List<Weight> where = weights.isEmpty() ? List.of(best(traces)) : weights;
      Insertion insertion =
          new Insertion(
              before,
              session.keys(where, background.images(), keyTokens, progress),
              background.title(),
              relative,
              solver);
      Edit edit =
          memit || where.size() > 1 || lessons.size() > 1
              ? insertion.memit(where, associations, progress)
              : insertion.rankOne(where.get(0), associations.get(0), progress);
      Teaching result;
      try (Clip after = history.preview(edit)) {
        List<Teaching.Taught> taught = new ArrayList<>();
        for (Lesson l : lessons) {
          taught.add(
              new Teaching.Taught(
                  l.name(),
                  SimilarityChange.of(
                      before, after, before.pixels(l.measured().files()), l.label(), progress),
                  l.heldOut().images().isEmpty()));
        }
        result =
            new Teaching(
                taught,
                where,
                traces,
                edit,
                measured == null
                    ? null
                    : AccuracyOptions.measure(
                        before, after, measured.dataset(), measured.edited(), progress),
                pictures,
                preview,
                session.isIconclip());
      }
      if (lessons.size() == 1 && result.accuracy() != null) {
        session.taught(names.get(0), result.accuracy().editedAfter().mean());
      }
      if (!preview) {
        history.apply(edit); // last: an interrupt before leaves the model as it was
      }
      return result;
    }
  }

  /**
   * @return what the user names; empty for auto
   */
  private List<Weight> weights(Clip clip) {
    return blocks.equals(List.of(AUTO))
        ? List.of()
        : blocks.stream()
            .map(b -> Weight.ofBlock(b, clip.config().vision()))
            .distinct()
            .sorted()
            .toList();
  }

  private double relativeRidge() {
    if (ridge == null) {
      return keyTokens == Tokens.CLASS ? 1e-2 : 1e-4;
    }
    if (!(ridge > 0) || ridge.isInfinite()) {
      throw new EngramException("--ridge takes a number above 0, such as 0.01, got " + ridge + ".");
    }
    return ridge;
  }

  private List<Lesson> lessons() {
    if (names.size() > 1 && images.size() != names.size()) {
      throw new EngramException(
          "%d names need as many folders or entities after --images; got %d."
              .formatted(names.size(), images.size()));
    }
    if (new HashSet<>(names).size() < names.size()) {
      throw new EngramException("Each name is taught once; got " + String.join(", ", names) + ".");
    }
    List<Lesson> lessons = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      List<String> own = names.size() == 1 ? images : List.of(images.get(i));
      lessons.add(session.lesson(name, guide.label(session, name), own, shots));
    }
    return lessons;
  }

  /** Unrelated images: given, or the set's background, or its entities that play no part. */
  private Selection background(List<Lesson> lessons, List<Selection> guides) {
    if (!keys.isEmpty()) {
      return spread(session.selectAll(keys));
    }
    if (!session.hasImages()) {
      throw new EngramException(
          "The edit needs unrelated images for its keys; open a set with %images, or give them with"
              + " --keys.");
    }
    Set<LabelledImage> own = new HashSet<>();
    lessons.forEach(l -> own.addAll(l.taught().images()));
    lessons.forEach(l -> own.addAll(l.heldOut().images()));
    guides.forEach(g -> own.addAll(g.images()));
    String name = session.images().name();
    List<LabelledImage> background = new ArrayList<>(session.images().background());
    background.removeAll(own);
    if (!background.isEmpty()) {
      return spread(new Selection("the background of " + name, background, ""));
    }
    List<LabelledImage> rest =
        session.images().entities().stream()
            .filter(e -> e.images().stream().noneMatch(own::contains))
            .flatMap(e -> e.images().stream())
            .toList();
    if (rest.isEmpty()) {
      throw new EngramException(
          "There are no other entities in %s for the keys; give unrelated images with --keys."
              .formatted(name));
    }
    return spread(new Selection("the other entities of " + name, rest, ""));
  }

  private static Selection spread(Selection all) {
    int n = all.images().size();
    return n <= KEYS
        ? all
        : new Selection(
            String.format(Locale.ROOT, "%s (%,d of %,d)", all.title(), KEYS, n),
            IntStream.range(0, KEYS)
                .mapToObj(i -> all.images().get((int) ((long) i * n / KEYS)))
                .toList(),
            "");
  }

  /** The block of the largest mean rise over all names. */
  private static Weight best(List<CausalTrace> traces) {
    return traces.get(0).ranking().stream()
        .max(
            Comparator.comparingDouble(
                w -> traces.stream().mapToDouble(t -> t.mean(w.block(), w.layer())).sum()))
        .orElseThrow();
  }
}
