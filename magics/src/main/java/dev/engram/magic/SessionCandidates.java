package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.attribution.Score;
import dev.engram.data.Entity;
import dev.engram.data.ImageFiles;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.EnglishWords;
import dev.engram.edit.Edit;
import dev.engram.experiment.Experiment;
import dev.engram.experiment.Experiments;
import dev.engram.experiment.Settings;
import dev.engram.hub.Hub;
import dev.engram.hub.HubSettings;
import dev.engram.lab.Vocabulary;
import dev.engram.magic.completion.Candidate;
import dev.engram.magic.completion.Candidates;
import dev.engram.magic.completion.Paths;
import dev.engram.magic.completion.RecentNeurons;
import dev.engram.sae.SparseAutoencoder;
import dev.engram.trace.NeuronSpace;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a notebook's session has to offer where a line is typed: its entities, images, neurons,
 * edits and words, and the files around it. Nothing is loaded or computed for it; before a model or
 * a set is open, the embedded ones stand for them.
 */
final class SessionCandidates implements Candidates {
  /** A neuron, or a feature, as far as it was typed: layer, block, numbers. */
  private static final Pattern TYPED =
      Pattern.compile(
          "L(?:(\\d{1,6})(?:(F)(\\d*)|(A)(?:(\\d{1,6})(?:(H)(\\d*))?)?|(S)(\\d*))?)?",
          Pattern.CASE_INSENSITIVE);

  private final EngramSession session;
  private final Supplier<HubSettings> hub;
  private final RecentNeurons recent;

  SessionCandidates(EngramSession session, Supplier<HubSettings> hub, RecentNeurons recent) {
    this.session = session;
    this.hub = hub;
    this.recent = recent;
  }

  @Override
  public Stream<Candidate> of(String kind, String typed) {
    return switch (kind) {
      case "ENTITY", "CLASS" -> entities();
      case "IMAGE", "IMAGES" -> Stream.concat(images(typed), Paths.of(typed, ImageFiles::isImage));
      case "NEURON" -> neurons(typed);
      case "WORD" -> words();
      case "TEXT" -> session.entitiesAtHand().stream().map(e -> new Candidate(e.label(), e.name()));
      case "EDIT" -> edits();
      case "EXPERIMENT" ->
          Stream.concat(
              Stream.of(new Candidate(ReproduceAllRun.NAME, ReproduceAllRun.TITLE)),
              Experiments.ALL.stream().map(e -> new Candidate(e.name(), e.title())));
      case "NAME=VALUE" -> settings();
      case "SET", "DATASET" ->
          Stream.concat(
              Stream.of(new Candidate(ImageNames.VISENT_MINI, "embedded")),
              kind.equals("SET") ? Stream.empty() : Paths.of(typed, name -> name.endsWith(".csv")));
      case "OWNER/NAME" ->
          Stream.concat(Stream.of(new Candidate(EngramSession.ICONCLIP, "embedded")), cached());
      case "SPLIT" -> Stream.of("train", "val", "test", "all").map(s -> new Candidate(s, ""));
      case "METHOD" -> Score.methods().stream().map(method -> new Candidate(method, ""));
      case "EXERCISE" ->
          CheckCommand.course().exercises().stream()
              .map(each -> new Candidate(each.number(), each.asks()));
      case "DIR" -> Paths.of(typed, name -> false);
      case "FILE" -> Paths.of(typed, name -> true);
      default -> Stream.empty();
    };
  }

  /** By their names; where two have the same, with the category by which magics tell them apart. */
  private Stream<Candidate> entities() {
    List<Entity> all = session.entitiesAtHand();
    Set<String> once = new HashSet<>();
    Set<String> twice =
        all.stream().map(Entity::name).filter(n -> !once.add(n)).collect(Collectors.toSet());
    return all.stream()
        .map(
            e ->
                new Candidate(
                    twice.contains(e.name()) ? e.category() + "/" + e.name() : e.name(),
                    e.category()));
  }

