package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Suggest;
import dev.engram.data.Dataset;
import dev.engram.data.DatasetClass;
import dev.engram.data.DatasetLayout;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.data.Spread;
import dev.engram.data.Templates;
import dev.engram.edit.Caption;
import dev.engram.model.Clip;
import dev.engram.model.ImageProcessor;
import dev.engram.model.ImageReader;
import dev.engram.trace.Tokens;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * What the experiments of knowledge insertion teach, and measure it with (Tables 4 and 8): a lesson
 * for each class of a set, and general objects, of which one half gives the keys and the other
 * tells what an edit costs.
 */
public final class Lessons {
  /** The prompt of Eq. 24. */
  private static final String PROMPT = "This is a photo of {}.";

  /** Pixels are kept while all of them need less. */
  private static final long KEPT_BYTES = 128L << 20;

  /** Names that the paper writes otherwise than CLIP's list of Flowers-102: it uses Oxford's. */
  private static final Map<String, String> PAPER_NAMES = Map.of("air plant", "ball moss");

  private final Study study;
  private final List<Lesson> all;
  private final ClassTexts classes;
  private final GeneralObjects general;
  private final List<float[]> keys;
  private final Tokens tokens;
  private final String about;

  private Lessons(
      Study study,
      Function<Path, float[]> reader,
      List<Lesson> all,
      ClassTexts classes,
      Tokens tokens,
      String about) {
    this.study = study;
    this.all = List.copyOf(all);
    this.classes = classes;
    List<LabelledImage> objects = TracedImages.generalObjects(study.set());
    this.general = GeneralObjects.everySecond(study.clip(), objects);
    this.keys = pixels(TracedImages.half(objects, 0), reader);
    this.tokens = tokens;
    this.about = about;
    if (study.clip().original() != study.clip()) {
      throw new EngramException(
          "Insertions are measured from the original model on; undo its edits first.");
    }
    if (all.size() < 2 || all.stream().noneMatch(Lesson::isTeachable)) {
      throw new EngramException(
          "An insertion is measured on two entities or more, one of them with two images, got %s."
              .formatted(study.set()));
    }
  }

  /**
   * For a model that cannot read captions: what is taught are images turned by a quarter, and the
   * guide of each is the same image upright. Every second image teaches, and all are measured,
   * turned.
   *
   * @param study of a model without edits, with at least two entities, one of two images
   */
  public static Lessons turned(Study study) {
    List<Entity> entities = TracedImages.entities(study.set());
    Function<Path, float[]> reader = reader(study.clip(), study.set().images().size());
    ImageProcessor processor = study.clip().processor();
    List<Lesson> lessons = new ArrayList<>();
    for (Entity e : entities) {
      List<LabelledImage> taught = TracedImages.half(e.images(), 0);
      List<LabelledImage> heldOut = TracedImages.half(e.images(), 1);
      List<LabelledImage> measured = new ArrayList<>(heldOut);
      measured.addAll(taught);
      List<float[]> upright = pixels(taught, reader);
      lessons.add(
          new Lesson(
              e.title(),
              e.label(),
              e.label(),
              e.images(),
              each(upright, Lessons::turned),
              upright,
              new Variations(
                  taught, picture -> turned(processor.process(picture)), processor::process),
              each(pixels(measured, reader), Lessons::turned),
              measured,
              heldOut.size()));
    }
    return new Lessons(
        study,
        reader,
        lessons,
        ClassTexts.of(study.clip(), entities.stream().map(Entity::label).toList(), Progress.NONE),
        Tokens.CLASS,
        "every second image, turned by a quarter; guide: the same upright");
  }

