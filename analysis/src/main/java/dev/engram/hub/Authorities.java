package dev.engram.hub;

import dev.engram.EngramException;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Whose signatures under a server's certificate are believed: the authorities in the files that
 * {@code REQUESTS_CA_BUNDLE}, {@code CURL_CA_BUNDLE}, {@code SSL_CERT_FILE} and {@code
 * SSL_CERT_DIR} name, as in Python and curl in place of all others; else Java's own.
 *
 * @param context for TLS
 * @param source where they stand, for people
 */
record Authorities(SSLContext context, String source) {
  private static final List<String> FILES =
      List.of("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE");
  private static final String FOLDERS = "SSL_CERT_DIR";

  /** A list of all public authorities has about 220 KB. */
  private static final long MOST_BYTES = 16 << 20;

  private static final Pattern PEM =
      Pattern.compile(
          "-----BEGIN (?:X509 )?CERTIFICATE-----.*?-----END (?:X509 )?CERTIFICATE-----",
          Pattern.DOTALL);

  /**
   * @param environment variables by name
   * @throws EngramException if a variable names something that holds no certificates
   */
  static Authorities of(Map<String, String> environment) {
    try {
      for (String variable : FILES) {
        String given = environment.getOrDefault(variable, "").strip();
        if (!given.isEmpty()) {
          Path path = path(variable, given);
          return of(Files.isDirectory(path) ? files(path) : List.of(path), variable, given);
        }
      }
      String given = environment.getOrDefault(FOLDERS, "").strip();
      if (!given.isEmpty()) {
        List<Path> files = new ArrayList<>();
        for (String folder : given.split(Pattern.quote(File.pathSeparator))) {
          files.addAll(files(path(FOLDERS, folder)));
        }
        return of(files, FOLDERS, given);
      }
      return new Authorities(SSLContext.getDefault(), "Java's own list of authorities");
    } catch (GeneralSecurityException e) {
      throw new EngramException("Java's own list of authorities cannot be read: " + e + ".", e);
    }
  }

  private static Path path(String variable, String given) {
    try {
      return Path.of(given);
    } catch (InvalidPathException e) {
      throw new EngramException(variable + " is '" + given + "', which is no path here.", e);
    }
  }

  private static List<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      return List.of(); // told as a folder that holds none
    }
  }

  private static Authorities of(List<Path> files, String variable, String given) {
    String source = variable + "=" + given;
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (Path file : files) {
        for (Certificate certificate : certificates(file)) {
          store.setCertificateEntry("authority " + store.size(), certificate);
        }
      }
      if (store.size() == 0) {
        throw new EngramException(
            "%s holds no certificates of authorities; expected a file of them in PEM (-----BEGIN CERTIFICATE-----)."
                .formatted(source));
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return new Authorities(context, source);
    } catch (IOException | GeneralSecurityException e) {
      throw new EngramException(
          "The certificates of %s cannot be read: %s.".formatted(source, e), e);
    }
  }

  private static List<Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    if (!Files.isRegularFile(file) || Files.size(file) > MOST_BYTES) {
      return List.of();
    }
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<Certificate> all = new ArrayList<>();
    Matcher m = PEM.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
    while (m.find()) {
      String plain =
          m.group().replaceAll("-----(BEGIN|END) [^-]*-----", "-----$1 CERTIFICATE-----");
      all.add(
          factory.generateCertificate(
              new ByteArrayInputStream(plain.getBytes(StandardCharsets.US_ASCII))));
    }
    return all;
  }
}
