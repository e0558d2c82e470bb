package dev.engram.magic.save;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.AtomicFile;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Suggest;
import dev.engram.magic.view.PageFile;
import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A file that a result is written to, in the format that its name ends with: its table, its figure,
 * its arrays, or all that a cell shows of it. What Engram wrote there of the same kind is replaced,
 * no other file.
 */
public final class ResultFile {
  /** Of tables, as in a sentence. */
  public static final String TABLES = TableFormat.suffixes();

  /** Of figures, as in a sentence. */
  public static final String FIGURES = ".svg, .png, .pdf";

  /** Of whole pages. */
  public static final String PAGE = ".html";

  private final Path given;
  private final String name;
  private final Optional<PictureFormat> picture;
  private final boolean isPage;

  /**
   * Refuses, before anything is computed, what cannot be written.
   *
   * @param file where the result shall lie
   * @param hasTable whether results of its type have a table
   * @param hasFigure whether they have a figure
   * @throws EngramException if its name ends with no format of such results, or its folder is not
   *     there
   */
  public ResultFile(Path file, boolean hasTable, boolean hasFigure) {
    given = file;
    name = String.valueOf(file.getFileName());
    picture = PictureFormat.of(name);
    isPage = name.toLowerCase(Locale.ROOT).endsWith(PAGE);
    boolean isTable = TableFormat.isKnown(name);
    if (isTable ? !hasTable : picture.isPresent() ? !hasFigure : !isPage) {
      throw new EngramException(refusal(hasTable, hasFigure, isTable));
    }
    if (isTable) {
      new TableFile(file); // refuses
    } else {
      new Destination(file);
    }
  }

  private String refusal(boolean hasTable, boolean hasFigure, boolean isTable) {
    List<String> suffixes = new ArrayList<>();
    if (hasTable) {
      suffixes.add(TABLES);
    }
    if (hasFigure) {
      suffixes.add(FIGURES);
    }
    suffixes.add(PAGE);
    String known = String.join(", ", suffixes);
    if (isTable || picture.isPresent()) {
      return "This result has no %s to write to %s; the name of its file ends with %s."
          .formatted(
              isTable ? "table" : "figure", name, suffixes.size() > 1 ? "one of " + known : known);
    }
    String end = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return "The name %s ends with none of %s, which says how a result is written%s"
        .formatted(name, known, Suggest.didYouMean(end, Arrays.asList(known.split(", "))));
  }

  /**
   * Writes the result whole or not at all.
   *
   * @return one sentence for the user
   * @throws EngramException if another file lies there, or it cannot be written
   */
  public String write(Saved saved) {
    if (isPage) {
      byte[] page = saved.page().get().getBytes(UTF_8);
      Destination file = new Destination(given);
      file.write(page, PageFile::isOurs, "page that Engram wrote");
      return told(file, page.length, "one page, which needs no network");
    }
    if (picture.isPresent()) {
      byte[] bytes = picture.get().bytes(saved.figure().get());
      Destination file = new Destination(given);
      file.write(bytes, PictureFormat::isOurs, "figure that Engram wrote");
      return told(file, bytes.length, "a figure");
    }
    Optional<NamedArrays> arrays =
        TableFormat.of(name).hasArrays() ? saved.arrays().get() : Optional.empty();
    return arrays.isPresent()
        ? write(arrays.get(), TableFormat.of(name))
        : new TableFile(given).write(saved.table().get());
  }

  private String write(NamedArrays arrays, TableFormat format) {
    if (format == TableFormat.NPY && arrays.arrays().size() != 1) {
      throw new EngramException(
          "A .npy file holds one array, and these are %d; write .npz or .safetensors."
              .formatted(arrays.arrays().size()));
    }
    Destination file = new Destination(given);
    file.write(
        target -> {
          if (format == TableFormat.SAFETENSORS) {
            arrays.safetensors().write(target, Progress.NONE);
            return;
          }
          AtomicFile.write(
              target,
              channel -> {
                OutputStream out =
                    new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
                if (format == TableFormat.NPZ) {
                  Npy.archive(arrays, out);
                } else {
                  Npy.floats(arrays.arrays().values().iterator().next(), out);
                }
                out.flush();
              });
        },
        head -> arrays.isSame(head, format),
        "file of these arrays");
    long bytes = arrays.arrays().values().stream().mapToLong(a -> 4L * a.values().length).sum();
    int count = arrays.arrays().size();
    return told(file, bytes, count == 1 ? "one array of float32" : count + " arrays of float32");
  }

  private static String told(Destination file, long bytes, String what) {
    return String.format(
        Locale.ROOT, "Wrote %s (%,d kB): %s.", file.path(), Math.max(1, bytes / 1000), what);
  }
}