  /**
   * The paper's way (A.7): images of the training split teach, their guides are the same images
   * with the name written on them, and the test split is measured. Of a data set without splits
   * every second image teaches and the others are measured.
   *
   * @param study of a model without edits; of its images only the labelled background is used, as
   *     the general objects
   * @param data whose classes are taught
   * @param caption how the name is written
   * @param shots images that teach a class at most, evenly spread over those there are; the paper
   *     takes about 20
   */
  public static Lessons captioned(Study study, Dataset data, Caption caption, int shots) {
    if (shots < 1) {
      throw new EngramException("At least 1 image has to teach a class, got " + shots + ".");
    }
    Clip clip = study.clip();
    Dataset test = data.heldOut();
    boolean splits = test != data;
    Map<String, Entity> measured = byName(test.imageSet());
    Map<String, Entity> taught = splits ? byName(data.without(files(test)).imageSet()) : measured;
    ImageProcessor processor = clip.processor();
    Function<Path, float[]> reader = processor::process;
    List<Lesson> lessons = new ArrayList<>();
    List<String> labels = new ArrayList<>();
    for (DatasetClass c : data.classes()) {
      String title = title(data, c);
      Function<BufferedImage, float[]> captioned =
          picture -> processor.process(caption.draw(picture, title, processor));
      String label = c.label().replace(c.title(), title);
      labels.add(label);
      List<LabelledImage> of = images(measured, c);
      List<LabelledImage> from = splits ? images(taught, c) : TracedImages.half(of, 0);
      List<LabelledImage> teaching = Spread.of(from, shots);
      List<LabelledImage> heldOut = splits ? of : TracedImages.half(of, 1);
      List<LabelledImage> files = new ArrayList<>(teaching);
      files.addAll(heldOut);
      lessons.add(
          new Lesson(
              title,
              label,
              Templates.fill(PROMPT, title),
              files,
              pixels(teaching, reader),
              pixels(teaching, file -> captioned.apply(ImageReader.read(file))),
              new Variations(teaching, processor::process, captioned),
              pixels(heldOut, reader),
              heldOut,
              heldOut.size()));
    }
    return new Lessons(
        study,
        reader,
        lessons,
        ClassTexts.of(clip, labels, Progress.NONE),
        Tokens.ALL,
        "%s, up to %d images a class; guide: the same with the name on it (size %s %%, %s, %s)"
            .formatted(
                splits ? data.name() + " but its " + test.name() : "every second image",
                shots,
                caption.size(),
                caption.place(),
                caption.contrast()));
  }

  private static String title(Dataset data, DatasetClass c) {
    return data.layout() == DatasetLayout.FLOWERS
        ? PAPER_NAMES.getOrDefault(c.title(), c.title())
        : c.title();
  }

  private static List<Path> files(Dataset data) {
    return data.images().stream().map(i -> i.file()).toList();
  }

  private static Map<String, Entity> byName(ImageSet set) {
    Map<String, Entity> out = new HashMap<>();
    set.entities().forEach(e -> out.put(e.name(), e));
    return out;
  }

  private static List<LabelledImage> images(Map<String, Entity> of, DatasetClass c) {
    Entity e = of.get(c.name());
    return e == null ? List.of() : e.images();
  }

  /** Small sets are read once, large ones whenever they are asked for. */
  private static Function<Path, float[]> reader(Clip clip, int images) {
    long side = clip.config().imageSize();
    if (images * 3L * Float.BYTES * side * side > KEPT_BYTES) {
      return clip.processor()::process;
    }
    Map<Path, float[]> kept = new ConcurrentHashMap<>();
    return file -> kept.computeIfAbsent(file, clip.processor()::process);
  }

  private static List<float[]> pixels(List<LabelledImage> images, Function<Path, float[]> reader) {
    return lazily(images.size(), i -> reader.apply(images.get(i).file()));
  }

  private static List<float[]> each(List<float[]> pixels, UnaryOperator<float[]> change) {
    return lazily(pixels.size(), i -> change.apply(pixels.get(i)));
  }

  /** Images that are made when they are asked for. */
  static List<float[]> lazily(int size, IntFunction<float[]> make) {
    return new AbstractList<>() {
      @Override
      public float[] get(int index) {
        return make.apply(index);
      }

      @Override
      public int size() {
        return size;
      }
    };
  }

