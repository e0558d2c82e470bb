package dev.engram.magic;

import dev.engram.hub.HubSettings;
import dev.engram.magic.completion.Candidate;
import dev.engram.magic.completion.Candidates;
import dev.engram.magic.completion.Completer;
import dev.engram.magic.completion.RecentNeurons;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/** Every magic by its name. The one place where Engram's magics are listed: {@link #all()}. */
public final class Magics {
  private final Map<String, Supplier<? extends EngramMagic>> byName = new TreeMap<>();

  /**
   * A line of what {@code %engram} tells, as which device is used.
   *
   * @param name one or two words
   * @param value asked for anew each time
   */
  public record Fact(String name, Supplier<String> value) {}

  private final Candidates candidates;
  private final RecentNeurons recent;
  private final Supplier<List<String>> opened;
  private final SmallPages pages;

  private Magics(
      List<Supplier<? extends EngramMagic>> magics,
      List<Fact> facts,
      Candidates candidates,
      RecentNeurons recent,
      Supplier<List<String>> opened,
      SmallPages pages) {
    this.pages = pages;
    this.candidates = candidates;
    this.recent = recent;
    this.opened = opened;
    List<Supplier<? extends EngramMagic>> all = new ArrayList<>(magics);
    all.add(() -> new EngramCommand(this, facts));
    all.add(() -> new LsmagicCommand(this));
    for (Supplier<? extends EngramMagic> magic : all) {
      Class<?> type = magic.get().getClass();
      Command command = type.getAnnotation(Command.class);
      if (command == null || byName.put(command.name(), magic) != null) {
        throw new IllegalArgumentException(type + " needs a @Command with a name of its own");
      }
    }
  }

  /** Engram's magics, sharing one session. */
  public static Magics all() {
    KeptResults.sweepLeftovers();
    EngramSession session = new EngramSession();
    RecentNeurons recent = new RecentNeurons();
    return new Magics(
        List.of(
            () -> new ModelCommand(session),
            () -> new ImagesCommand(session),
            () -> new SaeCommand(session),
            () -> new AttributeCommand(session),
            () -> new HeatmapCommand(session),
            () -> new WordsCommand(session),
            () -> new NeuronCommand(session),
            () -> new NeuronsCommand(session),
            () -> new SurveyCommand(session),
            () -> new AtlasCommand(session),
            () -> new ExploreCommand(session),
            () -> new QueriesCommand(session),
            () -> new EvolveCommand(session),
            () -> new LensCommand(session),
            () -> new ActivationsCommand(session),
            () -> new AttentionCommand(session),
            () -> new HeadsCommand(session),
            () -> new PatchCommand(session),
            () -> new EvaluateCommand(session),
            () -> new ForgetCommand(session),
            () -> new TraceCommand(session),
            () -> new TeachCommand(session),
            () -> new FinetuneCommand(session),
            () -> new LoraCommand(session),
            () -> new EditsCommand(session),
            () -> new UndoCommand(session),
            () -> new SaveCommand(session),
            () -> new ReproduceCommand(session),
            CheckCommand::new),
        List.of(
            new Fact("device", session.facts()::device),
            new Fact("kept results", () -> KeptResults.folder().toString()),
            new Fact("managed arrays", session.facts()::managedArrays)),
        new SessionCandidates(session, HubSettings::ofEnvironment, recent),
        recent,
        session::openedByItself,
        new SmallPages.OfSession(session, recent));
  }

  /**
   * @param magics makes each magic, once for every call
   * @param facts what {@code %engram} tells besides versions
   * @return these magics, {@code %engram} and {@code %lsmagic}
   */
  public static Magics of(List<Supplier<? extends EngramMagic>> magics, List<Fact> facts) {
    return new Magics(
        magics,
        facts,
        (kind, typed) -> Stream.empty(),
        new RecentNeurons(),
        List::of,
        word -> Optional.empty());
  }

  /** What the last magic opened by itself, a sentence each; told once. */
  List<String> openedByItself() {
    return opened.get();
  }

  /** What Tab offers in the line of a magic. */
  public Completer completer() {
    return new Completer(
        () ->
            byName.keySet().stream()
                .map(
                    name ->
                        new Candidate(name, command(name).map(MagicCommand::summary).orElse("")))
                .toList(),
        name -> command(name).map(MagicCommand::spec),
        candidates);
  }

  /** The neurons that were shown last. */
  RecentNeurons recentNeurons() {
    return recent;
  }

  /** What Shift-Tab shows of a word that names a neuron, an entity or an image. */
  SmallPages pages() {
    return pages;
  }

  /** Every magic, sorted by name. */
  List<MagicCommand> commands() {
    return byName.values().stream().map(magic -> new MagicCommand(magic.get())).toList();
  }

  Optional<MagicCommand> command(String name) {
    return create(name).map(MagicCommand::new);
  }

  /** The names, without percent signs, sorted. */
  public Set<String> names() {
    return java.util.Collections.unmodifiableSet(byName.keySet());
  }

  /** A new instance of the magic of that name. */
  public Optional<EngramMagic> create(String name) {
    return Optional.ofNullable(byName.get(name)).map(Supplier::get);
  }
}
