package dev.engram.data;

import dev.engram.EngramException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * CUB-200-2011 as Caltech packs it: {@code images.txt}, {@code classes.txt}, {@code
 * image_class_labels.txt} and {@code train_test_split.txt} beside {@code images/}.
 */
final class CubLayout implements Layout {
  @Override
  public DatasetLayout layout() {
    return DatasetLayout.CUB;
  }

  @Override
  public boolean matches(Path path) {
    // any of its files: one that is missing is told when it is read
    return Stream.of("images.txt", "image_class_labels.txt", "train_test_split.txt")
        .anyMatch(list -> Files.exists(home(path).resolve(list)));
  }

  /** The archive unpacks into a folder of its own. */
  private static Path home(Path path) {
    Path inner = path.resolve("CUB_200_2011");
    return Files.isDirectory(inner) ? inner : path;
  }

  @Override
  public Dataset read(Path path, DatasetOptions options) {
    Path root = home(path);
    Path imagesFile = root.resolve("images.txt");
    IdList names = IdList.read(imagesFile);
    IdList classNames = IdList.read(root.resolve("classes.txt"));
    IdList labels = IdList.read(root.resolve("image_class_labels.txt"));
    IdList train = IdList.read(root.resolve("train_test_split.txt"));
    labels.requireIdsOf(names);
    train.requireIdsOf(names);
    DatasetBuilder builder = new DatasetBuilder(root, options);
    builder.classes(classes(classNames, root));
    names
        .values()
        .forEach(
            (id, name) ->
                builder.image(
                    "images/" + name,
                    labels.numberOf(id) - 1,
                    train.numberOf(id) == 1 ? "train" : "test",
                    imagesFile));
    return builder.build(layout());
  }

  private static List<DatasetClass> classes(IdList names, Path root) {
    List<DatasetClass> classes = new ArrayList<>();
    for (int id = 1; id <= names.values().size(); id++) {
      String name = names.values().get(id);
      if (name == null) {
        throw new EngramException(
            "%s has %d classes, but none with the number %d."
                .formatted(root.resolve("classes.txt"), names.values().size(), id));
      }
      String title = ImageSet.words(name.replaceFirst("^\\d+\\.", ""));
      classes.add(new DatasetClass(name, title, Templates.fill(Templates.BIRD, title)));
    }
    return classes;
  }
}
