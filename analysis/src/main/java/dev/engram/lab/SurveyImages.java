package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.Manifest;
import dev.engram.atlas.SurveyEngine;
import dev.engram.atlas.SurveySet;
import dev.engram.atlas.SurveySettings;
import dev.engram.data.ImageSet;
import dev.engram.dissect.WordDictionary;
import dev.engram.model.Clip;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Passes a whole image set through the model and keeps what it tells of every neuron as an atlas.
 * {@code SurveyImages.of(set, folder).run(lab, Progress.NONE)}.
 *
 * @param set what passes; need not be the open one
 * @param settings what is kept
 * @param words the dictionary for what neurons say; null for the model's own
 * @param folder of the atlas
 * @param engine passes the images; null for this process
 */
public record SurveyImages(
    SurveySet set,
    SurveySettings settings,
    @Nullable Vocabulary words,
    Path folder,
    @Nullable SurveyEngine engine) {
  /** All images of a set. */
  public static SurveyImages of(ImageSet set, Path folder) {
    return of(SurveySet.of(set), folder);
  }

  /** All images of a set, wherever they lie. */
  public static SurveyImages of(SurveySet set, Path folder) {
    return new SurveyImages(set, SurveySettings.standard(), null, folder, null);
  }

  /** The same with other settings. */
  public SurveyImages settings(SurveySettings other) {
    return new SurveyImages(set, other, words, folder, engine);
  }

  /**
   * The same in other words.
   *
   * @param dictionary null for the model's own
   */
  public SurveyImages words(@Nullable Vocabulary dictionary) {
    return new SurveyImages(set, settings, dictionary, folder, engine);
  }

  /**
   * The same, computed elsewhere.
   *
   * @param elsewhere null for this process
   */
  public SurveyImages engine(@Nullable SurveyEngine elsewhere) {
    return new SurveyImages(set, settings, words, folder, elsewhere);
  }

  /**
   * Surveys the images, or goes on where that was interrupted, or opens what is there.
   *
   * @throws dev.engram.EngramException as {@link Atlas#survey}
   */
  public Atlas run(Lab lab, Progress progress) {
    Clip clip = lab.model();
    clip.vision().requireClassToken("a survey"); // first: before a dictionary is embedded
    boolean speaks = clip.config().hasText();
    WordDictionary dictionary = speaks ? lab.dictionary(words) : null;
    Atlas atlas = Atlas.survey(clip, set, settings, dictionary, folder, engine, progress);
    if (dictionary != null && !hasWordsOf(dictionary, atlas.manifest())) {
      atlas.close(); // one that was there before, which is no answer to this request
      String has = atlas.manifest().dictionary();
      boolean sameName = has.equals(dictionary.name());
      throw new EngramException(
          "%s holds an atlas of this survey with %s, and not with those of %s; give another folder (--out DIR), or delete it."
              .formatted(
                  folder,
                  has.isEmpty()
                      ? "no words"
                      : (sameName ? "other words of " : "the words of ") + has,
                  dictionary.name()));
    }
    return atlas;
  }

  /** By the hash, which an older atlas has not; a file may have changed, or have two names. */
  private static boolean hasWordsOf(WordDictionary dictionary, Manifest manifest) {
    String hash = manifest.dictionaryHash();
    return hash.isEmpty()
        ? manifest.dictionary().equals(dictionary.name())
        : hash.equals(dictionary.hash());
  }
}