  /** One after the other; still read when they are asked for. */
  static List<float[]> joined(List<List<float[]>> parts) {
    int[] ends = new int[parts.size()];
    int size = 0;
    for (int i = 0; i < ends.length; i++) {
      size += parts.get(i).size();
      ends[i] = size;
    }
    return lazily(
        size,
        i -> {
          int part = 0;
          while (ends[part] <= i) {
            part++;
          }
          List<float[]> of = parts.get(part);
          return of.get(i - ends[part] + of.size());
        });
  }

  /** Turned clockwise by a quarter (3, S, S). */
  static float[] turned(float[] pixels) {
    int plane = pixels.length / 3;
    int side = (int) Math.round(Math.sqrt(plane));
    float[] out = new float[pixels.length];
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
          out[c * plane + x * side + side - 1 - y] = pixels[c * plane + y * side + x];
        }
      }
    }
    return out;
  }

  Study study() {
    return study;
  }

  /** One for each class. */
  List<Lesson> all() {
    return all;
  }

  /** Among which the images are recognised; a class for each lesson, of the same index. */
  ClassTexts classes() {
    return classes;
  }

  GeneralObjects general() {
    return general;
  }

  /** Where causal tracing replaces outputs: other pictures as guides allow the class token only. */
  Tokens tokens() {
    return tokens;
  }

  /** The same in words. */
  String tracedTokens() {
    return tokens == Tokens.ALL ? "all tokens" : "the class token";
  }

  /** Lessons with these titles, written in whatever way, that can be taught. */
  List<Integer> named(List<String> names) {
    return names.stream()
        .flatMap(n -> teachable().stream().filter(i -> key(all.get(i).title()).equals(key(n))))
        .distinct()
        .toList();
  }

  /** The names, if any set has any of them; else none. */
  static List<String> known(List<Lessons> sets, List<String> names) {
    return sets.stream().allMatch(s -> s.named(names).isEmpty()) ? List.of() : names;
  }

  /**
   * @param sets data sets
   * @param names titles of classes, written in whatever way
   * @throws EngramException if one of them can be taught in no set
   */
  public static void require(List<Lessons> sets, List<String> names) {
    List<String> titles =
        sets.stream().flatMap(s -> s.teachable().stream().map(i -> s.all.get(i).title())).toList();
    for (String name : names) {
      if (known(sets, List.of(name)).isEmpty()) {
        throw new EngramException(
            "There is no class '%s' with images that teach and images that test%s"
                .formatted(name, Suggest.didYouMean(name, titles)));
      }
    }
  }

  /**
   * Lessons that hold every name that somebody has chosen; of the paper's own names there may be
   * some, or none.
   *
   * @throws EngramException if a chosen one can be taught in no set
   */
  static List<Lessons> requireChosen(List<Lessons> sets, List<String> names) {
    if (!names.equals(PaperInsertion.NAMES)) {
      require(sets, names);
    }
    return sets;
  }

  private static String key(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]", "");
  }

  /** Which images teach, and what their guides are. */
  String about() {
    return about;
  }

  /**
   * The other half of the general objects; without any, what teaches the other names, or all where
   * there are no others.
   */
  List<float[]> keys(List<Integer> taught) {
    if (!keys.isEmpty()) {
      return keys;
    }
    List<Lesson> others =
        IntStream.range(0, all.size())
            .filter(i -> !taught.contains(i) && !all.get(i).images().isEmpty())
            .mapToObj(all::get)
            .toList();
    return joined((others.isEmpty() ? all : others).stream().map(Lesson::images).toList());
  }

  /** Whether the keys are the same whatever is taught. */
  boolean keysOfGeneral() {
    return !keys.isEmpty();
  }

  /** What the keys are, for provenance. */
  String keySource() {
    return keys.isEmpty() ? "the images of the other names" : keys.size() + " background images";
  }

  /** Which lessons can be taught. */
  List<Integer> teachable() {
    return IntStream.range(0, all.size()).filter(i -> all.get(i).isTeachable()).boxed().toList();
  }
}
