package dev.engram.survey;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.atlas.SurveyCluster;
import dev.engram.atlas.SurveyJob;
import dev.engram.atlas.SurveySet;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Passes a survey's images on Spark: a task for each part of the list, whose result is a file in a
 * folder that all machines share. The driver takes files in as they appear and deletes them when
 * what they hold is kept, so that memory holds one part, and whatever ends, the rest goes on.
 */
final class SparkSurveys implements SurveyCluster {
  /** Of ours: where files of parts come together, if workers do not see the survey's folder. */
  static final String WORK = "spark.engram.work";

  private static final long LOOK_MILLIS = 300;

  /** Files that are taken in before their sum is kept and they are deleted. */
  private static final int KEPT_EVERY = 16;

  /** Each part costs a state of all neurons on its way, so that they are not too small. */
  private static final long FEWEST = 1024;

  private static final int PARTS_A_SLOT = 4;

  private final SparkSession session;
  private final JavaSparkContext context;
  private final Configuration hadoop;

  SparkSurveys(SparkSession session) {
    this.session = session;
    context = new JavaSparkContext(session.sparkContext());
    hadoop = context.hadoopConfiguration();
  }

  @Override
  public SurveySet list(String address, Progress progress) {
    return new SparkListing(context, hadoop).list(address, progress);
  }

