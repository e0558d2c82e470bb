package dev.engram.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.RegularFile;
import dev.engram.Sha256;
import dev.engram.Suggest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Entities with their images, and background images that belong to none. Read from a VisEnt-style
 * folder {@code category/entity/*.png}, with or without a {@code manifest.csv}, or from a flat
 * folder, with or without a {@code labels.csv}; unchangeable.
 */
public final class ImageSet {
  /** How an image is named in words where no file says it. */
  public static final String DEFAULT_TEMPLATE = "a photo of {name}";

  private static final Pattern INDEXED = Pattern.compile("(.+?)/(\\d{1,6})");

  private final String name;
  private final Path root;
  private final List<Entity> entities;
  private final List<LabelledImage> background;
  private final List<String> notes;
  private volatile @Nullable String hash;

  ImageSet(
      String name,
      Path root,
      List<Entity> entities,
      List<LabelledImage> background,
      List<String> notes) {
    this.name = name;
    this.root = root;
    this.entities = List.copyOf(entities);
    this.background = List.copyOf(background);
    this.notes = List.copyOf(notes);
  }

  /**
   * Reads a folder; where no file gives labels, {@link #DEFAULT_TEMPLATE} does.
   *
   * @throws EngramException if there is no such folder, no image in it, or a list names what is not
   *     there
   */
  public static ImageSet read(Path folder) {
    return read(folder, DEFAULT_TEMPLATE);
  }

  /**
   * @param folder {@code category/entity/*.png}, {@code entity/*.png} or {@code *.png}; also jpg,
   *     jpeg, jpe, jfif, gif, bmp, webp and tif; images of other kinds are counted in the notes
   * @param template the label of an entity without a caption; {@code {name}} stands for its title
   * @throws EngramException if there is no such folder, no image in it, or a list names what is not
   *     there
   */
  public static ImageSet read(Path folder, String template) {
    if (!template.contains("{name}")) {
      throw new EngramException(
          "A template for labels needs {name}, as in \"a photo of {name}\"; got \""
              + template
              + "\".");
    }
    return new ImageSetReader(folder, template, null).read();
  }

  /**
   * Reads a folder of any size as {@link #read(Path)} does; a folder's names are in memory at a
   * time, and those of a list in CSV.
   *
   * @param sink gets the images, in the order of the set
   * @return the set without its images
   */
  static ImageSet stream(Path folder, ImageSink sink) {
    return new ImageSetReader(folder, DEFAULT_TEMPLATE, sink).read();
  }

  /** The same set under another name. */
  public ImageSet named(String newName) {
    return new ImageSet(newName, root, entities, background, notes);
  }

  /**
   * @param other a set whose images, of entities too, become background images of this one
   * @return this set with more background images
   */
  public ImageSet withBackground(ImageSet other) {
    List<LabelledImage> more = new ArrayList<>(background);
    more.addAll(other.images());
    return new ImageSet(name, root, entities, more, notes);
  }

  /**
   * @param most how many images of each entity are kept, the first ones
   * @return a smaller set, for a first look; the background images stay
   * @throws EngramException for fewer than one
   */
  public ImageSet firstImages(int most) {
    if (most < 1) {
      throw new EngramException("At least one image of each entity is needed, got " + most + ".");
    }
    List<Entity> fewer =
        entities.stream()
            .map(
                e ->
                    new Entity(
                        e.name(),
                        e.title(),
                        e.category(),
                        e.label(),
                        e.images().stream().limit(most).toList()))
            .toList();
    return new ImageSet(
        name + ", at most " + most + " of each entity", root, fewer, background, notes);
  }

  /** The folder's name, or what {@link #named} gave. */
  public String name() {
    return name;
  }

  /** The folder that was read. */
  public Path root() {
    return root;
  }

  /** In the order of the manifest, else natural order (2 before 10) of category and name. */
  public List<Entity> entities() {
    return entities;
  }

  /** Images that belong to no entity, the stand-in for "general objects". */
  public List<LabelledImage> background() {
    return background;
  }

  /** All images: those of the entities, then the background. */
  public List<LabelledImage> images() {
    return Stream.concat(entities.stream().flatMap(e -> e.images().stream()), background.stream())
        .toList();
  }

  /** What was assumed or left out, one sentence each. */
  public List<String> notes() {
    return notes;
  }

  /**
   * @param wanted folder name, title, {@code category/name} or label; case, spaces, hyphens and
   *     underscores do not matter
   * @throws EngramException if there is none, with the nearest names, or if several have this name,
   *     with their full names
   */
  public Entity entity(String wanted) {
    Entity found = find(wanted);
    if (found != null) {
      return found;
    }
    if (entities.isEmpty()) {
      throw new EngramException(
          "The image set " + name + " has no entities, only images; there is no '" + wanted + "'.");
    }
    throw new EngramException(
        "There is no entity '%s' among the %d of %s%s"
            .formatted(wanted, entities.size(), name, Suggest.didYouMean(wanted, known())));
  }

  /**
   * @param wanted as {@link #entity} takes it
   * @return whether there is such an entity
   * @throws EngramException if several have this name
   */
  public boolean hasEntity(String wanted) {
    return find(wanted) != null;
  }

  /** Null if there is none; refuses a name that several have, except the full name of one. */
  private @Nullable Entity find(String wanted) {
    for (Entity e : entities) {
      if (e.name().equals(wanted)) {
        return e;
      }
    }
    String key = key(wanted);
    if (key.isEmpty()) {
      return null;
    }
    Entity named = only(wanted, e -> key.equals(key(e.name())) || key.equals(key(e.title())));
    return named != null
        ? named
        : only(wanted, e -> key.equals(key(e.label())) || key.equals(key(e.category() + e.name())));
  }

  private @Nullable Entity only(String wanted, Predicate<Entity> is) {
    List<Entity> found = entities.stream().filter(is).toList();
    if (found.size() > 1) {
      throw ambiguous(wanted, "entities", name, found.stream().map(Entity::name).toList());
    }
    return found.isEmpty() ? null : found.get(0);
  }

  /** The refusal of a name that several have. */
  static EngramException ambiguous(String wanted, String what, String set, List<String> full) {
    int most = 5;
    return new EngramException(
        "'%s' is the name of %d %s of %s; write %s%s."
            .formatted(
                wanted,
                full.size(),
                what,
                set,
                String.join(" or ", full.subList(0, Math.min(most, full.size()))),
                full.size() > most ? " or another of them" : ""));
  }

  private Set<String> known() {
    Set<String> names = new LinkedHashSet<>();
    entities.forEach(e -> names.add(e.name()));
    return names;
  }

  /**
   * @param wanted path within the set, file name, {@code entity/3} (from 0), or the path of any
   *     file on disk, which then has no label
   * @throws EngramException if there is none, with the nearest names, or several
   */
  public LabelledImage image(String wanted) {
    String path = UserPath.composed(wanted.strip().replace('\\', '/'));
    List<LabelledImage> all = images();
    List<LabelledImage> found = all.stream().filter(i -> i.name().equals(path)).toList();
    if (found.isEmpty()) {
      found = all.stream().filter(i -> ("/" + i.name()).endsWith("/" + path)).toList();
    }
    if (found.size() == 1) {
      return found.get(0);
    }
    if (found.size() > 1) {
      throw new EngramException(
          "'%s' is the name of %d images; write the path of one, such as %s."
              .formatted(wanted, found.size(), found.get(0).name()));
    }
    Matcher indexed = INDEXED.matcher(path);
    Entity entity = indexed.matches() ? find(indexed.group(1)) : null;
    if (entity != null) {
      return at(entity, Integer.parseInt(indexed.group(2)));
    }
    return onDisk(wanted, all);
  }

  private static LabelledImage at(Entity entity, int index) {
    int last = entity.images().size() - 1;
    if (index > last) {
      throw new EngramException(
          "The images of %s count from 0 to %d; there is no %s/%d."
              .formatted(entity.name(), last, entity.name(), index));
    }
    return entity.images().get(index);
  }

  private LabelledImage onDisk(String wanted, List<LabelledImage> all) {
    try {
      Path file = Path.of(wanted.strip());
      if (!wanted.isBlank() && Files.isRegularFile(file)) {
        Path real = file.toRealPath();
        for (LabelledImage image : all) {
          // the name first: asking the file system for every image takes long; in small letters,
          // since Windows and macOS have one file for both
          if (key(UserPath.name(image.file())).equals(key(UserPath.name(file)))
              && image.file().toRealPath().equals(real)) {
            return image;
          }
        }
        return new LabelledImage(file, String.valueOf(file.getFileName()), "", "", "");
      }
    } catch (InvalidPathException | IOException e) {
      // Then it is no path, and the sentence below is right.
    }
    Entity entity = find(wanted);
    if (entity != null) {
      throw new EngramException(
          "'%s' is an entity with %d images; write %s/0 for the first."
              .formatted(wanted, entity.images().size(), entity.name()));
    }
    Set<String> names = new LinkedHashSet<>(known());
    all.forEach(i -> names.add(i.name().substring(i.name().lastIndexOf('/') + 1)));
    all.forEach(i -> names.add(i.name()));
    throw new EngramException(
        "There is no image '%s' in %s, and no such file%s"
            .formatted(wanted, name, Suggest.didYouMean(wanted, names)));
  }

  /**
   * SHA-256 over names and contents of all images, in hexadecimal; the files are read at the first
   * call.
   *
   * @throws EngramException if a file cannot be read
   */
  public String hash() {
    String known = hash;
    if (known == null) {
      known = computeHash();
      hash = known;
    }
    return known;
  }

  private String computeHash() {
    MessageDigest sha = Sha256.digest();
    // Sorted, so that the order in a manifest makes no difference.
    for (LabelledImage i :
        images().stream().sorted(Comparator.comparing(LabelledImage::name)).toList()) {
      Progress.checkInterrupt();
      try {
        byte[] bytes = Files.readAllBytes(RegularFile.check(i.file()));
        sha.update((i.name() + '\0' + bytes.length + '\0').getBytes(UTF_8));
        sha.update(bytes);
      } catch (IOException e) {
        throw new EngramException("The image " + i.file() + " cannot be read: " + e + ".", e);
      }
    }
    return Sha256.hex(sha);
  }

  /** What is left of a name when writing habits are taken away. */
  static String key(String name) {
    return Normalizer.normalize(name, Normalizer.Form.NFKC)
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{N}]", "");
  }

  /** A folder's name as people write it. */
  static String words(String folderName) {
    return folderName.replaceAll("[_\\s]+", " ").strip();
  }

  private static boolean isTrainedOn(LabelledImage image) {
    return image.split() == Split.TRAIN;
  }

  @Override
  public String toString() {
    long trained =
        entities.stream().flatMap(e -> e.images().stream()).filter(ImageSet::isTrainedOn).count();
    return "%s: %d entities, %d images%s, %d background images"
        .formatted(
            name,
            entities.size(),
            images().size() - background.size(),
            trained == 0 ? "" : " (%d trained on)".formatted(trained),
            background.size());
  }
}
