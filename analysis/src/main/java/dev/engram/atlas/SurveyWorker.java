package dev.engram.atlas;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Sha256;
import dev.engram.atlas.ImageRows.Row;
import dev.engram.atlas.SurveyedImages.Entry;
import dev.engram.model.Clip;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * Passes parts of a survey ({@link SurveyJob}) through its own copy of the model, on whatever
 * machine. It keeps nothing: a part is computed as a whole or again.
 */
public final class SurveyWorker {
  private final Shared shared;
  private final Clip clip;
  private final ImageOpener opener;

  /**
   * What the workers of a survey have in common.
   *
   * @param images how many the survey has in all
   * @param labels of unit length (classes, D)
   */
  record Shared(
      String key,
      String model,
      String modelHash,
      SurveySettings settings,
      int images,
      int[] classSizes,
      float[][] labels) {
    void write(DataOutputStream out) throws IOException {
      out.writeUTF(key);
      out.writeUTF(model);
      out.writeUTF(modelHash);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ObjectOutputStream object = new ObjectOutputStream(bytes)) {
        object.writeObject(settings); // whatever settings there are
      }
      out.writeInt(bytes.size());
      bytes.writeTo(out);
      out.writeInt(images);
      out.writeInt(classSizes.length);
      for (int size : classSizes) {
        out.writeInt(size);
      }
      out.writeInt(labels.length);
      out.writeInt(labels.length == 0 ? 0 : labels[0].length);
      for (float[] label : labels) {
        for (float x : label) {
          out.writeFloat(x);
        }
      }
    }

    static Shared read(DataInputStream in) throws IOException {
      String key = in.readUTF();
      String model = in.readUTF();
      String hash = in.readUTF();
      SurveySettings settings = settings(in);
      int images = in.readInt();
      int[] classSizes = new int[in.readInt()];
      for (int c = 0; c < classSizes.length; c++) {
        classSizes[c] = in.readInt();
      }
      float[][] labels = new float[in.readInt()][];
      int width = in.readInt();
      for (int c = 0; c < labels.length; c++) {
        labels[c] = new float[width];
        for (int d = 0; d < width; d++) {
          labels[c][d] = in.readFloat();
        }
      }
      return new Shared(key, model, hash, settings, images, classSizes, labels);
    }

    private static SurveySettings settings(DataInputStream in) throws IOException {
      byte[] bytes = in.readNBytes(in.readInt());
      try (ObjectInputStream object = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
        return (SurveySettings) object.readObject();
      } catch (ClassNotFoundException | ClassCastException e) {
        throw new IOException("the settings of a survey are of another Engram", e);
      }
    }
  }

  /**
   * @param shared of {@link SurveyJob#shared}
   * @param clip the same model as that of the job
   * @param opener how images come here
   * @throws EngramException if it is another model
   */
  public SurveyWorker(byte[] shared, Clip clip, ImageOpener opener) throws IOException {
    this.shared = Shared.read(new DataInputStream(new ByteArrayInputStream(shared)));
    this.clip = clip;
    this.opener = opener;
    if (!clip.hash().equals(this.shared.modelHash)) {
      throw new EngramException(
          "The worker has another model than %s: its weights or its precision differ (%s, not %s). Edits must be saved (%%save) and loaded before a cluster has them."
              .formatted(
                  this.shared.model,
                  Sha256.brief(clip.hash()),
                  Sha256.brief(this.shared.modelHash)));
    }
  }

  /**
   * Passes a part.
   *
   * @param work of {@link SurveyJob.Part}
   * @param out what comes of it, for {@link SurveyJob#absorb}; not closed
   * @param counted is told of each block how many images have passed
   * @throws java.util.concurrent.CancellationException if the thread is interrupted
   */
  public void pass(byte[] work, OutputStream out, LongConsumer counted) throws IOException {
    Map<Integer, List<Entry>> blocks = new HashMap<>();
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(work));
    int[] order = new int[in.readInt()];
    for (int i = 0; i < order.length; i++) {
      order[i] = in.readInt();
      blocks.put(order[i], read(in));
    }
    SurveyedImages images =
        SurveyedImages.some(shared.model, shared.images, shared.classSizes, blocks);
    DataOutputStream to = new DataOutputStream(out);
    to.writeUTF(shared.key);
    try (Surveyor surveyor =
        new Surveyor(clip, images, shared.settings, null, opener, shared.labels, shared.key)) {
      ImageRows.Format format = surveyor.format();
      AtlasState state = surveyor.empty();
      Progress progress = (what, done, total) -> counted.accept(Math.min(done, passed(state)));
      RowSink rows =
          (int image, Row row) -> {
            to.writeInt(image);
            to.write(format.write(row).array());
          };
      surveyor.pass(state, order, rows, progress);
      to.writeInt(-1);
      state.write(to);
      to.flush();
    }
  }

  private static long passed(AtlasState state) {
    return state.images + state.unreadable.size();
  }

  static void write(List<Entry> entries, DataOutputStream out) throws IOException {
    out.writeInt(entries.size());
    for (Entry e : entries) {
      SurveyImage i = e.image();
      out.writeInt(e.number());
      write(i.name(), out);
      out.writeInt(i.classIndex());
      write(i.place(), out);
      out.writeLong(i.offset());
      out.writeLong(i.bytes());
      out.writeLong(i.modified());
    }
  }

  private static void write(String text, DataOutputStream out) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String string(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }

  private static List<Entry> read(DataInputStream in) throws IOException {
    int count = in.readInt();
    List<Entry> out = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int number = in.readInt();
      out.add(
          new Entry(
              new SurveyImage(
                  string(in),
                  in.readInt(),
                  string(in),
                  in.readLong(),
                  in.readLong(),
                  in.readLong()),
              number));
    }
    return out;
  }
}
