package dev.engram.atlas;

import dev.engram.Progress;
import dev.engram.atlas.SurveyedImages.Entry;
import dev.engram.model.Clip;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What is left of a survey, cut into parts that may be computed anywhere and in any order ({@link
 * SurveyWorker}), and the place where they come together again. A part is a few blocks of images;
 * what comes of it is a file that is read once, so that memory holds one part at a time.
 */
public final class SurveyJob {
  /** How the files of parts end. */
  public static final String ENDING = ".part";

  private final Clip clip;
  private final Surveyor surveyor;
  private final SurveyedImages images;
  private final SurveySettings settings;
  private final float[][] labels;
  private final Path work;
  private final AtlasState state;
  private final ImageRows rows;
  private final Pace pace;

  /**
   * Some blocks of images.
   *
   * @param name of the file that comes of it, another one for each part
   * @param images how many there are
   * @param work for {@link SurveyWorker#pass}
   */
  public record Part(String name, int images, byte[] work) {}

  SurveyJob(
      Clip clip,
      Surveyor surveyor,
      SurveyedImages images,
      SurveySettings settings,
      float[][] labels,
      Path work,
      AtlasState state,
      ImageRows rows) {
    this.clip = clip;
    this.surveyor = surveyor;
    this.images = images;
    this.settings = settings;
    this.labels = labels;
    this.work = work;
    this.state = state;
    this.rows = rows;
    pace = new Pace(done(), total());
  }

  AtlasState state() {
    return state;
  }

  ImageRows rows() {
    return rows;
  }

  /** The model, as it is here. */
  public Clip clip() {
    return clip;
  }

  /** How the names of this survey's files begin. */
  String mark() {
    return UnfinishedSurvey.mark(surveyor.key());
  }

  /** Where the survey keeps what is not finished: a folder that is there. */
  public Path folder() {
    return work;
  }

  /** How many images have passed, or cannot be read. */
  public long done() {
    return state.images + state.unreadable.size();
  }

  /** How many images there are in all. */
  public long total() {
    return images.size();
  }

  /** Whether every image has passed. */
  public boolean isDone() {
    return state.blocks.cardinality() == images.blocks();
  }

  /** A phrase for a progress bar: how fast it goes, how long it will take. */
  public String pace(long done) {
    return pace.said(done);
  }

  /**
   * What every worker needs: the settings, the labels' embeddings, the sizes of the classes, the
   * hash of the model.
   */
  public byte[] shared() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new SurveyWorker.Shared(
            surveyor.key(),
            clip.name(),
            clip.hash(),
            settings,
            images.size(),
            images.classSizes(),
            labels)
        .write(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  /**
   * What is left, in the order of the list, so that few classes are open at the end of a part.
   *
   * @param most images of a part; at least one block
   */
  public List<Part> parts(long most) throws IOException {
    int[] left = surveyor.left(state);
    int blocks = (int) Math.max(1, Math.min(most / SurveyedImages.BLOCK, left.length));
    List<Part> out = new ArrayList<>();
    for (int from = 0; from < left.length; from += blocks) {
      int[] some = Arrays.copyOfRange(left, from, Math.min(left.length, from + blocks));
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream to = new DataOutputStream(bytes);
      int count = 0;
      to.writeInt(some.length);
      for (int block : some) {
        List<Entry> entries = images.block(block);
        count += entries.size();
        to.writeInt(block);
        SurveyWorker.write(entries, to);
      }
      String name =
          String.format(
              Locale.ROOT, "%s%08d-%08d%s", mark(), some[0], some[some.length - 1], ENDING);
      out.add(new Part(name, count, bytes.toByteArray()));
    }
    return out;
  }

  /**
   * Takes in what came of a part.
   *
   * @param in as {@link SurveyWorker#pass} writes it; read to the end of the part, not closed
   * @return false if it is of another survey, or was taken in already
   * @throws IOException if it is damaged; then nothing was taken in
   */
  public boolean absorb(InputStream in) throws IOException {
    DataInputStream data = new DataInputStream(new BufferedInputStream(in, 1 << 16));
    if (!data.readUTF().equals(surveyor.key())) {
      return false;
    }
    byte[] row = new byte[surveyor.format().size()];
    for (int image = data.readInt(); image >= 0; image = data.readInt()) {
      data.readFully(row);
      rows.write(image, ByteBuffer.wrap(row));
    }
    AtlasState part = surveyor.empty();
    part.read(data);
    if (state.blocks.intersects(part.blocks)) {
      return false;
    }
    state.merge(part);
    return true;
  }

  /** What was taken in so far stays if this process ends. */
  public void keep() throws IOException {
    surveyor.keep(state, rows);
  }

  /** Whether a file has the name of a part of this survey: several may share a folder. */
  public boolean isPart(String name) {
    return name.startsWith(mark()) && name.endsWith(ENDING);
  }

  /** Takes in the parts that an earlier run has left in the survey's folder. */
  void absorbLeft() throws IOException {
    List<Path> left;
    try (Stream<Path> inside = Files.list(work)) {
      left = inside.filter(f -> isPart(String.valueOf(f.getFileName()))).sorted().toList();
    }
    for (Path file : left) {
      Progress.checkInterrupt();
      try (InputStream in = Files.newInputStream(file)) {
        absorb(in);
      } catch (IOException damaged) {
        Progress.checkInterrupt(); // and its images pass again
      }
    }
    if (!left.isEmpty()) {
      keep();
    }
    for (Path file : left) {
      Files.deleteIfExists(file);
    }
  }
}
