package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.EngramException;
import dev.engram.Progress;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a model is loaded: from where, under which name, on which device and in which precision.
 * Without a word on them it gets the name of its directory, a GPU where there is one, and float32.
 */
public final class ClipLoader {
  private final Path directory;
  private String name;
  private String device = "auto";
  private Precision precision = Precision.F32;
  private Progress progress = Progress.NONE;
  private @Nullable Integer resolution;
  private @Nullable NDManager manager;

  ClipLoader(Path directory) {
    this.directory = directory;
    Path folder = directory.toAbsolutePath().normalize().getFileName();
    this.name = folder == null ? "model" : folder.toString();
  }

  /**
   * Names the model.
   *
   * @param name by which provenance names it; a precision other than float32 is added to it
   * @return this
   */
  public ClipLoader named(String name) {
    this.name = name;
    return this;
  }

  /**
   * Chooses where the model computes.
   *
   * @param device {@code auto}, {@code cpu} or {@code gpu}
   * @return this
   */
  public ClipLoader device(String device) {
    this.device = device;
    return this;
  }

  /**
   * Chooses in which numbers the layers of the image tower multiply.
   *
   * @return this
   */
  public ClipLoader precision(Precision precision) {
    this.precision = precision;
    return this;
  }

  /**
   * Chooses images of another size than the model learned with: its positions are interpolated, and
   * its name and its hash are others then.
   *
   * @param side of an image in pixels, a multiple of the patches'
   * @return this
   */
  public ClipLoader resolution(int side) {
    this.resolution = side;
    return this;
  }

  /**
   * Reports the layers as they are read.
   *
   * @return this
   */
  public ClipLoader progress(Progress progress) {
    this.progress = progress;
    return this;
  }

  /**
   * Gives the weights an owner, which the model closes, and which is closed if loading fails.
   *
   * @return this
   */
  ClipLoader into(NDManager manager) {
    this.manager = manager;
    return this;
  }

  /**
   * Loads the model.
   *
   * @return to be closed by the caller
   * @throws EngramException if something is missing, damaged or of an unknown architecture, or if
   *     there is no such device
   */
  public Clip load() {
    Devices chosen = Devices.choose(device);
    NDManager owner =
        manager == null ? NDManager.newBaseManager(chosen.device(), "PyTorch") : manager;
    try {
      return load(Checkpoint.open(directory), chosen, owner);
    } catch (Throwable t) {
      owner.close();
      throw t;
    }
  }

  private Clip load(Checkpoint checkpoint, Devices chosen, NDManager owner) {
    ClipConfig learned = ConfigReader.read(checkpoint);
    ImageProcessor own =
        ImageProcessor.of(
            checkpoint.directory, learned.imageSize(), learned.family(), checkpoint.naming);
    // all but a family that interpolates are given images of the size that they learned with
    ClipConfig stated = learned.at(resolution == null ? own.crop() : resolution);
    boolean resized = stated.imageSize() != learned.imageSize();
    ImageProcessor processor = stated.imageSize() == own.crop() ? own : own.at(stated.imageSize());
    Tokenizer tokenizer =
        stated.hasText() ? stated.family().tokenizer(checkpoint.directory, stated) : null;
    try {
      VisionTower vision = new VisionTower(owner, checkpoint, stated, precision, progress);
      TextTower text =
          tokenizer == null ? null : new TextTower(owner, checkpoint, stated, tokenizer.padId());
      Double logitScale = logitScale(checkpoint, owner);
      ClipConfig config =
          Stream.concat(
                  checkpoint.notes().stream(),
                  UnreadTensors.check(checkpoint, checkpoint.unread()).stream())
              .reduce(stated, ClipConfig::noting, (a, b) -> b);
      ClipParts parts =
          new ClipParts(
              checkpoint,
              config,
              chosen,
              precision,
              Batches.on(chosen.device()),
              text,
              logitScale,
              tokenizer,
              processor,
              Caution.read(checkpoint.directory),
              resized);
      String title =
          name
              + (precision == Precision.F32 ? "" : " in " + precision)
              + (resized ? " at " + stated.imageSize() + " px" : "");
      return new Clip(parts, title, owner, vision);
    } catch (Throwable t) {
      if (tokenizer != null) {
        tokenizer.close();
      }
      throw t;
    }
  }

  private static @Nullable Double logitScale(Checkpoint checkpoint, NDManager owner) {
    if (!checkpoint.has("logit_scale")) {
      return null;
    }
    long[] one = checkpoint.shape("logit_scale").length == 0 ? new long[0] : new long[] {1};
    try (NDArray s = checkpoint.tensor(owner, "logit_scale", one)) {
      return Math.exp(s.toFloatArray()[0]);
    }
  }
}
