package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Sha256;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.data.ImageSelection;
import dev.engram.data.LabelledImage;
import dev.engram.data.Spread;
import dev.engram.dissect.Fall;
import dev.engram.dissect.Falls;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.NeuronSearch.FoundNeuron;
import dev.engram.dissect.QueryAnalyzer;
import dev.engram.dissect.QueryEffects;
import dev.engram.dissect.Survey;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.WordDictionary;
import dev.engram.lab.Exploration.Subject;
import dev.engram.lab.ExploredNeuron.Drive;
import dev.engram.lab.ExploredNeuron.Look;
import dev.engram.lab.ExploredNeuron.Scored;
import dev.engram.model.Clip;
import dev.engram.model.Precision;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Carries out {@link Explore}: chooses the neurons, and gathers what their pages show. */
final class Explorer {
  /** Open images on a page that drive a neuron most. */
  private static final int DRIVING = 6;

  /** Query neurons on a page. */
  private static final int QUERIES = 8;

  private final Lab lab;
  private final Clip clip;
  private final Progress progress;
  private final Survey survey;
  private final WordDictionary dictionary;
  private final Looks looks;
  private final QueryAnalyzer analyzer;
  private final Explore request;
  private final List<Asked> subjects = new ArrayList<>();
  private final Map<Neuron, Integer> chosen = new LinkedHashMap<>(); // with its subject

  /** Images with what every neuron scores on them. */
  private record Asked(ImageSelection images, String label, List<Attribution> scores) {
    Attribution first() {
      return scores.get(0);
    }

    List<Integer> shown() {
      int n = images.images().size();
      return Spread.of(IntStream.range(0, n).boxed().toList(), Subject.MOST_SHOWN);
    }

    List<LabelledImage> shownImages() {
      return shown().stream().map(images.images()::get).toList();
    }

    double coefficient(int image, Neuron n) {
      return first().coefficients()[image][first().space().index(n)];
    }

    /** The image that drives a neuron most, of those that are shown. */
    LabelledImage strongest(Neuron n) {
      int sign = first().sign(n);
      int best = 0;
      for (int i : shown()) {
        if (sign * coefficient(i, n) > sign * coefficient(best, n)) {
          best = i;
        }
      }
      return images.images().get(best);
    }

    Subject subject() {
      return new Subject(
          images.title(), label, shownImages(), images.images().size(), first().cosine());
    }
  }

  /**
   * @param heatmapper of the lab's model
   */
  Explorer(Lab lab, Heatmapper heatmapper, Explore request, Progress progress) {
    lab.images();
    this.lab = lab;
    this.clip = lab.model();
    this.request = request;
    this.progress = progress;
    clip.vision().requireClassToken("an exploration");
    dictionary = lab.dictionary(request.words()); // what is wrong with it is told first
    survey = lab.survey(Reading.LITERAL);
    looks = new Looks(lab, heatmapper, progress);
    analyzer = new QueryAnalyzer(clip);
  }

  Exploration explore() {
    String title = choose();
    Map<Neuron, Fall> falls = new HashMap<>();
    Map<Neuron, Drive> drives = new LinkedHashMap<>();
    for (Asked asked : subjects) {
      List<Neuron> own = chosen.keySet().stream().filter(n -> asked(n) == asked).toList();
      measure(asked, own, falls, drives);
    }
    Map<Neuron, List<Look>> onSubject = new LinkedHashMap<>();
    Map<Neuron, List<Look>> driving = new LinkedHashMap<>();
    for (Neuron n : chosen.keySet()) {
      onSubject.put(n, onSubject(n));
      driving.put(n, driving(n));
    }
    looks.draw(List.of(onSubject, driving));
    Interpreter interpreter = new Interpreter(clip, dictionary);
    Map<Neuron, Interpretation> words = words(interpreter, chosen.keySet(), this::sign);
    Set<Neuron> queries = new LinkedHashSet<>();
    drives.values().forEach(d -> d.neurons().forEach(q -> queries.add(q.neuron())));
    List<ExploredNeuron> pages = new ArrayList<>();
    onSubject.forEach(
        (n, seen) ->
            pages.add(
                page(
                    n,
                    looks.drawn(n, seen),
                    looks.drawn(n, driving.getOrDefault(n, List.of())),
                    Objects.requireNonNull(words.get(n)),
                    Optional.ofNullable(drives.get(n)),
                    Objects.requireNonNull(falls.get(n)))));
    return new Exploration(
        title,
        subjects.stream().map(Asked::subject).toList(),
        scores(),
        pages,
        looks.pictures(),
        words(interpreter, queries, survey::sign),
        lab.chance(dictionary),
        provenance(),
        null);
  }

