package dev.engram.dissect;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.Progress;
import dev.engram.Sha256;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Keeps surveys on disk, since they pass a whole set through the model. A file's name is the hash
 * of all that the numbers depend on; a file that is damaged, or does not agree with what the model
 * says of the smallest entity, counts as absent, and what was not used for ninety days is deleted.
 */
public final class SurveyStore {
  private static final Duration UNUSED = Duration.ofDays(90);
  private static final Pattern OWN = Pattern.compile("[0-9a-f]{64}\\.survey");

  /** Neurons of which a file is asked. */
  private static final int SAMPLE = 200;

  /** How far a kept number may be from one made now, as a part of the largest one. */
  private static final double AGREEMENT = 1e-3;

  private final Path folder;

  /**
   * @param folder is made with the first file; may be deleted at any time
   */
  public SurveyStore(Path folder) {
    this.folder = folder.toAbsolutePath().normalize();
  }

  /**
   * The survey of a set: read if it was kept, else made and kept. Where nothing can be kept it is
   * made each time.
   *
   * @param clip the model; must outlive the survey
   * @param attributor of the same model
   * @throws dev.engram.EngramException if an image cannot be read
   */
  public Survey survey(
      Clip clip, Attributor attributor, ImageSet set, Reading reading, Progress progress) {
    progress.step("looking for what is kept of the images", 0, set.images().size());
    Path file = file(key(clip, set, reading));
    Optional<Survey> kept = Survey.read(file, clip, attributor, set, reading);
    if (kept.isPresent() && agrees(kept.get(), clip, attributor)) {
      return kept.get();
    }
    Survey fresh = Survey.of(clip, attributor, set, reading, progress);
    fresh.write(file);
    sweep();
    return fresh;
  }

  /**
   * The file of what is kept under a key.
   *
   * @param key a SHA-256, in hexadecimal
   */
  public Path file(String key) {
    return folder.resolve(key + ".survey");
  }

  /** The SHA-256 of all that a survey of neurons depends on, in hexadecimal. */
  public static String key(Clip clip, ImageSet set, Reading reading) {
    Stream<String> entities =
        set.entities().stream().map(e -> e.name() + '\t' + e.label() + '\t' + e.images().size());
    String parts =
        Stream.of(
                Stream.of(
                    clip.hash(),
                    clip.config().toString(),
                    clip.processor().description(),
                    clip.device(),
                    set.hash(),
                    reading.toString()),
                entities,
                set.images().stream().map(LabelledImage::name))
            .flatMap(s -> s)
            .collect(Collectors.joining("\n"));
    return Sha256.of(parts.getBytes(UTF_8));
  }

  /** So that no change of the library, which no key can name, leads to old numbers. */
  private static boolean agrees(Survey kept, Clip clip, Attributor attributor) {
    int entity =
        clip.config().hasText()
            ? IntStream.range(0, kept.set().entities().size())
                .boxed()
                .min(Comparator.comparingInt(e -> kept.set().entities().get(e).images().size()))
                .orElse(-1)
            : -1;
    if (entity < 0) {
      return false; // a set without labels passes in half the time
    }
    Entity asked = kept.set().entities().get(entity);
    Attribution now =
        attributor.attribute(asked.images(), asked.label(), kept.reading(), Progress.NONE);
    int count = kept.space().count();
    int step = Math.max(1, count / SAMPLE);
    return agree(kept.improvements(entity), step, n -> now.score(neuron(kept, n)))
        && agree(kept.coefficients(entity), step, n -> now.coefficient(neuron(kept, n)));
  }

  private static Neuron neuron(Survey survey, int index) {
    return survey.space().neuron(index);
  }

  private static boolean agree(double[] kept, int step, IntToDoubleFunction now) {
    double largest = 0;
    double difference = 0;
    for (int n = 0; n < kept.length; n += step) {
      double fresh = now.applyAsDouble(n);
      largest = Math.max(largest, Math.abs(fresh));
      difference = Math.max(difference, Math.abs(fresh - kept[n]));
    }
    return difference <= AGREEMENT * largest; // NaN does not agree
  }

  /** Deletes what nobody asks for: a change of the model or of an image leaves such files. */
  public void sweep() {
    Instant oldest = Instant.now().minus(UNUSED);
    try (Stream<Path> files =
        Files.find(
            folder,
            1,
            (file, a) -> a.isRegularFile() && a.lastModifiedTime().toInstant().isBefore(oldest))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (OWN.matcher(file.getFileName().toString()).matches()) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException | UncheckedIOException | SecurityException e) {
      // they stay where they are
    }
  }
}
