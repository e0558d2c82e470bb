package dev.engram.atlas;

import dev.engram.AtomicFile;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder in which a survey keeps what is done until all is. The names of its files begin with
 * the survey's key, so that another survey that was meant for the same place loses nothing.
 */
record UnfinishedSurvey(Path folder, String key) {
  private static final String STATE = "state.bin";
  private static final String ROWS = "images.bin";

  /** How the names of a survey's files begin. */
  static String mark(String key) {
    return key.substring(0, 16) + "-";
  }

  private Path file(String name) {
    return folder.resolve(mark(key) + name);
  }

  /**
   * Reads what was kept of this survey.
   *
   * @param into an empty state
   * @return false where nothing was kept
   * @throws IOException if it is damaged; then the state is too
   */
  boolean read(AtlasState into) throws IOException {
    Path file = file(STATE);
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
      if (!in.readUTF().equals(key)) {
        return false;
      }
      into.read(in);
      return true;
    }
  }

  void keep(AtlasState state, RowSink rows) throws IOException {
    rows.force();
    AtomicFile.write(
        file(STATE),
        channel -> {
          DataOutputStream out =
              new DataOutputStream(
                  new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16));
          out.writeUTF(key);
          state.write(out);
          out.flush();
        });
  }

  /** What is kept of each image. */
  ImageRows rows(ImageRows.Format format) throws IOException {
    Files.createDirectories(folder);
    return new ImageRows(file(ROWS), format);
  }

  /** Takes away what is of this survey, and the folder if nothing else lies in it. */
  void delete() throws IOException {
    List<Path> all;
    try (Stream<Path> inside = Files.list(folder)) {
      all = inside.toList();
    }
    boolean isEmpty = true;
    for (Path file : all) {
      // Hadoop puts a dot before what a worker has not finished, and one before a checksum
      if (String.valueOf(file.getFileName()).replaceFirst("^\\.+", "").startsWith(mark(key))) {
        Files.deleteIfExists(file);
      } else {
        isEmpty = false;
      }
    }
    if (isEmpty) {
      Files.deleteIfExists(folder);
    }
  }
}
