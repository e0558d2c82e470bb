package dev.engram.data;

import dev.engram.EngramException;
import dev.engram.Suggest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * ImageNet, or a part of it, with a folder for each synset: {@code val/n01440764/*.JPEG}, {@code
 * train/n01440764/*.JPEG}. The classes are those that have a folder. The training images, more than
 * a million, are listed only where they are asked for or are all there is.
 */
final class ImageNetFoldersLayout implements Layout {
  private static final Pattern SYNSET = Pattern.compile("n\\d{8}");

  /** Where the images of each split lie, in order of trial. */
  private static final Map<SplitRole, List<String>> PLACES =
      Map.of(
          SplitRole.VALIDATION, List.of("val", "ILSVRC/Data/CLS-LOC/val", ""),
          SplitRole.TRAIN, List.of("train", "ILSVRC/Data/CLS-LOC/train"));

  @Override
  public DatasetLayout layout() {
    return DatasetLayout.IMAGENET;
  }

  @Override
  public boolean matches(Path path) {
    return PLACES.keySet().stream().anyMatch(split -> place(path, split).isPresent());
  }

  private static Optional<String> place(Path path, SplitRole split) {
    return PLACES.getOrDefault(split, List.of()).stream()
        .filter(p -> !synsets(path.resolve(p)).isEmpty())
        .findFirst();
  }

  private static List<String> synsets(Path folder) {
    return DatasetBuilder.names(folder).stream().filter(SYNSET.asMatchPredicate()).toList();
  }

  @Override
  public Dataset read(Path path, DatasetOptions options) {
    Map<SplitRole, String> places = places(path, options.split());
    Set<String> synsets = new TreeSet<>();
    places.values().forEach(place -> synsets.addAll(synsets(path.resolve(place))));
    Map<String, String> known = ClassNames.of(options.classes());
    for (String synset : synsets) {
      requireKnown(synset, path, places, known);
    }
    // in the order of the list, so that an index means the same with all classes
    Map<String, String> names = new LinkedHashMap<>(known);
    names.keySet().retainAll(synsets);
    DatasetBuilder builder = new DatasetBuilder(path, options);
    builder.classes(ClassNames.classes(names));
    ImageFiles kinds = new ImageFiles();
    List<String> empty = new ArrayList<>();
    Map<SplitRole, Integer> totals = new EnumMap<>(SplitRole.class);
    int index = 0;
    for (String synset : names.keySet()) {
      int before = totals.values().stream().mapToInt(i -> i).sum();
      for (Map.Entry<SplitRole, String> place : places.entrySet()) {
        SplitRole split = split(path, place);
        int added = add(builder, path, place.getValue(), synset, index, split, kinds);
        totals.merge(split, added, Integer::sum);
      }
      if (totals.values().stream().mapToInt(i -> i).sum() == before) {
        empty.add(synset);
      }
      index++;
    }
    int validation = totals.getOrDefault(SplitRole.VALIDATION, -1);
    noteCounts(builder, names.size(), known.size(), validation, empty);
    if (!kinds.note().isEmpty()) {
      builder.note(kinds.note());
    }
    return builder.build(layout());
  }

  /** The validation images; the training images if they are asked for or there are no others. */
  private static Map<SplitRole, String> places(Path path, @Nullable String split) {
    Map<SplitRole, String> places = new EnumMap<>(SplitRole.class);
    place(path, SplitRole.VALIDATION).ifPresent(p -> places.put(SplitRole.VALIDATION, p));
    boolean wanted =
        split != null && SplitRole.of(split).filter(SplitRole.VALIDATION::equals).isEmpty();
    if (wanted || places.isEmpty()) {
      place(path, SplitRole.TRAIN).ifPresent(p -> places.put(SplitRole.TRAIN, p));
    }
    return places;
  }

  /** A folder of synsets itself may be called train. */
  private static SplitRole split(Path path, Map.Entry<SplitRole, String> place) {
    return place.getValue().isEmpty()
        ? SplitRole.of(String.valueOf(path.getFileName())).orElse(place.getKey())
        : place.getKey();
  }

  private static int add(
      DatasetBuilder builder,
      Path root,
      String place,
      String synset,
      int index,
      SplitRole split,
      ImageFiles kinds) {
    Path folder = root.resolve(place).resolve(synset);
    int added = 0;
    for (String file : DatasetBuilder.names(folder)) {
      if (ImageFiles.isImage(file)) {
        String name = synset + "/" + file;
        builder.image(place.isEmpty() ? name : place + "/" + name, index, split.split(), folder);
        added++;
      } else {
        kinds.count(file);
      }
    }
    return added;
  }

  private static void requireKnown(
      String synset, Path path, Map<SplitRole, String> places, Map<String, String> known) {
    if (known.containsKey(synset)) {
      return;
    }
    Path folder =
        places.values().stream()
            .map(place -> path.resolve(place).resolve(synset))
            .filter(p -> Files.isDirectory(p))
            .findFirst()
            .orElse(path.resolve(synset));
    throw new EngramException(
        "The folder %s is none of the %d classes known%s"
            .formatted(
                folder,
                known.size(),
                Suggest.nearest(synset, known.keySet()).isEmpty()
                    ? "; give a file with the names of your classes."
                    : Suggest.didYouMean(synset, known.keySet())));
  }

  /** A part of the set is as good as the whole, but its accuracy is another one. */
  private static void noteCounts(
      DatasetBuilder builder, int found, int known, int validation, List<String> empty) {
    if (found < known) {
      builder.note(
          String.format(
              Locale.ROOT,
              "%,d of %,d classes have a folder; accuracy is among these.",
              found,
              known));
    } else if (known == 1000 && validation >= 0 && validation != 50_000) {
      builder.note(
          String.format(
              Locale.ROOT,
              "There are %,d images; the whole validation set has 50,000.",
              validation));
    }
    if (!empty.isEmpty()) {
      builder.note(
          "%d classes have no images, the first being %s.".formatted(empty.size(), empty.get(0)));
    }
  }
}
