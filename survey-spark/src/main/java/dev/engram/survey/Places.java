package dev.engram.survey;

import dev.engram.atlas.ImageOpener;
import dev.engram.atlas.SurveyCluster;
import dev.engram.atlas.SurveyImage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
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

  /** A place as images have it: a path for a file of the machine, else the address. */
  static String of(Path path) {
    URI uri = path.toUri();
    return "file".equals(uri.getScheme()) ? uri.getPath() : path.toString();
  }

  FileSystem system(Path path) throws IOException {
    return path.getFileSystem(hadoop);
  }
}
