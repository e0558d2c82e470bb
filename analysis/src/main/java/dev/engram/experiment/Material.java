package dev.engram.experiment;

import dev.engram.dissect.WordDictionary;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What an experiment runs on. Each part is made when it is asked for: a model may have no words,
 * and where lessons come from data sets no images need be open.
 */
public final class Material {
  private final Supplier<Study> study;
  private final Supplier<WordDictionary> words;
  private final Supplier<List<Lessons>> lessons;
  private final List<OtherModel> others;

  /** A model that is opened for one run. */
  @FunctionalInterface
  public interface OtherModel {
    /**
     * Opens the model, runs on it and closes it.
     *
     * @param run is given a study of the same images with it
     */
    void use(Consumer<Study> run);
  }

  /**
   * @param study the loaded model, and the images that are looked at
   * @param words the dictionary of that model
   * @param lessons what insertions teach, of one set or several
   * @param others models that are looked at beside the loaded one
   */
  public Material(
      Supplier<Study> study,
      Supplier<WordDictionary> words,
      Supplier<List<Lessons>> lessons,
      List<OtherModel> others) {
    this.study = study;
    this.words = words;
    this.lessons = lessons;
    this.others = List.copyOf(others);
  }

  Study study() {
    return study.get();
  }

  WordDictionary words() {
    return words.get();
  }

  List<Lessons> lessons() {
    return lessons.get();
  }

  /** Runs on the loaded model, then on each other one. */
  <T> List<T> everyModel(Function<Study, T> run) {
    List<T> out = new ArrayList<>(List.of(run.apply(study())));
    others.forEach(other -> other.use(s -> out.add(run.apply(s))));
    return out;
  }
}
