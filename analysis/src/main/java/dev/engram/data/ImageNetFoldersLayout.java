package dev.engram.data;

import dev.engram.EngramException;
import dev.engram.Suggest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * ImageNet's validation set, or a part of it, with a folder for each synset: {@code
 * val/n01440764/*.JPEG}. The classes are those that have a folder.
 */
final class ImageNetFoldersLayout implements Layout {
  private static final Pattern SYNSET = Pattern.compile("n\\d{8}");

  /** Where the validation set lies, in order of trial. */
  private static final List<String> PLACES = List.of("val", "ILSVRC/Data/CLS-LOC/val", "");

  @Override
  public String title() {
    return "ImageNet";
  }

  @Override
  public boolean matches(Path path) {
    return place(path).isPresent();
  }

  private static Optional<String> place(Path path) {
    return PLACES.stream().filter(p -> !synsets(path.resolve(p)).isEmpty()).findFirst();
  }

  private static List<String> synsets(Path folder) {
    return DatasetBuilder.names(folder).stream().filter(SYNSET.asMatchPredicate()).toList();
  }

  @Override
  public Dataset read(Path path, DatasetOptions options) {
    String place = place(path).orElseThrow();
    Path folder = path.resolve(place);
    List<String> synsets = synsets(folder);
    Map<String, String> known = ClassNames.of(options.classes());
    Map<String, String> names = new LinkedHashMap<>();
    for (String synset : synsets) {
      String title = known.get(synset);
      if (title == null) {
        throw new EngramException(
            "The folder %s is none of the %d classes known%s"
                .formatted(
                    folder.resolve(synset),
                    known.size(),
                    Suggest.nearest(synset, known.keySet()).isEmpty()
                        ? "; give a file with the names of your classes."
                        : Suggest.didYouMean(synset, known.keySet())));
      }
    }
    // in the order of the list, so that an index means the same with all classes
    known.forEach((synset, title) -> addIf(synsets, synset, title, names));
    DatasetBuilder builder = new DatasetBuilder(path, options);
    builder.classes(ClassNames.classes(names));
    int index = 0;
    int total = 0;
    List<String> empty = new ArrayList<>();
    for (String synset : names.keySet()) {
      int before = total;
      for (String file : DatasetBuilder.names(folder.resolve(synset))) {
        if (isImage(file)) {
          String name = synset + "/" + file;
          builder.image(place.isEmpty() ? name : place + "/" + name, index, "val", folder);
          total++;
        }
      }
      if (total == before) {
        empty.add(synset);
      }
      index++;
    }
    noteCounts(builder, names.size(), known.size(), total, empty);
    return builder.build(title());
  }

  private static void addIf(
      List<String> synsets, String synset, String title, Map<String, String> names) {
    if (Collections.binarySearch(synsets, synset) >= 0) {
      names.put(synset, title);
    }
  }

  static boolean isImage(String file) {
    String name = file.toLowerCase(Locale.ROOT);
    return name.endsWith(".jpeg") || name.endsWith(".jpg") || name.endsWith(".png");
  }

  /** A part of the set is as good as the whole, but its accuracy is another one. */
  private static void noteCounts(
      DatasetBuilder builder, int found, int known, int total, List<String> empty) {
    if (found < known) {
      builder.note(
          String.format(
              Locale.ROOT,
              "%,d of %,d classes have a folder; accuracy is among these.",
              found,
              known));
    } else if (known == 1000 && total != 50_000) {
      builder.note(
          String.format(
              Locale.ROOT, "There are %,d images; the whole validation set has 50,000.", total));
    }
    if (!empty.isEmpty()) {
      builder.note(
          "%d classes have no images, the first being %s.".formatted(empty.size(), empty.get(0)));
    }
  }
}
