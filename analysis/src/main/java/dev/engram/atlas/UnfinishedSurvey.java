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

/** The folder in which a survey keeps what is done until all is. */
record UnfinishedSurvey(Path folder, String key) {
  private static final String STATE = "state.bin";
  private static final String ROWS = "images.bin";

  /**
   * Reads what was kept of this survey.
   *
   * @param into an empty state
   * @return false where nothing was kept
   * @throws IOException if it is damaged; then the state is too
   */
  boolean read(AtlasState into) throws IOException {
    Path file = folder.resolve(STATE);
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
        folder.resolve(STATE),
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
    return new ImageRows(folder.resolve(ROWS), format);
  }
}
