package dev.engram.atlas;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.engram.Progress;
import dev.engram.data.ImageFiles;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * What lies in a tar shard as WebDataset has it: members with one key (the path up to the first dot
 * of the file's name) are one sample, an image with {@code .cls}, {@code .txt} or {@code .json}
 * beside it. Only headers and these small members are read; images are skipped, and later read
 * where they lie.
 *
 * @param name of the shard within the set
 * @param place its path or address
 * @param modified in milliseconds since 1970
 * @param samples those with an image
 * @param further images beside the first of a sample, which are left out
 * @param unreadJson members in JSON that are none, or too long
 * @param damage why not all of it could be read, a phrase; "" if it could
 */
public record TarIndex(
    String name,
    String place,
    long modified,
    List<Sample> samples,
    int further,
    int unreadJson,
    String damage)
    implements Serializable {
  /** A member with more is no name of a class and no caption. */
  private static final int MOST_BYTES = 1 << 16;

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * An image.
   *
   * @param key of the sample
   * @param offset where the image begins in the file
   * @param bytes how long it is
   * @param label the class, by its number or name; "" for none
   * @param caption "" for none
   */
  public record Sample(String key, long offset, long bytes, String label, String caption)
      implements Serializable {}

  /** A sample of which members are still to come. */
  private static final class Draft {
    private @Nullable Sample image;
    private String cls = "";
    private String jsonClass = "";
    private String text = "";
    private String jsonText = "";
    private int further;
    private boolean isJsonUnread;
  }

  /** Of a shard that cannot be read at all. */
  public static TarIndex unreadable(String name, String place, long modified, String why) {
    return new TarIndex(name, place, modified, List.of(), 0, 0, why);
  }

  /** Says how many bytes were read or skipped. */
  private static final class Counted extends FilterInputStream {
    private long position;

    Counted(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int one = in.read();
      position += one < 0 ? 0 : 1;
      return one;
    }

    @Override
    public int read(byte[] into, int at, int count) throws IOException {
      int read = in.read(into, at, count);
      position += Math.max(0, read);
      return read;
    }

    @Override
    public long skip(long n) throws IOException {
      long skipped = in.skip(n);
      position += skipped;
      return skipped;
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }

  /**
   * Reads the headers of a shard.
   *
   * @param in its bytes from the first on; what can be skipped is not read. Not closed
   * @param size of the file in bytes
   */
  public static TarIndex read(InputStream in, String name, String place, long size, long modified) {
    Map<String, Draft> drafts = new LinkedHashMap<>();
    String damage = "";
    Counted counted = new Counted(in);
    try {
      TarArchiveInputStream tar = new TarArchiveInputStream(counted, "UTF-8");
      for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
        Progress.checkInterrupt();
        if (counted.position + e.getSize() > size) {
          damage = "it ends within " + e.getName();
          break;
        }
        // a link has no bytes of its own; what it leads to is a member already
        if (e.isFile() && !e.isSparse() && !e.isLink() && !e.isSymbolicLink()) {
          add(drafts, e, tar, counted.position);
        }
      }
      if (damage.isEmpty() && counted.position == 0) {
        damage = "it is empty";
      }
    } catch (IOException | IllegalArgumentException e) {
      Progress.checkInterrupt();
      damage = "after %d bytes: %s".formatted(counted.position, why(e));
    }
    List<Sample> samples = new ArrayList<>();
    for (Draft d : drafts.values()) {
      Sample i = d.image;
      if (i != null) {
        String label = d.cls.isEmpty() ? d.jsonClass : d.cls;
        String caption = d.text.isEmpty() ? d.jsonText : d.text;
        samples.add(new Sample(i.key, i.offset, i.bytes, label, caption));
      }
    }
    int further = drafts.values().stream().mapToInt(d -> d.further).sum();
    int unread = (int) drafts.values().stream().filter(d -> d.isJsonUnread).count();
    return new TarIndex(name, place, modified, samples, further, unread, damage);
  }

  private static String why(Exception e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return (message.isBlank() ? e.getClass().getSimpleName() : message).replaceFirst("\\.$", "");
  }

  private static void add(
      Map<String, Draft> drafts, TarArchiveEntry member, InputStream tar, long offset)
      throws IOException {
    String path = member.getName().replaceFirst("^(\\./)+", "");
    String file = path.substring(path.lastIndexOf('/') + 1);
    int dot = file.indexOf('.');
    if (dot < 1) { // hidden files, and those without an ending, are no members of a sample
      return;
    }
    String key = path.substring(0, path.length() - file.length() + dot);
    String ending = file.substring(dot + 1).toLowerCase(Locale.ROOT);
    boolean isImage = ImageFiles.isImage(file);
    if (!isImage && !List.of("cls", "txt", "json").contains(ending)) {
      return;
    }
    Draft draft = drafts.computeIfAbsent(key, k -> new Draft());
    if (isImage) {
      // Of several images of a key the first is the sample's, of 0001.jpg and 0001.left.jpg too.
      if (draft.image == null && ending.indexOf('.') < 0) {
        draft.image = new Sample(key, offset, member.getSize(), "", "");
      } else {
        draft.further++;
      }
      return;
    }
    String text = new String(tar.readNBytes(MOST_BYTES), UTF_8).strip();
    switch (ending) {
      case "cls" -> draft.cls = text;
      case "txt" -> draft.text = text;
      default -> {
        JsonNode node = json(text);
        draft.isJsonUnread = !node.isObject();
        draft.jsonClass = first(node, "class", "label", "cls");
        draft.jsonText = first(node, "caption", "text");
      }
    }
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      return MissingNode.getInstance(); // of other people's making, or cut: it is counted
    }
  }

  private static String first(JsonNode node, String... names) {
    for (String name : names) {
      JsonNode value = node.path(name);
      if (value.isTextual() || value.isIntegralNumber()) {
        return value.asText().strip();
      }
    }
    return "";
  }
}
