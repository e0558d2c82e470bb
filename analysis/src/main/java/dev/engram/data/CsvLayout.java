package dev.engram.data;

import dev.engram.EngramException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A list of one's own: the columns {@code file}, {@code label} and perhaps {@code split}, see
 * {@link Listing}.
 */
final class CsvLayout implements Layout {
  @Override
  public DatasetLayout layout() {
    return DatasetLayout.LIST;
  }

  @Override
  public boolean matches(Path path) {
    String name = path.toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".csv") || name.endsWith(".tsv");
  }

  @Override
  public Dataset read(Path csv, DatasetOptions options) {
    Path root = csv.toAbsolutePath().getParent();
    if (root == null) {
      throw new EngramException(csv + " lies in no folder.");
    }
    DatasetBuilder builder = new DatasetBuilder(root, options);
    Listing list = Listing.read(csv);
    list.requireColumn(Listing.LABEL);
    Map<String, Integer> indices = new LinkedHashMap<>();
    List<DatasetClass> classes = new ArrayList<>();
    list.each(
        row -> {
          String label = row.get("label");
          if (label.isEmpty()) {
            throw list.mistake(row, "has no label");
          }
          if (indices.putIfAbsent(label, classes.size()) == null) {
            classes.add(new DatasetClass(label, label, Templates.fill(Templates.PHOTO, label)));
          }
          String file = row.get("file").replace('\\', '/');
          if (file.isEmpty()) {
            throw list.mistake(row, "names no file");
          }
          builder.image(file, indices.getOrDefault(label, -1), row.get("split"), csv);
        });
    builder.classes(classes);
    return builder.build(layout());
  }
}
