package dev.engram.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.engram.EngramException;
import dev.engram.RegularFile;
import dev.engram.model.Pickled.Storage;
import dev.engram.model.Pickled.View;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * A checkpoint that PyTorch wrote: the archive of {@code torch.save} or {@code torch.jit.save}, or
 * the pickles with storages after them that {@code torch.save} wrote before 1.6. It is read as
 * {@code torch.load(weights_only=True)} does and a little more strictly: {@link Unpickler} builds
 * tensors and nothing else, each is held against the file, and is mapped when it is asked for.
 */
public final class PyTorchFile implements TensorFile {
  /** With which files of {@code torch.save} before 1.6 begin. */
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);

  private static final long LEGACY_VERSION = 1001;

  /** No weight has more than 5. */
  private static final int MOST_DIMENSIONS = 8;

  private static final int MOST_NAMED = 5;

  private final Path file;
  private final Map<String, MappedTensor> tensors;
  private final List<String> besides;

  private PyTorchFile(Path file, Map<String, MappedTensor> tensors, List<String> besides) {
    this.file = file;
    this.tensors = tensors;
    this.besides = besides;
  }

  /**
   * Reads and checks all but the values.
   *
   * @throws EngramException if the file is missing, truncated, no checkpoint of PyTorch, or asks
   *     for anything besides tensors and plain values
   */
  public static PyTorchFile open(Path file) {
    if (Files.isDirectory(file)) {
      throw new EngramException(file + " is a folder; a checkpoint of PyTorch is needed.");
    }
    RegularFile.check(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return new Opening(file, channel).open();
    } catch (java.nio.file.NoSuchFileException e) {
      throw new EngramException("There is no file " + file + ".", e);
    } catch (IOException e) {
      throw MappedTensor.unreadable(file, e);
    }
  }

  static EngramException bad(Path file, String why) {
    return new EngramException(
        "Not a usable checkpoint of PyTorch, %s: %s; download it again, or take another file."
            .formatted(file.getFileName(), why));
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public MappedTensor tensor(String name) {
    MappedTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new EngramException(
          "There is no tensor %s in %s."
              .formatted(SafetensorsHeader.shown(name), file.getFileName()));
    }
    return tensor;
  }

  @Override
  public Optional<String> note() {
    if (besides.isEmpty()) {
      return Optional.empty();
    }
    String named =
        besides.stream().limit(MOST_NAMED).map(Settings::shown).collect(Collectors.joining(", "));
    return Optional.of(
        "%s holds besides the weights what is not read: %s%s."
            .formatted(
                file.getFileName(),
                named,
                besides.size() > MOST_NAMED
                    ? " and %d more".formatted(besides.size() - MOST_NAMED)
                    : ""));
  }

  /** One file while it is opened. */
  private record Opening(Path file, FileChannel channel) {
    PyTorchFile open() throws IOException {
      String head = new String(bytes(0, (int) Math.min(64, channel.size())).array(), ISO_8859_1);
      if (head.startsWith("version https://git-lfs")) {
        throw new EngramException(
            "%s is a pointer of Git LFS, not the weights themselves; fetch the weights with git lfs pull."
                .formatted(file.getFileName()));
      }
      if (head.startsWith("PK\3\4")) {
        return zip();
      }
      if (head.startsWith("\u0080")) {
        return legacy();
      }
      throw bad("it is neither a zip archive nor a pickle");
    }

    private EngramException bad(String why) {
      return PyTorchFile.bad(file, why);
    }

    // -------------------------------------------------------------- torch.save, torch.jit.save

    private PyTorchFile zip() throws IOException {
      ZipDirectory zip = ZipDirectory.read(channel, this::bad);
      List<String> pickles =
          zip.names().stream().filter(n -> n.matches("[^/]+/data\\.pkl")).toList();
      if (pickles.size() != 1) {
        throw bad(
            "a checkpoint's archive has one entry NAME/data.pkl, this one has %s"
                .formatted(pickles.isEmpty() ? "none" : pickles.size() + " of them"));
      }
      String root = pickles.get(0).replaceFirst("data\\.pkl$", "");
      if (zip.names().contains(root + "byteorder")
          && !read(zip, root + "byteorder", 16).equals("little")) {
        throw bad("its values are big endian");
      }
      boolean script =
          zip.names().stream()
              .anyMatch(n -> n.equals(root + "constants.pkl") || n.startsWith(root + "code/"));
      Globals globals = new Globals(file, script);
      StateDict weights;
      try (InputStream in = stream(zip, zip.entry(pickles.get(0)))) {
        weights = StateDict.of(Unpickler.read(new PickleInput(in, this::bad), globals), this::bad);
      }
      Map<String, Long> begins = new HashMap<>();
      for (Storage storage : globals.storages().values()) {
        ZipDirectory.Entry entry = zip.entry(root + "data/" + storage.key());
        String name = SafetensorsHeader.shown(entry.name());
        if (!entry.isStored() || isEncrypted(entry)) {
          throw bad(
              "its entry %s is compressed or encrypted, which torch.save does not do"
                  .formatted(name));
        }
        if (entry.size() / MappedTensor.bytes(storage.dtype()) != storage.length()) {
          throw bad(
              "its entry %s has %d bytes and is said to hold %d values of %s"
                  .formatted(name, entry.size(), storage.length(), storage.dtype()));
        }
        begins.put(storage.key(), zip.begin(entry));
      }
      return made(weights, begins);
    }

    private static boolean isEncrypted(ZipDirectory.Entry entry) {
      return (entry.flags() & 1) != 0;
    }

    /** The entry unpacked as it is read, of which {@link PickleInput} takes so much and no more. */
    private InputStream stream(ZipDirectory zip, ZipDirectory.Entry entry) throws IOException {
      if (isEncrypted(entry) || (entry.method() != 0 && entry.method() != 8)) {
        throw bad(
            "its entry %s is encrypted or compressed in a way that is not read"
                .formatted(SafetensorsHeader.shown(entry.name())));
      }
      InputStream raw = new Part(channel, zip.begin(entry), entry.packed());
      return new BufferedInputStream(entry.method() == 0 ? raw : inflated(raw));
    }

    private static InputStream inflated(InputStream raw) {
      Inflater inflater = new Inflater(true);
      return new InflaterInputStream(raw, inflater) {
        @Override
        public void close() throws IOException {
          super.close();
          inflater.end(); // one of somebody else's is not ended by itself
        }
      };
    }

    private String read(ZipDirectory zip, String name, int most) throws IOException {
      try (InputStream in = stream(zip, zip.entry(name))) {
        return new String(in.readNBytes(most), ISO_8859_1).strip();
      }
    }

    // -------------------------------------------------------------- torch.save before 1.6

    private PyTorchFile legacy() throws IOException {
      Globals globals = new Globals(file, false);
      InputStream stream = new BufferedInputStream(new Part(channel, 0, channel.size()));
      PickleInput in = new PickleInput(stream, this::bad);
      if (!MAGIC.equals(Unpickler.read(in, globals))) {
        throw bad("it is a pickle, but not one that torch.save wrote");
      }
      if (!Long.valueOf(LEGACY_VERSION).equals(Unpickler.read(in, globals))) {
        throw bad("its format has another version than " + LEGACY_VERSION);
      }
      if (!(Unpickler.read(in, globals) instanceof Map<?, ?> system)
          || !Boolean.TRUE.equals(system.get("little_endian"))) {
        throw bad("its values are not said to be little endian");
      }
      StateDict weights = StateDict.of(Unpickler.read(in, globals), this::bad);
      if (!(Unpickler.read(in, globals) instanceof List<?> keys)) {
        throw bad("it has no list of storages");
      }
      return made(weights, begins(keys, globals.storages(), in.count()));
    }

    /** Each storage: how many values, in 8 bytes, and the values. */
    private Map<String, Long> begins(List<?> keys, Map<String, Storage> storages, long from)
        throws IOException {
      Map<String, Long> begins = new HashMap<>();
      long at = from;
      for (Object key : keys) {
        Storage storage = key instanceof String name ? storages.get(name) : null;
        if (storage == null) {
          throw bad("its list of storages has one that no tensor names");
        }
        if (at > channel.size() - Long.BYTES) {
          throw bad("it ends before its storages do: it is truncated");
        }
        long length = bytes(at, Long.BYTES).getLong(0);
        int width = MappedTensor.bytes(storage.dtype());
        at += Long.BYTES;
        if (length != storage.length() || length > (channel.size() - at) / width) {
          throw bad(
              "its storage %s is said to hold %d values of %s and to be followed by %d, in %d bytes: it is truncated or its sizes are wrong"
                  .formatted(
                      SafetensorsHeader.shown(storage.key()),
                      storage.length(),
                      storage.dtype(),
                      length,
                      channel.size() - at));
        }
        if (begins.put(storage.key(), at) != null) {
          throw bad("its list of storages has one twice");
        }
        at += length * width;
      }
      return begins;
    }

    // -------------------------------------------------------------- tensors

    private PyTorchFile made(StateDict weights, Map<String, Long> begins) {
      Map<String, MappedTensor> tensors = new LinkedHashMap<>();
      weights
          .tensors()
          .forEach(
              (name, view) -> {
                Long begin = begins.get(view.storage().key());
                if (begin == null) {
                  throw bad(
                      "the storage %s of %s is missing"
                          .formatted(
                              SafetensorsHeader.shown(view.storage().key()),
                              SafetensorsHeader.shown(name)));
                }
                tensors.put(name, tensor(name, view, begin));
              });
      return new PyTorchFile(file, tensors, weights.besides());
    }

    private MappedTensor tensor(String name, View view, long begin) {
      long[] shape = view.shape();
      long[] strides = view.strides();
      Storage storage = view.storage();
      if (shape.length > MOST_DIMENSIONS || strides.length != shape.length) {
        throw bad(
            "tensor %s has %d dimensions and %d strides, expected as many of both and at most %d"
                .formatted(
                    SafetensorsHeader.shown(name), shape.length, strides.length, MOST_DIMENSIONS));
      }
      long count = 1;
      long bound = 1; // as count, without zeros: nothing that is computed of the shape overflows
      long last = view.offset();
      boolean fits = last >= 0;
      try {
        for (int i = 0; i < shape.length; i++) {
          fits &= shape[i] >= 0 && strides[i] >= 0;
          count = Math.multiplyExact(count, shape[i]);
          bound = Math.multiplyExact(bound, Math.max(1, shape[i]));
          last = Math.addExact(last, Math.multiplyExact(Math.max(0, shape[i] - 1), strides[i]));
        }
      } catch (ArithmeticException e) {
        fits = false;
      }
      // More values than the storage has would repeat some, which no weight does.
      fits &= count == 0 || (count <= storage.length() && last < storage.length());
      if (!fits) {
        throw bad(
            "tensor %s of shape %s, strides %s and offset %d does not fit its storage of %d values"
                .formatted(
                    SafetensorsHeader.shown(name),
                    SafetensorsHeader.shown(Arrays.toString(shape)),
                    SafetensorsHeader.shown(Arrays.toString(strides)),
                    view.offset(),
                    storage.length()));
      }
      int width = MappedTensor.bytes(storage.dtype());
      return count == 0
          ? new MappedTensor(file, name, storage.dtype(), shape, strides, begin, begin)
          : new MappedTensor(
              file,
              name,
              storage.dtype(),
              shape,
              strides,
              begin + view.offset() * width,
              begin + (last + 1) * width);
    }

    private ByteBuffer bytes(long from, int length) throws IOException {
      ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
      while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) > 0) {
        // until it is full
      }
      return bytes;
    }
  }

  /** A part of a file as a stream; reading it to the end leaves the channel open. */
  private static final class Part extends InputStream {
    private final FileChannel channel;
    private final long end;
    private long at;

    Part(FileChannel channel, long begin, long length) {
      this.channel = channel;
      this.at = begin;
      this.end = begin + length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      int most = (int) Math.min(length, end - at);
      if (length == 0) {
        return 0;
      }
      int n = most <= 0 ? -1 : channel.read(ByteBuffer.wrap(into, from, most), at);
      at += Math.max(0, n);
      return n;
    }
  }
}
