package dev.engram.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.Sha256;
import dev.engram.Suggest;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Images of numbered classes, perhaps in splits: what zero-shot accuracy is measured on. Opened by
 * {@link Datasets#open}, which reads names and opens no image; unchangeable.
 */
public final class Dataset {
  /** What {@link #split} takes for all images of a set that has splits. */
  public static final String ALL = "all";

  private final String name;
  private final DatasetLayout layout;
  private final Path root;
  private final List<DatasetClass> classes;
  private final List<DatasetImage> images;
  private final List<String> notes;

  Dataset(
      String name,
      DatasetLayout layout,
      Path root,
      List<DatasetClass> classes,
      List<DatasetImage> images,
      List<String> notes) {
    this.name = name;
    this.layout = layout;
    this.root = root;
    this.classes = List.copyOf(classes);
    this.images = images instanceof SpilledRecords ? images : List.copyOf(images);
    this.notes = List.copyOf(notes);
  }

  /**
   * @param set with entities, of which each becomes a class; background images are left out
   * @throws EngramException if it has no entities
   */
  public static Dataset of(ImageSet set) {
    if (set.entities().isEmpty()) {
      throw new EngramException(
          ("The image set %s has no entities, so its images have no classes; give a folder"
                  + " class/*.png, or a CSV list with the columns file and label.")
              .formatted(set.name()));
    }
    List<DatasetClass> classes = new ArrayList<>();
    List<DatasetImage> images = new ArrayList<>();
    for (Entity e : set.entities()) {
      int index = classes.size();
      classes.add(new DatasetClass(e.name(), e.title(), e.label()));
      e.images()
          .forEach(
              i -> images.add(new DatasetImage(i.file(), i.name(), index, i.split().toString())));
    }
    List<String> notes = new ArrayList<>(set.notes());
    notes.addAll(unnamed(classes));
    return new Dataset(set.name(), DatasetLayout.ENTITIES, set.root(), classes, images, notes);
  }

  /** A note where folders have numbers, which mean nothing in a prompt. */
  static List<String> unnamed(List<DatasetClass> classes) {
    return classes.stream().allMatch(c -> c.title().matches("\\d+"))
        ? List.of(
            "All classes are called by numbers, so their prompts (\"%s\") say nothing about the images; a CSV list with the columns file and label gives them names."
                .formatted(classes.get(0).label()))
        : List.of();
  }

  /** The folder's name, with the split if it is a part. */
  public String name() {
    return name;
  }

  /** Which layout was recognised. */
  public DatasetLayout layout() {
    return layout;
  }

  /**
   * Whether its splits tell what a model was trained on, as the column of an image set's list does;
   * those of CUB-200-2011, say, tell what its makers mean to be trained on.
   */
  public boolean tellsTraining() {
    return layout == DatasetLayout.ENTITIES;
  }

  /** The folder that was read. */
  public Path root() {
    return root;
  }

  /** Every class, by its index; some may have no images. */
  public List<DatasetClass> classes() {
    return classes;
  }

  /** The images, in the order of the data set. */
  public List<DatasetImage> images() {
    return images;
  }

  /** The same in memory: a file of images that an interrupt closes is not for those who keep it. */
  Dataset held() {
    return with(name, List.copyOf(images));
  }

  /** What was assumed or left out, one sentence each. */
  public List<String> notes() {
    return notes;
  }

  /** Names of the splits, in order of appearance; empty if there are none. */
  public Set<String> splits() {
    Set<String> splits = new LinkedHashSet<>();
    images.stream().map(DatasetImage::split).filter(s -> !s.isEmpty()).forEach(splits::add);
    return splits;
  }

  /**
   * @param wanted a split, or another name of its role (val, valid, validation and dev are one,
   *     also in capitals); {@value #ALL} for all of them
   * @return the images of one split, with all classes
   * @throws EngramException if there is no such split
   */
  public Dataset split(String wanted) {
    Set<String> splits = splits();
    if (!splits.isEmpty() && wanted.equals(ALL) && !splits.contains(ALL)) {
      return new Dataset(name, layout, root, classes, images, with(chosen(splits, "all of them")));
    }
    if (splits.isEmpty()) {
      throw new EngramException(
          "The data set %s has no splits; leave out '%s'.".formatted(name, wanted));
    }
    if (splits.contains(wanted)) {
      return part(Set.of(wanted));
    }
    Set<String> same = SplitRole.of(wanted).map(role -> splitsOf(role, splits)).orElse(Set.of());
    if (same.isEmpty()) {
      throw new EngramException(
          "The data set %s has the splits %s; there is no '%s'%s"
              .formatted(
                  name, String.join(", ", splits), wanted, Suggest.didYouMean(wanted, splits)));
    }
    return part(same);
  }

  /**
   * The split on which accuracy is reported: that for testing, else that for validation, else all
   * images, by whatever name these splits go; the notes say which.
   */
  public Dataset heldOut() {
    Set<String> splits = splits();
    for (SplitRole role : List.of(SplitRole.TEST, SplitRole.VALIDATION)) {
      Set<String> same = splitsOf(role, splits);
      if (!same.isEmpty()) {
        return part(same);
      }
    }
    return this;
  }

  private static Set<String> splitsOf(SplitRole role, Set<String> splits) {
    Set<String> same = new LinkedHashSet<>(splits);
    same.removeIf(s -> SplitRole.of(s).filter(role::equals).isEmpty());
    return same;
  }

  private Dataset part(Set<String> wanted) {
    String names = String.join(" and ", wanted);
    return new Dataset(
        name + " " + names,
        layout,
        root,
        classes,
        some(i -> wanted.contains(i.split())),
        with(chosen(splits(), names)));
  }

  private List<DatasetImage> some(Predicate<DatasetImage> wanted) {
    if (!(images instanceof SpilledRecords)) {
      return images.stream().filter(wanted).toList();
    }
    List<DatasetImage> some = new SpilledRecords<>(DatasetImage.FORMAT);
    images.stream().filter(wanted).forEach(some::add);
    return some;
  }

  private static String chosen(Set<String> splits, String taken) {
    return "The splits are %s; taken: %s.".formatted(String.join(", ", splits), taken);
  }

  /**
   * @param note what is to be known about these images, one sentence
   * @return the same set with one more note
   */
  public Dataset noted(String note) {
    return new Dataset(name, layout, root, classes, images, with(note));
  }

  private List<String> with(String note) {
    List<String> more = new ArrayList<>(notes);
    more.add(note);
    return more;
  }

  private Dataset with(String newName, List<DatasetImage> some) {
    return new Dataset(newName, layout, root, classes, some, notes);
  }

  /** At most so many images, evenly spread over the list. */
  public Dataset spread(int most) {
    if (most < 1) {
      throw new EngramException("At least 1 image is needed, got " + most + ".");
    }
    int n = images.size();
    return most >= n
        ? this
        : with(
            "%s, %d of %d images, evenly spread".formatted(name, most, n), Spread.of(images, most));
  }

  /**
   * @param k images of each class
   * @param seed another one draws other images; a class's draw does not depend on the others
   * @return k images of every class, drawn at random, in the order of the data set
   * @throws EngramException if a class has fewer
   */
  public Dataset shots(int k, long seed) {
    if (k < 1) {
      throw new EngramException("At least 1 image of each class is needed, got " + k + ".");
    }
    Map<Integer, List<Integer>> byClass = new TreeMap<>();
    IntStream.range(0, classes.size()).forEach(c -> byClass.put(c, new ArrayList<>()));
    for (int i = 0; i < images.size(); i++) {
      byClass.computeIfAbsent(images.get(i).classIndex(), c -> new ArrayList<>()).add(i);
    }
    List<Integer> drawn = new ArrayList<>();
    byClass.forEach(
        (c, all) -> {
          if (all.size() < k) {
            throw new EngramException(
                "The class %s of %s has %d images; %d of each are wanted."
                    .formatted(classes.get(c).title(), name, all.size(), k));
          }
          Collections.shuffle(all, new Random(1_000_003L * seed + c));
          drawn.addAll(all.subList(0, k));
        });
    return with(
        "%s, %d of each class (seed %d)".formatted(name, k, seed),
        drawn.stream().sorted().map(images::get).toList());
  }

  /**
   * @param files whatever class they belong to
   * @return the other images, with all classes
   */
  public Dataset without(Collection<Path> files) {
    Set<Path> left = Set.copyOf(files);
    return with(name, some(i -> !left.contains(i.file())));
  }

  /**
   * @param added a class; one of the same name or title that is there already takes the images
   * @param more images of it
   * @return the data set with these images too
   */
  public Dataset plus(DatasetClass added, List<LabelledImage> more) {
    List<DatasetClass> newClasses = new ArrayList<>(classes);
    int index = finder().named(added.name());
    index = index < 0 ? finder().find(added.title()) : index;
    if (index < 0) {
      index = newClasses.size();
      newClasses.add(added);
    }
    List<DatasetImage> newImages = new ArrayList<>(images);
    for (LabelledImage i : more) {
      newImages.add(new DatasetImage(i.file(), i.name(), index, i.split().toString()));
    }
    return new Dataset(name, layout, root, newClasses, newImages, notes);
  }

  /**
   * @param wanted name or title of a class; case, spaces, hyphens and underscores do not matter
   * @return its index
   * @throws EngramException if there is none, with the nearest names, or if several have this name,
   *     with their full names
   */
  public int classIndex(String wanted) {
    return finder().index(wanted);
  }

  /**
   * @param wanted as {@link #classIndex} takes it
   * @return whether there is such a class
   */
  public boolean hasClass(String wanted) {
    return finder().find(wanted) >= 0;
  }

  /**
   * @param wanted as {@link #classIndex} takes it
   * @return the files of that class's images
   */
  public List<Path> filesOf(String wanted) {
    int index = classIndex(wanted);
    return images.stream().filter(i -> i.classIndex() == index).map(DatasetImage::file).toList();
  }

  /**
   * @param shown a class of this set
   * @return its title, with its name where another class has the same title
   */
  public String uniqueTitle(DatasetClass shown) {
    return finder().uniqueTitle(shown);
  }

  private ClassFinder finder() {
    return new ClassFinder(name, classes);
  }

  /** The same images as a set whose entities are the classes that have any. */
  public ImageSet imageSet() {
    Map<Integer, List<LabelledImage>> images = new HashMap<>();
    ImageSet empty =
        stream((entity, i) -> images.computeIfAbsent(entity, k -> new ArrayList<>()).add(i));
    List<Entity> entities = new ArrayList<>();
    for (Entity e : empty.entities()) {
      List<LabelledImage> own = images.getOrDefault(entities.size(), List.of());
      entities.add(new Entity(e.name(), e.title(), e.category(), e.label(), own));
    }
    return new ImageSet(name, root, entities, List.of(), notes);
  }

  /**
   * As {@link #imageSet}, for more images than should be held.
   *
   * @param sink gets the images
   * @return the set without its images
   */
  ImageSet stream(ImageSink sink) {
    BitSet used = new BitSet();
    images.forEach(i -> used.set(i.classIndex()));
    int[] places = new int[classes.size()];
    List<Entity> entities = new ArrayList<>();
    used.stream()
        .forEach(
            index -> {
              DatasetClass c = classes.get(index);
              places[index] = entities.size();
              entities.add(new Entity(c.name(), c.title(), "", c.label(), List.of()));
            });
    for (DatasetImage i : images) {
      DatasetClass c = classes.get(i.classIndex());
      Split split = tellsTraining() ? Split.of(i.split()) : Split.UNKNOWN;
      sink.take(
          places[i.classIndex()],
          new LabelledImage(i.file(), i.name(), c.name(), "", c.label(), split));
    }
    return new ImageSet(name, root, entities, List.of(), notes);
  }

  /** SHA-256 over the names of classes and images, in hexadecimal; no image is opened. */
  public String listHash() {
    MessageDigest sha = Sha256.digest();
    classes.forEach(c -> sha.update((c.name() + '\0' + c.title() + '\0').getBytes(UTF_8)));
    images.forEach(i -> sha.update((i.name() + '\0' + i.classIndex() + '\0').getBytes(UTF_8)));
    return Sha256.hex(sha);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s (%s): %,d images of %,d classes",
        name,
        layout,
        images.size(),
        classes.size());
  }
}
