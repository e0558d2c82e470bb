package dev.engram.atlas;

import dev.engram.Progress;
import dev.engram.RegularFile;
import dev.engram.Sha256;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.model.ImageReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * An image that was surveyed, and where it lies now.
 *
 * @param name its path within the set
 * @param entity its class; "" for none
 * @param sha256 of the file when it was surveyed; "" where it could not be read
 * @param file where it should lie now; null if the open images have none of that name
 */
public record AtlasImage(String name, String entity, String sha256, @Nullable Path file) {
  /** What has become of it. */
  public enum State {
    /** It is as it was surveyed. */
    UNCHANGED,
    /** There is no such file, or it cannot be read. */
    GONE,
    /** The file holds something else. */
    CHANGED,
    /** The survey could not read it. */
    UNREADABLE
  }

  /**
   * @param bytes of the file; empty unless it is unchanged
   */
  public record FoundFile(State state, byte[] bytes) {}

  /**
   * The images of an atlas, by their number.
   *
   * @param set where they are looked for, by their names
   */
  public static List<AtlasImage> of(Atlas atlas, ImageSet set) {
    Map<String, LabelledImage> there =
        set.images().stream()
            .collect(Collectors.toMap(LabelledImage::name, Function.identity(), (a, b) -> a));
    AtlasTable table = atlas.whole("SELECT image, class, sha256 FROM images ORDER BY number");
    return IntStream.range(0, table.rows())
        .mapToObj(
            i -> {
              String name = text(table, 0, i);
              LabelledImage image = there.get(name);
              return new AtlasImage(
                  name, text(table, 1, i), text(table, 2, i), image == null ? null : image.file());
            })
        .toList();
  }

  private static String text(AtlasTable table, int column, int row) {
    Object value = table.columns().get(column).values().get(row);
    return value == null ? "" : value.toString();
  }

  /** Looks whether it is there still, and reads it. */
  public FoundFile find() {
    if (sha256.isEmpty()) {
      return new FoundFile(State.UNREADABLE, new byte[0]);
    }
    if (file == null || !Files.isRegularFile(file)) {
      return new FoundFile(State.GONE, new byte[0]);
    }
    try {
      byte[] bytes = RegularFile.read(file, ImageReader.MAX_BYTES);
      return Sha256.of(bytes).equals(sha256)
          ? new FoundFile(State.UNCHANGED, bytes)
          : new FoundFile(State.CHANGED, new byte[0]);
    } catch (IOException | dev.engram.EngramException e) {
      Progress.checkInterrupt();
      return new FoundFile(State.GONE, new byte[0]);
    }
  }
}
