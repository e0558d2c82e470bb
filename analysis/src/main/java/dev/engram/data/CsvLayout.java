package dev.engram.data;

import dev.engram.EngramException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A list of one's own: the columns {@code file}, {@code label} and perhaps {@code split}. */
final class CsvLayout implements Layout {
  @Override
  public String title() {
    return "list";
  }

  @Override
  public boolean matches(Path path) {
    return path.toString().toLowerCase(Locale.ROOT).endsWith(".csv");
  }

  @Override
  public Dataset read(Path csv, DatasetOptions options) {
    Path root = csv.toAbsolutePath().getParent();
    if (root == null) {
      throw new EngramException(csv + " lies in no folder.");
    }
    DatasetBuilder builder = new DatasetBuilder(root, options);
    Listing list = Listing.read(csv);
    Map<String, Integer> indices = new LinkedHashMap<>();
    List<DatasetClass> classes = new ArrayList<>();
    for (Listing.Row row : list.rows()) {
      String label = row.get("label");
      if (label.isEmpty()) {
        throw list.mistake(row, "has no label; the columns file and label are needed");
      }
      if (indices.putIfAbsent(label, classes.size()) == null) {
        classes.add(new DatasetClass(label, label, Templates.fill(Templates.PHOTO, label)));
      }
    }
    builder.classes(classes);
    for (Listing.Row row : list.rows()) {
      builder.image(
          row.get("file").replace('\\', '/'),
          indices.getOrDefault(row.get("label"), -1),
          row.get("split"),
          csv);
    }
    return builder.build(title());
  }
}