  /** Fills what was chosen; gives it a title. */
  private String choose() {
    Target images = request.images();
    if (images != null) {
      ImageSelection selection = lab.select(images);
      int subject = subject(selection, selection.text(request.label()));
      request.neurons().forEach(n -> chosen.put(known(n), subject));
      fill();
      return selection.title();
    }
    if (!request.neurons().isEmpty()) {
      for (Neuron given : request.neurons()) {
        Neuron n = known(given);
        chosen.put(n, subject(servedBy(n)));
      }
      new LinkedHashMap<>(chosen).forEach(this::addQueries);
      fill();
      return request.neurons().stream().map(Neuron::toString).collect(Collectors.joining(", "));
    }
    FindNeurons best = FindNeurons.best().count(request.top()).words(request.words());
    for (FoundNeuron found : lab.find(best).found()) {
      chosen.put(found.neuron(), subject(ImageSelection.of(lab.images().entity(found.entity()))));
    }
    return "The best neurons of " + lab.images().name();
  }

  private void addQueries(Neuron n, int subject) {
    drives(List.of(n), subjects.get(subject), new HashMap<>())
        .values()
        .forEach(d -> d.neurons().forEach(q -> add(q.neuron(), subject)));
  }

  private Neuron known(Neuron n) {
    return clip.config().vision().space().known(n);
  }

  private void add(Neuron n, int subject) {
    if (chosen.size() < request.top()) {
      chosen.putIfAbsent(n, subject);
    }
  }

  /** Up to the number that was asked for: the best of the first subject. */
  private void fill() {
    int most = request.top() + chosen.size();
    subjects.get(0).first().top(most).forEach(r -> add(r.neuron(), 0));
  }

  private int subject(ImageSelection images) {
    return subject(images, images.label());
  }

  private int subject(ImageSelection images, String label) {
    for (int i = 0; i < subjects.size(); i++) {
      if (subjects.get(i).images().equals(images)) {
        return i;
      }
    }
    subjects.add(
        new Asked(
            images, label, lab.attributor().attribute(images.images(), label, scores(), progress)));
    return subjects.size() - 1;
  }

  /** The entity that decides a neuron's sign, as on its own page. */
  private ImageSelection servedBy(Neuron n) {
    List<Survey.Effect> effects = survey.effects(n);
    return Survey.decisive(effects)
        .or(() -> effects.stream().findFirst())
        .map(e -> ImageSelection.of(e.entity()))
        .orElseThrow(
            () ->
                new EngramException(
                    "The image set %s has no entities that %s could serve; name an image with it."
                        .formatted(survey.set().name(), n)));
  }

  /** All that the model has; gradients pass through float32 alone. */
  private List<Score> scores() {
    return Score.all().stream()
        .filter(s -> !s.needsGradients() || clip.precision() == Precision.F32)
        .toList();
  }

  private void measure(
      Asked asked, List<Neuron> own, Map<Neuron, Fall> falls, Map<Neuron, Drive> drives) {
    List<LabelledImage> shown = asked.shownImages();
    List<float[]> pixels =
        lab.pixels(new ImageSelection(asked.images().title(), shown, asked.label()));
    Map<LabelledImage, float[]> byImage = new HashMap<>();
    for (int i = 0; i < shown.size(); i++) {
      byImage.put(shown.get(i), pixels.get(i));
    }
    float[] text = clip.embedTexts(List.of(asked.label()), Progress.NONE)[0];
    List<Fall> fallen = new Falls(clip).of(pixels, text, own, progress);
    for (int i = 0; i < own.size(); i++) {
      falls.put(own.get(i), fallen.get(i));
    }
    drives.putAll(drives(own, asked, byImage));
  }

