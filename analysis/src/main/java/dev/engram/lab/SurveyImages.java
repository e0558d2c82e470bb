package dev.engram.lab;

import dev.engram.Progress;
import dev.engram.atlas.Atlas;
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
 */
public record SurveyImages(
    ImageSet set, SurveySettings settings, @Nullable Vocabulary words, Path folder) {
  /** All images of a set. */
  public static SurveyImages of(ImageSet set, Path folder) {
    return new SurveyImages(set, SurveySettings.standard(), null, folder);
  }

  /** The same with other settings. */
  public SurveyImages settings(SurveySettings other) {
    return new SurveyImages(set, other, words, folder);
  }

  /**
   * The same in other words.
   *
   * @param dictionary null for the model's own
   */
  public SurveyImages words(@Nullable Vocabulary dictionary) {
    return new SurveyImages(set, settings, dictionary, folder);
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
    return Atlas.survey(clip, set, settings, dictionary, folder, progress);
  }
}