  /** The images of an entity whose name and slash are typed. */
  private Stream<Candidate> images(String typed) {
    int slash = typed.lastIndexOf('/');
    if (slash < 0) {
      return Stream.empty();
    }
    String entity = typed.substring(0, slash);
    return session.entitiesAtHand().stream()
        .filter(e -> entity.equals(e.name()) || entity.equals(e.category() + "/" + e.name()))
        .flatMap(
            e ->
                IntStream.range(0, e.images().size())
                    .mapToObj(i -> new Candidate(entity + "/" + i, fileName(e.images().get(i)))));
  }

  private static String fileName(LabelledImage image) {
    return String.valueOf(image.file().getFileName());
  }

  private Stream<Candidate> neurons(String typed) {
    Stream<Candidate> shown = recent.all().stream().map(n -> new Candidate(n, "shown"));
    Matcher parts = TYPED.matcher(typed.isEmpty() ? "L" : typed);
    if (!session.hasModel() || !parts.matches()) {
      return shown;
    }
    Stream<Candidate> neurons = byPrefix(parts, session.model().config().vision().space());
    return Stream.of(shown, neurons, features(parts)).flatMap(s -> s);
  }

  /** Of the open sparse autoencoder: its layer, then the indices. */
  private Stream<Candidate> features(Matcher typed) {
    boolean isNeuron = typed.group(2) != null || typed.group(4) != null;
    if (isNeuron || !session.lab(Progress.NONE).hasFeatures()) {
      return Stream.empty();
    }
    SparseAutoencoder sae = session.lab(Progress.NONE).features().sae();
    String prefix = "L" + sae.hook().layer() + "S";
    return typed.group(8) == null
        ? Stream.of(new Candidate(prefix, "features of " + sae.name(), true))
        : numbers(prefix, sae.count());
  }

  /** The next step of a name: blocks of each layer, then heads, then channels. */
  private static Stream<Candidate> byPrefix(Matcher typed, NeuronSpace space) {
    if (typed.group(8) != null) {
      return Stream.empty();
    }
    if (typed.group(2) == null && typed.group(4) == null) {
      return IntStream.range(0, space.layers())
          .boxed()
          .flatMap(
              l ->
                  Stream.of(
                      new Candidate("L" + l + "F", "FFN of layer " + l, true),
                      new Candidate("L" + l + "A", "MSA of layer " + l, true)));
    }
    String layer = "L" + Integer.parseInt(typed.group(1));
    if (typed.group(2) != null) {
      return numbers(layer + "F", space.ffnWidth());
    }
    return typed.group(6) == null
        ? IntStream.range(0, space.heads())
            .mapToObj(h -> new Candidate(layer + "A" + h + "H", "head " + h, true))
        : numbers(layer + "A" + Integer.parseInt(typed.group(5)) + "H", space.headWidth());
  }

  private static Stream<Candidate> numbers(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> new Candidate(prefix + i, ""));
  }

  /** Of all experiments: which one is meant stands elsewhere in the line. */
  private static Stream<Candidate> settings() {
    Map<String, String> about = new TreeMap<>();
    for (Experiment<?> e : Experiments.ALL) {
      Settings.of(e.standard().get())
          .forEach(s -> about.merge(s.name(), e.name(), (before, name) -> before + ", " + name));
    }
    return about.entrySet().stream().map(e -> new Candidate(e.getKey() + "=", e.getValue(), true));
  }

  private Stream<Candidate> words() {
    Vocabulary known = session.hasModel() ? session.vocabulary(null) : WordSource.iconclip();
    List<String> words = known == null ? EnglishWords.list() : known.words();
    return words.stream().map(word -> new Candidate(word, "word"));
  }

  private Stream<Candidate> edits() {
    if (!session.hasModel()) {
      return Stream.empty();
    }
    List<Edit> edits = session.history().edits();
    List<Candidate> newestFirst = new ArrayList<>();
    for (int i = edits.size() - 1; i >= 0; i--) {
      newestFirst.add(new Candidate(String.valueOf(i), edits.get(i).title()));
    }
    return newestFirst.stream();
  }

  private Stream<Candidate> cached() {
    try {
      return Hub.cached(hub.get()).stream().map(name -> new Candidate(name.toString(), "hub"));
    } catch (EngramException e) {
      return Stream.empty(); // %model tells what is wrong with the hub's settings
    }
  }
}
