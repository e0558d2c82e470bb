package dev.engram.experiment;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.RegularFile;
import dev.engram.Sha256;
import dev.engram.data.UserPath;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

/** SHA-256, in hexadecimal, of what a stored result depends on. */
final class Hashes {
  /** The classes of a running JVM do not change, so they are read once. */
  private static final class Code {
    static final Optional<String> HASH = ofCode();
  }

  private Hashes() {}

  static String of(String text) {
    return Sha256.of(text.getBytes(UTF_8));
  }

  static String ofFile(Path file) {
    try {
      return Sha256.of(Files.readAllBytes(RegularFile.check(file)));
    } catch (IOException e) {
      throw new EngramException("The image " + file + " cannot be read: " + e + ".", e);
    }
  }

  /**
   * The hash of this library's own classes: a version of the code that nobody can forget to raise.
   * Empty where they cannot be read; then no result may be kept.
   */
  static Optional<String> code() {
    return Code.HASH;
  }

  private static Optional<String> ofCode() {
    try {
      CodeSource source = Hashes.class.getProtectionDomain().getCodeSource();
      URI place = source == null ? null : source.getLocation().toURI();
      if (place == null || !"file".equals(place.getScheme())) {
        return Optional.empty();
      }
      Path path = Path.of(place);
      return Optional.of(Files.isDirectory(path) ? ofClasses(path) : ofJar(path));
    } catch (IOException | URISyntaxException e) {
      return Optional.empty();
    }
  }

  private static String ofClasses(Path folder) throws IOException {
    List<Path> classes;
    try (Stream<Path> all = Files.walk(folder)) {
      classes = all.filter(p -> p.toString().endsWith(".class")).sorted(UserPath.ORDER).toList();
    }
    MessageDigest sha = Sha256.digest();
    for (Path p : classes) {
      sha.update((folder.relativize(p).toString().replace('\\', '/') + "\n").getBytes(UTF_8));
      sha.update(Files.readAllBytes(p));
    }
    return Sha256.hex(sha);
  }

  /** From the directory of the archive, which has a checksum of every class. */
  private static String ofJar(Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      MessageDigest sha = Sha256.digest();
      zip.stream()
          .filter(e -> e.getName().endsWith(".class"))
          .map(e -> e.getName() + ' ' + e.getSize() + ' ' + e.getCrc() + '\n')
          .sorted()
          .forEach(line -> sha.update(line.getBytes(UTF_8)));
      return Sha256.hex(sha);
    }
  }
}
