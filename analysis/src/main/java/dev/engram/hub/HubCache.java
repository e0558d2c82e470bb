package dev.engram.hub;

import dev.engram.AtomicFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The cache of {@code huggingface_hub}, in its own layout: {@code blobs} named by their hash,
 * {@code snapshots/COMMIT} of links to them, {@code refs/REVISION} that hold a commit, and {@code
 * .no_exist} for files of which it is known that there are none.
 */
final class HubCache {
  private final Path root;

  HubCache(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  Path root() {
    return root;
  }

  private Path folder(HubName model) {
    return root.resolve("models--" + model.owner() + "--" + model.name());
  }

  /** Where a file with that hash lies, or would. */
  Path blob(HubName model, String hash) {
    return folder(model).resolve("blobs").resolve(hash);
  }

  Path snapshot(HubName model, String commit) {
    return folder(model).resolve("snapshots").resolve(commit);
  }

  private Path noExist(HubName model, String commit) {
    return folder(model).resolve(".no_exist").resolve(commit);
  }

  /** The commit that a revision had when it was last asked for; empty if it never was. */
  Optional<String> commit(HubName model) {
    if (model.isCommit()) {
      return Optional.of(model.revision());
    }
    Path ref = folder(model).resolve("refs").resolve(model.revision());
    try {
      return Files.isRegularFile(ref)
          ? Optional.of(Files.readString(ref).strip()).filter(HubName::isCommit)
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // as good as none: the hub is asked
    }
  }

  /** The models that the cache holds, whole or in part, by the revision that is taken by itself. */
  List<HubName> models() {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(root, "models--*--*")) {
      List<HubName> found = new ArrayList<>();
      for (Path each : all) {
        String name = each.getFileName().toString().substring("models--".length());
        HubName.of(name.replaceFirst("--", "/"))
            .filter(model -> commit(model).isPresent())
            .ifPresent(found::add);
      }
      found.sort(Comparator.comparing(HubName::toString));
      return found;
    } catch (IOException | DirectoryIteratorException e) {
      return List.of(); // no cache yet
    }
  }

  /** What a snapshot lacks to be read as a model; empty if it is complete. */
  List<String> missing(HubName model, String commit) {
    Path known = noExist(model, commit);
    return ModelFiles.missing(
        snapshot(model, commit), file -> Files.isRegularFile(known.resolve(file)));
  }

  /** Puts a file of the blobs under its name into a snapshot. */
  void link(HubName model, String commit, String file, String hash) throws IOException {
    Path blob = blob(model, hash);
    Path snapshot = snapshot(model, commit);
    Path name = snapshot.resolve(file);
    if (Files.exists(name) && Files.isSameFile(name, blob)) {
      return;
    }
    Files.createDirectories(snapshot);
    Path fresh = beside(name);
    try {
      Files.createSymbolicLink(fresh, snapshot.relativize(blob));
    } catch (UnsupportedOperationException | IOException e) {
      // A file system without links: a copy, as Python makes there.
      AtomicFile.write(name, channel -> copy(blob, channel));
      return;
    }
    try {
      AtomicFile.rename(fresh, name);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private static void copy(Path from, FileChannel to) throws IOException {
    try (FileChannel source = FileChannel.open(from, StandardOpenOption.READ)) {
      for (long at = 0; at < source.size(); ) {
        at += source.transferTo(at, source.size() - at, to);
      }
    }
  }

  /** Remembers what a repository does not have, so that nobody asks for it again. */
  void remember(HubName model, String commit, Collection<String> names) throws IOException {
    Path folder = noExist(model, commit);
    Files.createDirectories(folder);
    for (String file : ModelFiles.TEXTS) {
      Path mark = folder.resolve(file);
      if (!names.contains(file) && !Files.exists(mark, LinkOption.NOFOLLOW_LINKS)) {
        Files.write(mark, new byte[0]);
      }
    }
  }

  /** From now on the revision is this commit. */
  void writeRef(HubName model, String commit) throws IOException {
    if (model.isCommit()) {
      return;
    }
    Path ref = folder(model).resolve("refs").resolve(model.revision());
    Files.createDirectories(ref.getParent());
    AtomicFile.sweep(folder(model));
    AtomicFile.write(ref, commit.getBytes(StandardCharsets.US_ASCII));
  }

  /** A name of its own for each link that is made. */
  private static Path beside(Path file) {
    return file.resolveSibling(file.getFileName() + ".engram." + UUID.randomUUID());
  }
}
