package dev.engram.data;

import dev.engram.EngramException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * ImageNet's validation set as it is unpacked, {@code ILSVRC2012_val_00000001.JPEG} … in one
 * folder. The labels are in the development kit (ground truth and {@code meta.mat}) or in Kaggle's
 * {@code LOC_val_solution.csv}.
 */
final class ImageNetFlatLayout implements Layout {
  private static final String PREFIX = "ILSVRC2012_val_";
  private static final String TRUTH = "ILSVRC2012_validation_ground_truth.txt";

  /** Where the images lie, in order of trial. */
  private static final List<String> PLACES = List.of("val/", "ILSVRC/Data/CLS-LOC/val/", "");

  /** Where the development kit lies, in order of trial. */
  private static final List<String> KITS =
      List.of("", "data", "ILSVRC2012_devkit_t12/data", "../ILSVRC2012_devkit_t12/data");

  @Override
  public DatasetLayout layout() {
    return DatasetLayout.IMAGENET;
  }

  @Override
  public boolean matches(Path path) {
    return place(path).isPresent();
  }

  private static Optional<String> place(Path path) {
    return PLACES.stream()
        .filter(
            p -> DatasetBuilder.names(path.resolve(p)).stream().anyMatch(n -> n.startsWith(PREFIX)))
        .findFirst();
  }

  @Override
  public Dataset read(Path path, DatasetOptions options) {
    String place = place(path).orElseThrow();
    List<DatasetClass> classes = ClassNames.classes(ClassNames.of(options.classes()));
    DatasetBuilder builder = new DatasetBuilder(path, options);
    builder.classes(classes);
    Map<String, Integer> indices = new HashMap<>();
    classes.forEach(c -> indices.put(c.name(), indices.size()));
    Path kaggle = path.resolve("LOC_val_solution.csv");
    if (Files.exists(kaggle)) {
      readKaggle(kaggle, place, indices, builder);
    } else {
      readKit(kit(path), path.resolve(place), place, indices, builder);
    }
    return builder.build(layout());
  }

  private static Path kit(Path path) {
    return KITS.stream()
        .map(k -> path.resolve(k).normalize())
        .filter(k -> Files.exists(k.resolve(TRUTH)))
        .findFirst()
        .orElseThrow(
            () ->
                new EngramException(
                    ("The images in %s have no labels: put ILSVRC2012_devkit_t12 of the"
                            + " development kit into it, or Kaggle's LOC_val_solution.csv, or sort"
                            + " the images into folders named by synset.")
                        .formatted(path)));
  }

  /** A line for each image, in the order of their numbers, with an id that meta.mat explains. */
  private static void readKit(
      Path kit, Path folder, String place, Map<String, Integer> indices, DatasetBuilder builder) {
    Path truth = kit.resolve(TRUTH);
    List<String> lines = new ArrayList<>(IdList.lines(truth));
    lines.removeIf(String::isBlank);
    Map<Integer, String> byId =
        MatlabFile.read(kit.resolve("meta.mat")).texts("synsets", "ILSVRC2012_ID", "WNID");
    long images = DatasetBuilder.names(folder).stream().filter(n -> n.startsWith(PREFIX)).count();
    if (images > lines.size()) {
      throw new EngramException(
          "%s has %d lines, and %s has %d images: they do not belong together."
              .formatted(truth, lines.size(), folder, images));
    }
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.matches("\\d{1,9}")) {
        throw new EngramException(
            "%s, line %d: a number is expected, got '%s'.".formatted(truth, i + 1, line));
      }
      String synset = byId.getOrDefault(Integer.parseInt(line), "");
      builder.image(
          "%s%s%08d.JPEG".formatted(place, PREFIX, i + 1),
          indices.getOrDefault(synset, -1),
          "val",
          truth);
    }
  }

  /** {@code ImageId,PredictionString}: the first word of the second column is the synset. */
  private static void readKaggle(
      Path csv, String place, Map<String, Integer> indices, DatasetBuilder builder) {
    List<String> lines = IdList.lines(csv);
    for (int i = 1; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      String[] parts = lines.get(i).split("[,\\s]+", 3);
      if (parts.length < 2) {
        throw new EngramException(
            "%s, line %d: an image and its synset are expected, got '%s'."
                .formatted(csv, i + 1, lines.get(i)));
      }
      builder.image(place + parts[0] + ".JPEG", indices.getOrDefault(parts[1], -1), "val", csv);
    }
  }
}
