package dev.engram.hub;

import dev.engram.EngramException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a model on the hub, {@code owner/name[@revision]}. It can be a part of an address and
 * of a path: what could lead elsewhere is no name.
 *
 * @param owner a user or an organisation
 * @param name of the repository
 * @param revision a branch, a tag or the 40 digits of a commit
 */
public record HubName(String owner, String name, String revision) {
  /** What may stand before a name to say that no folder is meant. */
  public static final String PREFIX = "hf://";

  private static final String MAIN = "main";
  private static final String PART = "[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?";
  private static final Pattern NAME = Pattern.compile("(" + PART + ")/(" + PART + ")(?:/|@(.*))?");
  private static final Pattern PAGE =
      Pattern.compile(
          "(?i)(https?://)?(?:www\\.)?(?:huggingface\\.co|hf\\.co)/([^?#]*)(?:[?#].*)?");
  private static final Pattern TREE = Pattern.compile("([^/]+/[^/]+)/tree/(refs/pr/\\d+|[^/]+)/?");
  private static final Pattern SNAPSHOT =
      Pattern.compile("/models--([^/]+)/snapshots/([0-9a-f]{40})/?$");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

  /**
   * @param text as a user writes it: a name, perhaps with {@value #PREFIX} before it or a slash
   *     after it, or the address of its page
   * @return the name; empty if the text has another form, as a path has
   * @throws EngramException if it begins as an address does and is none of a model, or if its
   *     revision cannot be one
   */
  public static Optional<HubName> of(String text) {
    Matcher page = PAGE.matcher(text);
    if (page.matches()) {
      Optional<HubName> name = ofPage(page.group(2));
      if (name.isEmpty() && page.group(1) != null) {
        throw new EngramException(
            "The page of a model is https://huggingface.co/owner/name or …/owner/name/tree/revision; got '%s'."
                .formatted(text));
      }
      if (name.isPresent()) {
        return name;
      }
    } else if (text.matches("(?i)https?://.*")) {
      throw new EngramException(
          "A model comes from a folder or from the Hugging Face hub, as owner/name (HF_ENDPOINT names another hub); got the address '%s'."
              .formatted(text));
    }
    return ofName(text);
  }

  /** Of what follows the hub's host in the address of a page. */
  private static Optional<HubName> ofPage(String path) {
    Matcher tree = TREE.matcher(path);
    boolean revised = tree.matches();
    String name = revised ? tree.group(1) : path;
    if (name.contains("@") || name.matches("(datasets|spaces|models|docs|papers|collections)/.*")) {
      return Optional.empty();
    }
    String revision = revised ? tree.group(2).replaceAll("(?i)%2F", "/") : MAIN;
    return ofName(name).flatMap(n -> ofName(n.repository() + "@" + revision));
  }

  /** Whether a text can only mean the hub, never a folder. */
  public static boolean isAddress(String text) {
    return text.startsWith(PREFIX) || text.matches("(?i)https?://.*");
  }

  private static Optional<HubName> ofName(String text) {
    boolean prefixed = text.startsWith(PREFIX);
    String bare = prefixed ? text.substring(PREFIX.length()) : text;
    Matcher m = NAME.matcher(bare);
    if (!m.matches() || (m.group(1) + m.group(2)).matches(".*(\\.\\.|--).*")) {
      if (prefixed) {
        throw new EngramException(
            "A model of the hub is written %sowner/name or %sowner/name@revision; got '%s'."
                .formatted(PREFIX, PREFIX, text));
      }
      return Optional.empty();
    }
    String revision = m.group(3) == null ? MAIN : m.group(3);
    if (!revision.matches("[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*)*")) {
      throw new EngramException(
          "A revision is a branch, a tag or a commit, as in %s/%s@main; got '%s'."
              .formatted(m.group(1), m.group(2), revision));
    }
    return Optional.of(new HubName(m.group(1), m.group(2), revision));
  }

  /**
   * @param folder of a model
   * @return the name at that commit, if the folder is a snapshot of the cache
   */
  public static Optional<HubName> ofSnapshot(Path folder) {
    Matcher m = SNAPSHOT.matcher(folder.toString().replace('\\', '/'));
    return m.find() ? of(m.group(1).replaceFirst("--", "/") + "@" + m.group(2)) : Optional.empty();
  }

  /** Whether a text has the digits of a commit. */
  static boolean isCommit(String text) {
    return COMMIT.matcher(text).matches();
  }

  /** Whether the revision is a commit, which never changes. */
  boolean isCommit() {
    return isCommit(revision);
  }

  /** {@code owner/name}. */
  String repository() {
    return owner + "/" + name;
  }

  /** As it is typed: the revision only where it is not {@code main}. */
  @Override
  public String toString() {
    return revision.equals(MAIN) ? repository() : repository() + "@" + revision;
  }
}
