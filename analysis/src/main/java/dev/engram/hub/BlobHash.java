package dev.engram.hub;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.engram.Sha256;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The hash by which the hub names a file, computed while its bytes pass: SHA-256 for what lies in
 * large file storage, and git's (SHA-1 of {@code blob SIZE}, a zero byte and the content) for the
 * rest.
 */
final class BlobHash {
  private final RemoteFile file;
  private MessageDigest digest;

  BlobHash(RemoteFile file) {
    this.file = file;
    this.digest = begin();
  }

  /** Whether it is one of the two kinds; anything else is no hash of a hub, and no file's name. */
  static boolean isHash(String text) {
    return text.matches("[0-9a-f]{40}|[0-9a-f]{64}");
  }

  private boolean isGit() {
    return file.hash().length() == 40;
  }

  /** What it is called, for people. */
  String title() {
    return isGit() ? "git hash" : "SHA-256";
  }

  private MessageDigest begin() {
    if (!isGit()) {
      return Sha256.digest();
    }
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(("blob " + file.size() + "\0").getBytes(US_ASCII));
      return sha1;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }

  /** Begins anew. */
  void reset() {
    digest = begin();
  }

  void update(ByteBuffer bytes) {
    digest.update(bytes);
  }

  /** The hash of all bytes so far; it begins anew. */
  String hex() {
    String hex = Sha256.hex(digest);
    reset();
    return hex;
  }
}
