package dev.engram.sae;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.RegularFile;
import dev.engram.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;
import java.util.stream.Stream;

/**
 * The two files of an autoencoder: {@code sae_weights.safetensors} and {@code cfg.json} of SAELens,
 * {@code weights.pt} and {@code config.json} of ViT-Prisma, or a file of weights under another name
 * with one of these beside it.
 *
 * @param weights the tensors
 * @param config how they are meant
 */
record SaeFiles(Path weights, Path config) {
  private static final List<String> CONFIGS = List.of("cfg.json", "config.json");
  private static final List<String> WEIGHTS = List.of("sae_weights.safetensors", "weights.pt");
  private static final int CHUNK = 1 << 22;

  /**
   * @param given the folder of both, or the weights
   * @throws EngramException if one of them is not there
   */
  static SaeFiles of(Path given) {
    if (Files.isDirectory(given)) {
      return new SaeFiles(weightsIn(given), configIn(given));
    }
    RegularFile.check(given);
    if (!Files.exists(given)) {
      throw new EngramException("There is no file or folder " + given + ".");
    }
    if (String.valueOf(given.getFileName()).endsWith(".json")) {
      throw new EngramException(
          given + " holds no weights; give the file of weights beside it, or the folder of both.");
    }
    Path folder = given.toAbsolutePath().getParent();
    return new SaeFiles(given, configIn(folder == null ? Path.of("") : folder));
  }

  private static Path weightsIn(Path folder) {
    for (String name : WEIGHTS) {
      if (Files.exists(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    try (Stream<Path> all = Files.list(folder)) {
      List<Path> found =
          all.filter(file -> file.toString().matches(".*\\.(safetensors|pt)")).sorted().toList();
      if (found.size() == 1) {
        return found.get(0);
      }
      throw new EngramException(
          found.isEmpty()
              ? "There is neither %s in %s; it is not the folder of a sparse autoencoder."
                  .formatted(String.join(" nor ", WEIGHTS), folder)
              : "There are %d files of weights in %s; name one of them."
                  .formatted(found.size(), folder));
    } catch (IOException e) {
      throw new EngramException("Cannot list " + folder + ": " + e.getMessage() + ".", e);
    }
  }

  private static Path configIn(Path folder) {
    return CONFIGS.stream()
        .map(folder::resolve)
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(
            () ->
                new EngramException(
                    "There is neither cfg.json (SAELens) nor config.json (ViT-Prisma) in %s, which says what the autoencoder reads; copy it from where the weights came from."
                        .formatted(folder)));
  }

  /** SHA-256 of both files, in hexadecimal. */
  String hash() {
    MessageDigest digest = Sha256.digest();
    for (Path file : List.of(weights, config)) {
      try (FileChannel channel =
          FileChannel.open(RegularFile.check(file), StandardOpenOption.READ)) {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        while (channel.read(chunk) >= 0) {
          Progress.checkInterrupt();
          digest.update(chunk.flip());
          chunk.clear();
        }
      } catch (IOException e) {
        Progress.checkInterrupt();
        throw new EngramException("The file " + file + " cannot be read: " + e + ".", e);
      }
    }
    return Sha256.hex(digest);
  }
}
