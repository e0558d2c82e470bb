package dev.engram.data;

import dev.engram.EngramException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Flowers-102 as Oxford packs it: {@code jpg/image_00001.jpg} …, {@code imagelabels.mat} and {@code
 * setid.mat}. The names of the classes come with Engram; the files have none.
 */
final class FlowersLayout implements Layout {
  private static final List<String> SPLITS = List.of("train", "val", "test");
  private static final List<String> VARIABLES = List.of("trnid", "valid", "tstid");

  @Override
  public DatasetLayout layout() {
    return DatasetLayout.FLOWERS;
  }

  @Override
  public boolean matches(Path path) {
    return Files.exists(home(path).resolve("imagelabels.mat"))
        || Files.exists(home(path).resolve("setid.mat"));
  }

  /** The folder into which torchvision unpacks it. */
  private static Path home(Path path) {
    Path inner = path.resolve("flowers-102");
    return Files.isDirectory(inner) ? inner : path;
  }

  @Override
  public Dataset read(Path path, DatasetOptions options) {
    Path root = home(path);
    Path labelFile = root.resolve("imagelabels.mat");
    int[] labels = MatlabFile.read(labelFile).numbers("labels");
    String[] splits = splits(root.resolve("setid.mat"), labels.length);
    DatasetBuilder builder = new DatasetBuilder(root, options);
    builder.classes(classes());
    for (int i = 0; i < labels.length; i++) {
      builder.image("jpg/image_%05d.jpg".formatted(i + 1), labels[i] - 1, splits[i], labelFile);
    }
    return builder.build(layout());
  }

  /** The split of each image; every image is in one of them, and in no other. */
  private static String[] splits(Path file, int images) {
    MatlabFile sets = MatlabFile.read(file);
    String[] splits = new String[images];
    Arrays.fill(splits, "");
    for (int s = 0; s < SPLITS.size(); s++) {
      for (int id : sets.numbers(VARIABLES.get(s))) {
        if (id < 1 || id > images) {
          throw new EngramException(
              "%s: %s names the image %d, and imagelabels.mat has labels for 1 to %d."
                  .formatted(file, VARIABLES.get(s), id, images));
        }
        if (!splits[id - 1].isEmpty()) {
          throw new EngramException(
              "%s: the image %d is there twice, in %s and in %s."
                  .formatted(file, id, splits[id - 1], SPLITS.get(s)));
        }
        splits[id - 1] = SPLITS.get(s);
      }
    }
    int none = Arrays.asList(splits).indexOf("");
    if (none >= 0) {
      throw new EngramException(
          "%s: the image %d is in no split; imagelabels.mat has %d images."
              .formatted(file, none + 1, images));
    }
    return splits;
  }

  private static List<DatasetClass> classes() {
    return Resource.lines("flowers.txt").stream()
        .map(name -> new DatasetClass(name, name, Templates.fill(Templates.FLOWER, name)))
        .toList();
  }
}
