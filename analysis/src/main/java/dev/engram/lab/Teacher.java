package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.data.Dataset;
import dev.engram.data.ImageSelection;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.edit.Association;
import dev.engram.edit.CausalTrace;
import dev.engram.edit.Edit;
import dev.engram.edit.EditPreview;
import dev.engram.edit.Insertion;
import dev.engram.experiment.SimilarityChange;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Carries out {@link Teach}: chooses the block and the background, inserts, and measures. */
final class Teacher {
  private final OpenModel model;
  private final OpenImages open;
  private final Progress progress;

  Teacher(OpenModel model, OpenImages open, Progress progress) {
    this.model = model;
    this.open = open;
    this.progress = progress;
  }

  Taught teach(Teach request) {
    Clip before = model.history().model();
    List<Weight> named = weights(request, before);
    List<NamedImages> lessons = lessons(request);
    List<ImageSelection> others = request.guides().selections(open, lessons.size());
    ImageSelection background = background(request, lessons, others);
    Dataset dataset = request.accuracy().resolve(open);
    NamedImages.Measured measured = dataset == null ? null : NamedImages.measured(dataset, lessons);

    List<Association> associations = new ArrayList<>();
    List<Picture> pictures = new ArrayList<>();
    List<CausalTrace> traces = new ArrayList<>();
    for (int i = 0; i < lessons.size(); i++) {
      NamedImages lesson = lessons.get(i);
      String title = lesson.taught().title();
      List<float[]> pixels = model.pixels(lesson.taught(), progress);
      GuideImages guides =
          GuideImages.of(
              before,
              request.guides(),
              lesson.taught(),
              lesson.name(),
              others.isEmpty() ? null : others.get(i),
              progress);
      if (named.isEmpty()) {
        traces.add(
            guides.trace(
                before, pixels, lesson.label(), title, request.guides().tracedTokens(), progress));
      }
      String source = "%d of %s, guides %s".formatted(pixels.size(), title, guides.source());
      associations.add(new Association(lesson.name(), source, pixels, guides.pixels()));
      pictures.addAll(guides.shown());
    }
    List<Weight> where = named.isEmpty() ? List.of(best(traces)) : named;
    Edit edit = edit(request, before, where, associations, background);
    EditPreview preview = model.history().preview(edit);
    try {
      return new Taught(
          similarities(before, preview.model(), lessons),
          where,
          traces,
          preview,
          measured == null
              ? null
              : EditMeasures.accuracy(
                  before, preview.model(), measured.dataset(), measured.edited(), progress),
          pictures);
    } catch (Throwable t) {
      preview.close();
      throw t;
    }
  }

  /** What the request names; empty where causal tracing is to choose. */
  private static List<Weight> weights(Teach request, Clip clip) {
    return request.blocks().stream()
        .map(b -> Weight.ofBlock(b, clip.config().vision()))
        .distinct()
        .sorted()
        .toList();
  }

  private List<NamedImages> lessons(Teach request) {
    List<List<Target>> images = request.imagesOfNames();
    List<NamedImages> lessons = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      lessons.add(
          NamedImages.of(
              request.names().get(i),
              open.together(images.get(i)),
              request.template(),
              request.shots(),
              open));
    }
    return lessons;
  }

  private Edit edit(
      Teach request,
      Clip clip,
      List<Weight> where,
      List<Association> associations,
      ImageSelection background) {
    Insertion insertion =
        new Insertion(
            clip,
            model.keys(where, background.images(), request.keyTokens(), progress),
            background.title(),
            request.relativeRidge(),
            request.solver());
    return request.memit() || where.size() > 1 || associations.size() > 1
        ? insertion.memit(where, associations, progress)
        : insertion.rankOne(where.get(0), associations.get(0), progress);
  }

  private List<Taught.Name> similarities(Clip before, Clip after, List<NamedImages> lessons) {
    List<Taught.Name> out = new ArrayList<>();
    for (NamedImages l : lessons) {
      out.add(
          new Taught.Name(
              l.name(),
              SimilarityChange.of(
                  before, after, before.pixels(l.measured().files()), l.label(), progress),
              l.heldOut().isEmpty()));
    }
    return out;
  }

  /** Unrelated images: given, or the set's background, or its entities that play no part. */
  private ImageSelection background(
      Teach request, List<NamedImages> lessons, List<ImageSelection> guides) {
    return wholeBackground(request.keys(), lessons, guides).spread(Teach.KEYS);
  }

  private ImageSelection wholeBackground(
      @Nullable Target given, List<NamedImages> lessons, List<ImageSelection> guides) {
    if (given != null) {
      return open.select(given);
    }
    if (!open.isOpen()) {
      throw new EngramException(
          "The edit needs unrelated images for its keys; open a set with %images, or give them with"
              + " --keys.");
    }
    ImageSet set = open.set();
    List<ImageSelection> parts = new ArrayList<>(guides);
    lessons.forEach(l -> parts.addAll(List.of(l.taught(), l.heldOut())));
    Set<LabelledImage> own = ImageSelection.union(parts);
    List<LabelledImage> background = new ArrayList<>(set.background());
    background.removeAll(own);
    if (!background.isEmpty()) {
      return new ImageSelection("the background of " + set.name(), background, "");
    }
    List<LabelledImage> rest =
        set.entities().stream()
            .filter(e -> e.images().stream().noneMatch(own::contains))
            .flatMap(e -> e.images().stream())
            .toList();
    if (rest.isEmpty()) {
      throw new EngramException(
          "There are no other entities in %s for the keys; give unrelated images with --keys."
              .formatted(set.name()));
    }
    return new ImageSelection("the other entities of " + set.name(), rest, "");
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
