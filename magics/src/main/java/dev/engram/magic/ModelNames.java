package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.data.UserPath;
import dev.engram.hub.Hub;
import dev.engram.hub.HubName;
import dev.engram.hub.HubSettings;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.model.ClipLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** What a user may call a model: the embedded one, a folder, or a model of the hub. */
final class ModelNames {
  /** The name of the embedded default model. */
  static final String ICONCLIP = "iconclip";

  private final Supplier<HubSettings> hub;

  /**
   * @param hub where models of the hub come from; asked when one is named
   */
  ModelNames(Supplier<HubSettings> hub) {
    this.hub = hub;
  }

  /**
   * @param name {@value #ICONCLIP}, a folder, or a model of the hub
   * @param how it is loaded: device, precision, resolution
   * @return to be closed by the caller
   */
  Clip open(String name, UnaryOperator<ClipLoader> how, Progress progress) {
    ClipLoader loader = how.apply(Clip.from(directory(name, progress)).progress(progress));
    return onHub(name)
        .map(HubName::toString)
        .or(() -> Optional.of(name).filter(ICONCLIP::equals))
        .map(loader::named)
        .orElse(loader)
        .load();
  }

  /**
   * A name that opens a model again: the embedded one's, its revision on the hub, or its folder.
   */
  static String of(Clip clip) {
    return clip.directory().equals(Iconclip.model())
        ? ICONCLIP
        : HubName.ofSnapshot(clip.directory())
            .map(HubName::toString)
            .orElseGet(() -> clip.directory().toAbsolutePath().toString());
  }

  /**
   * @param name {@value #ICONCLIP}, a folder, or a model of the hub, which is downloaded if the
   *     cache does not hold it
   * @throws EngramException if there is none
   */
  Path directory(String name, Progress progress) {
    Optional<HubName> onHub = onHub(name);
    if (onHub.isPresent()) {
      return new Hub(hub.get()).model(onHub.get(), progress);
    }
    Path directory = name.equals(ICONCLIP) ? Iconclip.model() : UserPath.of(name);
    if (!Files.exists(directory)) {
      throw new EngramException(
          "There is no model directory "
              + directory.toAbsolutePath()
              + "; give a folder that holds weights and config.json, owner/name for a"
              + " model of the Hugging Face hub, or "
              + ICONCLIP
              + " for the embedded model.");
    }
    return directory;
  }

  /** Whether a name means a model of the hub: a folder that exists comes first. */
  private static Optional<HubName> onHub(String name) {
    Optional<HubName> wanted = HubName.of(name);
    if (wanted.isEmpty() || HubName.isAddress(name)) {
      return wanted;
    }
    if (Files.exists(UserPath.of(name))) {
      return Optional.empty();
    }
    Path folder = UserPath.of(wanted.get().owner());
    if (Files.isDirectory(folder)) {
      // Rather a mistyped path than a name for the world.
      throw new EngramException(
          "There is no model in %s, and the folder %s is there; write %s%s for the model of the hub."
              .formatted(UserPath.of(name), folder, HubName.PREFIX, wanted.get()));
    }
    return wanted;
  }
}
