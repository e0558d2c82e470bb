package dev.engram.atlas;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.AtomicFile;
import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.Progress;
import dev.engram.Sha256;
import dev.engram.atlas.SurveyedImages.Entry;
import dev.engram.dissect.WordDictionary;
import dev.engram.model.Clip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes the folder of an atlas: surveys the images, writes what was found beside its place, and
 * moves it there when it is whole.
 */
final class AtlasMaker {
  private final Clip clip;
  private final SurveyedImages images;
  private final SurveySettings settings;
  private final @Nullable WordDictionary words;
  private final String key;

  AtlasMaker(Clip clip, SurveySet set, SurveySettings settings, @Nullable WordDictionary words) {
    this.clip = clip;
    this.settings = settings;
    this.words = words;
    images = SurveyedImages.of(set, settings);
    key = Surveyor.key(clip, images, settings);
  }

  Path folderIn(Path parent) {
    String name = (clip.name() + "-" + images.set().name()).replaceAll("[^\\p{L}\\p{N}._-]+", "-");
    return parent.resolve(
        name.substring(0, Math.min(80, name.length())) + "-" + key.substring(0, 8));
  }

  /**
   * Makes it, unless it is there.
   *
   * @param engine passes the images; null for this process
   */
  void make(Path folder, @Nullable SurveyEngine engine, Progress progress) {
    DuckDb.requireInstalled(); // before the work
    if (isThere(folder)) {
      return;
    }
    Path place = folder.toAbsolutePath().normalize();
    Path work = place.resolveSibling(place.getFileName() + ".unfinished");
    try (Surveyor surveyor = new Surveyor(clip, images, settings, work, progress)) {
      AtlasState state = engine == null ? surveyor.run(progress) : surveyor.run(engine, progress);
      Files.createDirectories(place.getParent());
      try (ImageRows rows = surveyor.rows()) {
        AtomicFile.folder(
            place,
            made -> {
              new AtlasWriter(clip, images, state, words).write(made, rows, progress);
              manifest(state, rows).write(made);
            });
      }
      new UnfinishedSurvey(work, key).delete();
    } catch (IOException e) {
      Progress.checkInterrupt();
      throw new EngramException(
          "The atlas cannot be written to " + folder + ": " + Json.why(e) + ".", e);
    }
  }

  private boolean isThere(Path folder) {
    if (Manifest.isIn(folder)) {
      Manifest there = Manifest.read(folder);
      if (!there.key().equals(key)) {
        throw new EngramException(
            "%s holds an atlas of other images, of another model or with other settings (%s, %s); give another folder (--out DIR), or delete it."
                .formatted(folder, there.model(), there.set()));
      }
      return true;
    }
    if (Files.isDirectory(folder)) {
      try (Stream<Path> inside = Files.list(folder)) {
        if (inside.findAny().isEmpty()) {
          return false;
        }
      } catch (IOException e) {
        throw new EngramException(folder + " cannot be read: " + Json.why(e) + ".", e);
      }
    }
    if (Files.exists(folder)) {
      throw new EngramException(
          folder + " is there and is no atlas; give a folder that is empty or not there yet.");
    }
    return false;
  }

  private Manifest manifest(AtlasState state, ImageRows rows) throws IOException {
    MessageDigest sha = Sha256.digest();
    for (Entry e : images.byNumber()) {
      if (!state.unreadable.containsKey(e.number())) {
        sha.update((e.image().name() + '\0' + rows.read(e.number()).hash() + '\0').getBytes(UTF_8));
      }
    }
    return new Manifest(
        clip.name(),
        clip.hash(),
        clip.original().hash().equals(clip.hash()) ? "" : clip.original().hash(),
        clip.caution().orElse(""),
        clip.config().vision().space(),
        images.set().name(),
        Sha256.hex(sha),
        state.images,
        state.labelled,
        state.unreadable.size(),
        state.halved.cardinality(),
        Arrays.stream(images.classSizes()).filter(n -> n > 0).count(),
        settings,
        words == null ? "" : words.name(),
        words == null ? "" : words.hash(),
        LocalDate.now().toString(),
        key);
  }
}
