package dev.engram.survey;

import dev.engram.EngramException;
import dev.engram.atlas.SurveyJob;
import dev.engram.atlas.SurveyWorker;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.model.ClipLoader;
import dev.engram.model.Precision;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * Passes a part of a survey on an executor and writes what comes of it to a file that appears when
 * it is whole. A part that is passed again, since an executor was lost, has the same bytes.
 */
final class PartTask implements Function<PartTask.Work, String> {
  private static final long serialVersionUID = 1;

  /** The name of a file that is being written; the first group is that of the part. */
  static final Pattern UNFINISHED = Pattern.compile("\\.(.+)-[0-9a-f]{8}(-[0-9a-f]{4,12}){4}");

  /** One model an executor: loaded by its first task. */
  private static @Nullable Clip loaded;

  private static @Nullable Model loadedAs;

  private final Broadcast<byte[]> shared;
  private final Broadcast<SerializableConfiguration> hadoop;
  private final Model model;
  private final String folder;
  private final LongAccumulator passed;

  /** A part, as it travels. */
  record Work(String name, byte[] bytes) implements Serializable {
    static Work of(SurveyJob.Part part) {
      return new Work(part.name(), part.work());
    }
  }

  /**
   * How an executor loads the model of the survey.
   *
   * @param directory "" for the embedded model, which every executor has
   * @param side in pixels, where it is another than the model's own; else 0
   */
  record Model(String name, String directory, String precision, int side) implements Serializable {
    static Model of(Clip clip) {
      boolean isEmbedded = clip.directory().equals(Iconclip.model());
      return new Model(
          clip.name(),
          isEmbedded ? "" : clip.directory().toAbsolutePath().toString(),
          clip.precision().toString(),
          clip.isResized() ? clip.config().imageSize() : 0);
    }

    Clip load() {
      java.nio.file.Path place =
          directory.isEmpty() ? Iconclip.model() : java.nio.file.Path.of(directory);
      if (!Files.isDirectory(place)) {
        throw new EngramException(
            "The model %s is not on the worker: its folder %s must lie at the same path on every machine."
                .formatted(name, place));
      }
      ClipLoader loader = Clip.from(place).named(name).precision(Precision.of(precision));
      return (side == 0 ? loader : loader.resolution(side)).load();
    }
  }

  /**
   * @param folder where files of parts come together, an address that every machine reads
   * @param passed counts images, for people: those of a lost executor twice
   */
  PartTask(
      Broadcast<byte[]> shared,
      Broadcast<SerializableConfiguration> hadoop,
      Model model,
      String folder,
      LongAccumulator passed) {
    this.shared = shared;
    this.hadoop = hadoop;
    this.model = model;
    this.folder = folder;
    this.passed = passed;
  }

  @Override
  public String call(Work part) throws IOException {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    // DJL looks for its engines through the thread's loader
    Thread.currentThread().setContextClassLoader(PartTask.class.getClassLoader());
    try {
      Places places = new Places(hadoop.value().value());
      Path whole = new Path(folder, part.name());
      FileSystem files = places.system(whole);
      if (files.exists(whole)) {
        return part.name(); // an executor wrote it before it was lost
      }
      Path unfinished = new Path(folder, "." + part.name() + "-" + UUID.randomUUID());
      try {
        pass(part, places, files, unfinished);
        if (!files.rename(unfinished, whole) && !files.exists(whole)) {
          throw new IOException(whole + " cannot be written");
        }
      } finally {
        files.delete(unfinished, false);
      }
      return part.name();
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  /** One part at a time: the model takes all cores of the executor. */
  private void pass(Work part, Places places, FileSystem files, Path to) throws IOException {
    synchronized (PartTask.class) {
      SurveyWorker worker = new SurveyWorker(shared.value(), model(model), places);
      long[] told = {0};
      try (OutputStream out = new BufferedOutputStream(files.create(to, true), 1 << 16)) {
        worker.pass(
            part.bytes(),
            out,
            done -> {
              TaskContext context = TaskContext.get();
              if (context != null) {
                context.killTaskIfInterrupted();
              }
              passed.add(done - told[0]);
              told[0] = done;
            });
      }
    }
  }

  private static synchronized Clip model(Model wanted) {
    Clip clip = loaded;
    if (clip == null || !wanted.equals(loadedAs)) {
      if (clip != null) {
        clip.close();
      }
      clip = wanted.load();
      loaded = clip;
      loadedAs = wanted;
    }
    return clip;
  }
}
