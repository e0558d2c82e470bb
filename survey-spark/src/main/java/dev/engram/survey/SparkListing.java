package dev.engram.survey;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.atlas.SurveyImage;
import dev.engram.atlas.SurveySet;
import dev.engram.atlas.TarIndex;
import dev.engram.atlas.TarShards;
import dev.engram.data.FolderNames;
import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Lists images at an address by Hadoop's file systems: folders by names, tar shards by their
 * headers.
 */
final class SparkListing {
  private static final int FEW_TRIALS = 2;

  /** Shards whose headers are read before what they say goes to the disk. */
  private static final int SHARDS_A_SLOT = 16;

  private final JavaSparkContext context;
  private final Configuration hadoop;

  /** A tar file, as it travels. */
  private record Shard(String path, long bytes, long modified) implements Serializable {}

  SparkListing(JavaSparkContext context, Configuration hadoop) {
    this.context = context;
    this.hadoop = hadoop;
  }

  SurveySet list(String address, Progress progress) {
    Path path = Places.path(address);
    String host = path.toUri().getHost();
    String name = path.getName().isEmpty() ? (host == null ? "root" : host) : path.getName();
    try {
      progress.step("listing images", 0, 1);
      requireAnswer(path);
      List<Shard> shards = shards(path);
      return shards.isEmpty() ? folders(path, name, progress) : tars(shards, path, name, progress);
    } catch (FileNotFoundException e) {
      throw new EngramException("There is nothing at " + address + ".", e);
    } catch (IOException e) {
      Places.checkInterrupt(e);
      throw new EngramException(address + " cannot be listed: " + SparkSurveys.why(e), e);
    }
  }

  /**
   * S3 is asked once with fewer trials than a survey makes, since a store that does not answer at
   * the start is a mistyped one: with all trials that is told after two minutes.
   */
  private void requireAnswer(Path path) throws IOException {
    if (!"s3a".equals(path.toUri().getScheme())) {
      return;
    }
    Configuration few = new Configuration(hadoop);
    for (String trials : List.of("fs.s3a.retry.limit", "fs.s3a.attempts.maximum")) {
      few.setInt(trials, Math.min(FEW_TRIALS, few.getInt(trials, FEW_TRIALS)));
    }
    try (FileSystem own = FileSystem.newInstance(path.toUri(), few)) {
      own.globStatus(path);
    }
  }

  private List<Shard> shards(Path path) throws IOException {
    FileSystem files = path.getFileSystem(hadoop);
    FileStatus[] found = files.globStatus(path);
    if (found == null || found.length == 0) {
      throw new FileNotFoundException(path.toString());
    }
    if (found.length == 1 && found[0].isDirectory()) {
      found = files.listStatus(found[0].getPath());
      if (Arrays.stream(found)
          .anyMatch(f -> TarShards.isOfFolder(f.getPath().getName(), f.isDirectory()))) {
        return List.of(); // a tar file was left beside the images
      }
    }
    return Arrays.stream(found)
        .filter(f -> f.isFile() && f.getPath().getName().matches("[^.].*\\.tar"))
        .sorted(Comparator.comparing(f -> f.getPath().getName()))
        .map(f -> new Shard(f.getPath().toString(), f.getLen(), f.getModificationTime()))
        .toList();
  }

  /** The headers of each shard are read by some worker. */
  private SurveySet tars(List<Shard> shards, Path path, String name, Progress progress)
      throws IOException {
    Broadcast<SerializableConfiguration> shared =
        context.broadcast(new SerializableConfiguration(hadoop));
    TarShards.Collector all =
        new TarShards.Collector(
            path.getName().endsWith(".tar") ? name.replaceFirst("\\.tar$", "") : name);
    int atOnce = SHARDS_A_SLOT * Math.max(1, context.defaultParallelism());
    for (int from = 0; from < shards.size(); from += atOnce) {
      progress.step("listing tar shards", from, shards.size());
      List<Shard> some = shards.subList(from, Math.min(shards.size(), from + atOnce));
      context
          .parallelize(List.copyOf(some), some.size())
          .map(shard -> index(shard, shared.value().value()))
          .collect()
          .forEach(all::add);
    }
    return all.set(classNames(new Path(shards.get(0).path).getParent()));
  }

  private static TarIndex index(Shard shard, Configuration hadoop) {
    Path path = new Path(shard.path);
    String place = Places.of(path);
    try (InputStream in = path.getFileSystem(hadoop).open(path)) {
      return TarIndex.read(in, path.getName(), place, shard.bytes, shard.modified);
    } catch (IOException e) {
      return TarIndex.unreadable(
          path.getName(), place, shard.modified, "it cannot be read (" + e + ")");
    }
  }

  private List<String> classNames(Path folder) throws IOException {
    FileSystem files = folder.getFileSystem(hadoop);
    for (String each : TarShards.CLASS_NAMES) {
      Path file = new Path(folder, each);
      if (files.exists(file)) {
        try (BufferedReader in =
            new BufferedReader(new InputStreamReader(files.open(file), StandardCharsets.UTF_8))) {
          return in.lines().map(String::strip).toList();
        }
      }
    }
    return List.of();
  }

  private SurveySet folders(Path path, String name, Progress progress) throws IOException {
    Path root = path.getFileSystem(hadoop).getFileStatus(path).getPath();
    String prefix = root.toString().replaceFirst("/*$", "/");
    FolderNames names = new FolderNames();
    List<SurveyImage> found = SurveyImage.list(); // their classes are known when all are
    // not by Spark's own index, which passes over names that begin with an underscore
    RemoteIterator<LocatedFileStatus> files = path.getFileSystem(hadoop).listFiles(root, true);
    while (files.hasNext()) {
      Progress.checkInterrupt();
      if (found.size() % 1000 == 0) {
        progress.report("listing images, %,d so far".formatted(found.size()), 0, 1);
      }
      LocatedFileStatus status = files.next();
      Path file = status.getPath();
      String whole = file.toString();
      if (!whole.startsWith(prefix)) {
        throw new EngramException("%s does not lie in %s.".formatted(whole, prefix));
      }
      String own = whole.substring(prefix.length());
      if (names.add(own)) {
        found.add(
            new SurveyImage(
                own, -1, Places.of(file), -1, status.getLen(), status.getModificationTime()));
      }
    }
    List<SurveyImage> images = SurveyImage.list();
    for (SurveyImage image : found) {
      images.add(image.of(names.classOf(image.name())));
    }
    if (images.isEmpty()) {
      throw new EngramException(
          "There is no image in %s; category/entity/*.png is expected, or tar files.%s"
              .formatted(path, names.notes().isEmpty() ? "" : " " + names.notes().get(0)));
    }
    return new SurveySet(name, names.entities(), images, names.notes());
  }
}
