package dev.engram.magic;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
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

  private Magics(List<Supplier<? extends EngramMagic>> magics, List<Fact> facts) {
    List<Supplier<? extends EngramMagic>> all = new ArrayList<>(magics);
    all.add(() -> new EngramCommand(this, facts));
    for (Supplier<? extends EngramMagic> magic : all) {
      Class<?> type = magic.get().getClass();
      Command command = type.getAnnotation(Command.class);
      if (command == null || byName.put(command.name(), magic) != null) {
        throw new IllegalArgumentException(type + " needs a @Command with a name of its own");
      }
    }
  }

  /**
   * @return Engram's magics, sharing one session
   */
  public static Magics all() {
    KeptResults.sweepLeftovers();
    EngramSession session = new EngramSession();
    return of(
        List.of(
            () -> new ModelCommand(session),
            () -> new ImagesCommand(session),
            () -> new AttributeCommand(session),
            () -> new HeatmapCommand(session),
            () -> new WordsCommand(session),
            () -> new NeuronCommand(session),
            () -> new NeuronsCommand(session),
            () -> new QueriesCommand(session),
            () -> new EvolveCommand(session),
            () -> new LensCommand(session),
            () -> new EvaluateCommand(session),
            () -> new ForgetCommand(session),
            () -> new TraceCommand(session),
            () -> new TeachCommand(session),
            () -> new FinetuneCommand(session),
            () -> new LoraCommand(session),
            () -> new EditsCommand(session),
            () -> new UndoCommand(session),
            () -> new SaveCommand(session),
            () -> new ReproduceCommand(session)),
        List.of(
            new Fact("device", session::device),
            new Fact("kept results", () -> KeptResults.folder().toString()),
            new Fact("managed arrays", session::managedArrays)));
  }

  /**
   * @param magics makes each magic, once for every call
   * @param facts what {@code %engram} tells besides versions
   * @return these magics and {@code %engram}
   */
  public static Magics of(List<Supplier<? extends EngramMagic>> magics, List<Fact> facts) {
    return new Magics(magics, List.copyOf(facts));
  }

  /**
   * @return the names, without percent signs, sorted
   */
  public Set<String> names() {
    return java.util.Collections.unmodifiableSet(byName.keySet());
  }

  /**
   * @return a new instance of the magic of that name
   */
  public Optional<EngramMagic> create(String name) {
    return Optional.ofNullable(byName.get(name)).map(Supplier::get);
  }
}
