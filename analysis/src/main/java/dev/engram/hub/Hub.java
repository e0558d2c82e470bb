package dev.engram.hub;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.model.WeightNames;
import java.io.IOException;
import java.net.ProxySelector;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Models of the Hugging Face hub. A model that the cache holds is taken from there without a word
 * to anybody; another is downloaded into the cache, where Python finds it too.
 */
public final class Hub {
  private final HubSettings settings;
  private final HubCache cache;
  private final Map<String, String> environment;
  private final @Nullable ProxySelector otherwise;
  private final Space space;
  private final Duration patience;
  private final Duration pause;

  /** How many bytes a folder's disk can still take. */
  @FunctionalInterface
  interface Space {
    long free(Path folder) throws IOException;
  }

  /**
   * @param settings where hub and cache are
   */
  public Hub(HubSettings settings) {
    this(
        settings,
        System.getenv(),
        ProxySelector.getDefault(),
        Hub::free,
        Duration.ofSeconds(30),
        Duration.ofSeconds(1));
  }

  /**
   * @param environment variables by name, for proxies and authorities
   * @param otherwise decides about proxies where they say nothing; null for none
   * @param patience how long to wait for an answer, and for each piece of it
   * @param pause before another attempt
   */
  Hub(
      HubSettings settings,
      Map<String, String> environment,
      @Nullable ProxySelector otherwise,
      Space space,
      Duration patience,
      Duration pause) {
    this.settings = settings;
    this.environment = Map.copyOf(environment);
    this.otherwise = otherwise;
    this.cache = new HubCache(settings.cache());
    this.space = space;
    this.patience = patience;
    this.pause = pause;
  }

  private static long free(Path folder) throws IOException {
    return Files.getFileStore(folder).getUsableSpace();
  }

  /**
   * The models that can be loaded without the network, unless a download was interrupted.
   *
   * @param settings where the cache is
   */
  public static List<HubName> cached(HubSettings settings) {
    return new HubCache(settings.cache()).models();
  }

  /**
   * The folder of a model, downloaded if the cache does not hold it.
   *
   * @return a snapshot of the cache, for {@link dev.engram.model.Clip#load}
   * @throws EngramException if there is no such model, it may not be read, has no weights, or
   *     cannot be fetched; what came so far stays, and the next call goes on from there
   */
  public Path model(HubName model, Progress progress) {
    Optional<String> known = cache.commit(model);
    List<String> missing = known.map(c -> cache.missing(model, c)).orElse(List.of());
    if (known.isPresent() && missing.isEmpty()) {
      return cache.snapshot(model, known.get());
    }
    if (settings.offline()) {
      throw new EngramException(notCached(model, missing, "HF_HUB_OFFLINE is set"));
    }
    try (HubClient client =
        new HubClient(settings, new Transport(environment, otherwise, patience), pause, progress)) {
      return download(model, client, progress);
    } catch (HubClient.Unreachable e) {
      String why =
          e.getMessage()
              + (e instanceof HubClient.Busy
                  ? "; try again later"
                  : "; check the network, and try again");
      throw new EngramException(notCached(model, missing, why), e);
    } catch (ClosedByInterruptException e) {
      throw new EngramException("The download of " + model + " was interrupted.", e);
    } catch (IOException e) {
      throw new EngramException(
          "%s cannot be kept in the cache %s (%s); free the disk, or name another folder in HF_HUB_CACHE."
              .formatted(model, cache.root(), e),
          e);
    }
  }

  private String notCached(HubName model, List<String> missing, String why) {
    return missing.isEmpty()
        ? "%s is not in the cache %s, and %s.".formatted(model, cache.root(), why)
        : "The cache %s holds %s only in part (without %s), and %s."
            .formatted(cache.root(), model, String.join(", ", missing), why);
  }

  private Path download(HubName model, HubClient client, Progress progress) throws IOException {
    progress.step("asking the hub for " + model, 0, 1);
    HubClient.Listing listing = client.listing(model);
    String commit = listing.commit();
    List<String> names = listing.names();
    String weights = ModelFiles.weights(model, names);

    List<RemoteFile> files = new ArrayList<>();
    for (String text : ModelFiles.texts(names)) {
      files.add(client.head(model, commit, text));
    }
    Download download = new Download(client, cache, model, commit, pause);
    RemoteFile first = client.head(model, commit, weights);
    files.add(first);
    if (WeightNames.isIndex(weights)) {
      Files.createDirectories(cache.root());
      download.fetch(first, new Meter(progress, weights + " of " + model, first.size()));
      Path index = cache.blob(model, first.hash());
      for (String shard : ModelFiles.shards(model, weights, index, names)) {
        files.add(client.head(model, commit, shard));
      }
    }
    checkSpace(model, files, download);
    Meter meter =
        new Meter(progress, model.toString(), files.stream().mapToLong(RemoteFile::size).sum());
    for (RemoteFile file : files) {
      download.fetch(file, meter);
      cache.link(model, commit, file.name(), file.hash());
    }
    cache.remember(model, commit, names);
    // last: until then the revision is what it was, and complete
    cache.writeRef(model, commit);
    return cache.snapshot(model, commit);
  }

  private void checkSpace(HubName model, List<RemoteFile> files, Download download)
      throws IOException {
    Files.createDirectories(cache.root());
    long needed = 0;
    for (RemoteFile file : files) {
      needed += download.remaining(file);
    }
    long free = space.free(cache.root());
    if (needed > free) {
      throw new EngramException(
          "%s needs %,d MB more, but the disk of %s has %,d MB free; free some, or name another folder in HF_HUB_CACHE."
              .formatted(model, needed / 1_000_000 + 1, cache.root(), free / 1_000_000));
    }
  }
}
