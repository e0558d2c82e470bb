package dev.engram.survey;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.atlas.ImageOpener;
import dev.engram.atlas.SurveyCluster;
import dev.engram.atlas.SurveyImage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.CancellationException;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;

/**
 * Opens images wherever Hadoop's file systems reach. Files of the machine itself are opened as the
 * local engine opens them, so that both say the same of those that cannot be read.
 */
final class Places implements ImageOpener {
  /** {@code //user:password@}; what follows a colon may also be a port. */
  private static final Pattern PASSWORD = Pattern.compile("^[^/]+://[^/@:]*:(?!\\d*(/|$))[^@]*@");

  private final Configuration hadoop;

  Places(Configuration hadoop) {
    this.hadoop = hadoop;
  }

  @Override
  public InputStream open(SurveyImage image) throws IOException {
    if (!SurveyCluster.isAddress(image.place())) {
      return FILES.open(image);
    }
    Path path = new Path(image.place());
    FSDataInputStream in;
    try {
      in = path.getFileSystem(hadoop).open(path);
    } catch (FileNotFoundException e) {
      if (image.isPart() || !isThere(path.getParent())) {
        throw e;
      }
      throw ImageOpener.absent(image);
    } catch (AccessControlException e) {
      throw ImageOpener.forbidden(image, e);
    }
    if (!image.isPart()) {
      return in;
    }
    try {
      in.seek(image.offset());
      return ImageOpener.part(in, image.bytes());
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  private boolean isThere(Path folder) throws IOException {
    return folder.getFileSystem(hadoop).exists(folder);
  }

  /**
   * An address that a user gives.
   *
   * @throws EngramException if it carries a password, which would be shown wherever the address is,
   *     or if it is no address
   */
  static Path path(String address) {
    if (PASSWORD.matcher(address).find()) {
      throw new EngramException(
          "An address must not carry a password, since it is shown and logged: give keys as Hadoop takes them (AWS_ACCESS_KEY_ID, a file of keys, core-site.xml).");
    }
    try {
      return new Path(address);
    } catch (IllegalArgumentException e) {
      throw new EngramException(
          "'%s' is no address: %s".formatted(address, SparkSurveys.why(e)), e);
    }
  }

  /**
   * Hadoop's clients end with an exception where their thread is interrupted, and clear its flag.
   */
  static void checkInterrupt(IOException e) {
    Progress.checkInterrupt();
    for (Throwable t = e; t != null && t != t.getCause(); t = t.getCause()) {
      if (t instanceof InterruptedException
          || t instanceof ClosedByInterruptException
          || (t instanceof InterruptedIOException && !(t instanceof SocketTimeoutException))) {
        throw (CancellationException)
            new CancellationException("Interrupted: nothing was changed.").initCause(e);
      }
    }
  }

  /** A place as images have it: a path for a file of the machine, else the address. */
  static String of(Path path) {
    URI uri = path.toUri();
    return "file".equals(uri.getScheme()) ? uri.getPath() : path.toString();
  }

  FileSystem system(Path path) throws IOException {
    return path.getFileSystem(hadoop);
  }
}