  /** Each on the image that drives it most; without those whose query neurons are not defined. */
  private Map<Neuron, Drive> drives(
      List<Neuron> own, Asked asked, Map<LabelledImage, float[]> pixels) {
    Map<LabelledImage, List<Neuron>> byImage = new LinkedHashMap<>();
    for (Neuron n : own) {
      if (undefined(() -> analyzer.requireDefined(n)).isEmpty()) {
        byImage.computeIfAbsent(asked.strongest(n), k -> new ArrayList<>()).add(n);
      }
    }
    List<LabelledImage> images = List.copyOf(byImage.keySet());
    List<Map<Neuron, QueryEffects>> effects =
        analyzer.effects(
            images.stream()
                .map(i -> pixels.computeIfAbsent(i, one -> clip.processor().process(one.file())))
                .toList(),
            List.copyOf(byImage.values()),
            progress);
    Map<Neuron, Drive> out = new HashMap<>();
    for (int i = 0; i < images.size(); i++) {
      LabelledImage image = images.get(i);
      effects
          .get(i)
          .forEach((n, e) -> out.put(n, new Drive(image, e.coefficients()[0], e.top(QUERIES))));
    }
    return out;
  }

  /** Open images, with the coefficients of a neuron that they drive most. */
  private List<Look> driving(Neuron n) {
    float[] m = survey.coefficients(n, progress);
    int sign = sign(n);
    return IntStream.range(0, m.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -sign * m[i]))
        .limit(DRIVING)
        .map(i -> new Look(survey.images().get(i), m[i], Optional.empty()))
        .toList();
  }

  private List<Look> onSubject(Neuron n) {
    Asked asked = asked(n);
    return asked.shown().stream()
        .map(
            i ->
                new Look(asked.images().images().get(i), asked.coefficient(i, n), Optional.empty()))
        .toList();
  }

  private ExploredNeuron page(
      Neuron n,
      List<Look> onSubject,
      List<Look> driving,
      Interpretation words,
      Optional<Drive> drive,
      Fall fall) {
    Map<Score, Scored> scored = new LinkedHashMap<>();
    asked(n).scores().forEach(a -> scored.put(a.by(), new Scored(a.score(n), a.rank(n))));
    return new ExploredNeuron(
        n,
        chosen.getOrDefault(n, 0),
        scored,
        asked(n).first().coefficient(n),
        sign(n),
        onSubject,
        driving,
        words,
        survey.effects(n),
        drive,
        fall,
        undefined(n));
  }

  private String undefined(Neuron n) {
    return Stream.of(looks.undefined(n), undefined(() -> analyzer.requireDefined(n)))
        .filter(why -> !why.isEmpty())
        .findFirst()
        .orElse("");
  }

  /** The sentence of a refusal; "" where there is none. */
  static String undefined(Runnable check) {
    try {
      check.run();
      return "";
    } catch (EngramException refusal) {
      return String.valueOf(refusal.getMessage());
    }
  }

  private Asked asked(Neuron n) {
    return subjects.get(chosen.getOrDefault(n, 0));
  }

  private int sign(Neuron n) {
    return asked(n).first().sign(n);
  }

  private Map<Neuron, Interpretation> words(
      Interpreter interpreter, Collection<Neuron> neurons, ToIntFunction<Neuron> sign) {
    List<Neuron> all = List.copyOf(neurons);
    Map<Neuron, Interpretation> out = new HashMap<>();
    if (!all.isEmpty()) {
      interpreter
          .interpret(all, all.stream().mapToInt(sign).toArray(), ValueReading.LINEAR, progress)
          .forEach(i -> out.put(i.neuron(), i));
    }
    return out;
  }

  private Provenance provenance() {
    return Provenance.of(
        clip,
        "images",
        survey.set() + " (" + Sha256.brief(survey.set().hash()) + ")",
        "label",
        subjects.size() == 1
            ? "\"" + subjects.get(0).label() + "\""
            : "that of each neuron's entity",
        "entities",
        "reading " + survey.reading() + " (" + survey.reading().title() + ")",
        "dictionary",
        dictionary.name() + " (" + dictionary.words().size() + " words)",
        "value vector",
        "linear",
        "OMP",
        Interpreter.WORDS + " atoms");
  }
}