  @Override
  public void run(SurveyJob job, Progress progress) throws IOException {
    try {
      pass(job, progress);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (IllegalStateException e) {
      if (!context.sc().isStopped()) {
        throw e;
      }
      throw new EngramException(
          "Spark's master %s has ended the survey: its workers could not start or keep an executor (their logs say why). The same line goes on with what is left."
              .formatted(context.master()),
          e);
    }
  }

  private void pass(SurveyJob job, Progress progress) throws IOException {
    Path folder = folder(job);
    Coming coming;
    try {
      FileSystem files = folder.getFileSystem(hadoop);
      files.mkdirs(folder);
      coming = new Coming(job, files, folder);
      coming.take(); // of an earlier run, where the folder is not the survey's own
      coming.end();
    } catch (IOException e) {
      throw unreachable(folder, e);
    }
    List<PartTask.Work> parts =
        job.parts(imagesOfPart(job)).stream().map(PartTask.Work::of).toList();
    LongAccumulator passed = context.sc().longAccumulator("images");
    PartTask task =
        new PartTask(
            context.broadcast(job.shared()),
            context.broadcast(new SerializableConfiguration(hadoop)),
            PartTask.Model.of(job.clip()),
            folder.toString(),
            passed);
    long before = job.done();
    JavaFutureAction<List<String>> all =
        context.parallelize(parts, parts.size()).map(task).collectAsync();
    try {
      while (!all.isDone()) {
        coming.take();
        long seen = Math.max(job.done(), Math.min(job.total(), before + passed.value()));
        progress.step(job.pace(seen), seen, job.total());
        Thread.sleep(LOOK_MILLIS);
      }
      int written = all.get().size();
      coming.take();
      coming.end();
      if (!job.isDone()) {
        throw new EngramException(
            "The workers wrote %d parts to %s, and not all of them are seen here: name a folder that every machine shares, with --conf %s=hdfs://…."
                .formatted(written, folder, WORK));
      }
      coming.clear();
    } catch (InterruptedException e) {
      throw (CancellationException)
          new CancellationException("Interrupted: nothing was changed.").initCause(e);
    } catch (ExecutionException e) {
      throw new EngramException("The survey stopped on Spark: " + why(e), e);
    } catch (IOException e) {
      throw unreachable(folder, e);
    } finally {
      all.cancel(true);
      coming.endAnyhow();
    }
    progress.report(job.pace(job.total()), job.total(), job.total());
  }

  /** The folder of parts is where somebody else keeps it. */
  private static EngramException unreachable(Path folder, IOException e) {
    Places.checkInterrupt(e);
    return new EngramException(
        "The folder %s, where the survey's parts come together, cannot be used: %s What has passed is kept; the same line goes on when it can be."
            .formatted(folder, why(e)),
        e);
  }

  private long imagesOfPart(SurveyJob job) {
    long left = job.total() - job.done();
    long slots = Math.max(2, context.defaultParallelism());
    long even = (left + PARTS_A_SLOT * slots - 1) / (PARTS_A_SLOT * slots);
    return Math.max(1, even < FEWEST ? Math.min(FEWEST, even) : even);
  }

  private Path folder(SurveyJob job) {
    String named = context.getConf().get(WORK, "");
    return named.isEmpty()
        ? new Path(job.folder().toAbsolutePath().toUri())
        : new Path(Places.path(named), job.folder().getFileName() + "");
  }

  /** Files of parts that have appeared. */
  private static final class Coming {
    private final SurveyJob job;
    private final FileSystem files;
    private final Path folder;
    private final List<Path> taken = new ArrayList<>();

    Coming(SurveyJob job, FileSystem files, Path folder) {
      this.job = job;
      this.files = files;
      this.folder = folder;
    }

    void take() throws IOException {
      FileStatus[] all = files.listStatus(folder, p -> job.isPart(p.getName()));
      // Asked before any is taken in: keeping deletes files of this very list.
      List<Path> fresh =
          Arrays.stream(all).map(FileStatus::getPath).filter(p -> !taken.contains(p)).toList();
      for (Path file : fresh) {
        Progress.checkInterrupt();
        try (InputStream in = files.open(file)) {
          job.absorb(in);
        } catch (EOFException damaged) {
          // deleted with the others, and its images pass again with the next line
        }
        taken.add(file);
        if (taken.size() >= KEPT_EVERY) {
          keep();
        }
      }
    }

    private void keep() throws IOException {
      try {
        job.keep();
      } catch (IOException e) { // on this machine's disk, and not where parts come together
        throw new UncheckedIOException(e);
      }
      for (Path file : taken) {
        files.delete(file, false);
      }
      taken.clear();
    }

    /** Takes away what killed workers left, and a folder that is not the survey's own. */
    void clear() {
      try {
        for (FileStatus file : files.listStatus(folder, p -> isUnfinished(p.getName()))) {
          files.delete(file.getPath(), false);
        }
        boolean isOurs = !folder.equals(new Path(job.folder().toAbsolutePath().toUri()));
        if (isOurs && files.listStatus(folder).length == 0) {
          files.delete(folder, false);
        }
      } catch (IOException e) {
        // the survey is whole, whoever clears up
      }
    }

    private boolean isUnfinished(String name) {
      Matcher matcher = PartTask.UNFINISHED.matcher(name);
      return matcher.matches() && job.isPart(matcher.group(1));
    }

    /** Also where the survey stops because files cannot be deleted: those are taken in once. */
    void endAnyhow() {
      try {
        end();
      } catch (IOException e) {
        taken.clear(); // kept, or in files that the same line finds; why it stops is known
      }
    }

    /** What was taken in is kept, also where the survey stops. */
    void end() throws IOException {
      boolean isInterrupted = Thread.interrupted();
      if (!taken.isEmpty()) {
        keep();
      }
      if (isInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** The sentence of ours that a failed task ended with, else the first line of what Spark says. */
  static String why(Throwable failure) {
    String said = "";
    for (Throwable t = failure; t != null && t != t.getCause(); t = t.getCause()) {
      String message = String.valueOf(t.getMessage());
      String ours =
          Arrays.stream(message.split("\n"))
              .filter(line -> line.contains(EngramException.class.getName() + ": "))
              .findFirst()
              .map(line -> line.substring(line.indexOf(": ", line.indexOf("EngramException")) + 2))
              .orElse("");
      if (!ours.isEmpty()) {
        return ours;
      }
      boolean isBare = t instanceof ClassNotFoundException || t instanceof LinkageError;
      said =
          (isBare ? t.getClass().getSimpleName() + ": " : "")
              + message.lines().findFirst().orElse("");
    }
    return said.endsWith(".") ? said : said + ".";
  }

  @Override
  public void close() {
    session.stop();
  }
}
