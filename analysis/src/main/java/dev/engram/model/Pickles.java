package dev.engram.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.engram.EngramException;
import dev.engram.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Checkpoints of PyTorch, which are not read: what kind a file is, told by its bytes without
 * unpickling anything, and how that kind becomes safetensors.
 */
final class Pickles {
  /** The end of a zip archive names its entries. */
  private static final int END = 4_000_000;

  private Pickles() {}

  /** A sentence for a folder that has this file instead of safetensors. */
  static EngramException refusal(Path file) {
    String name = Settings.shown(String.valueOf(file.getFileName()));
    String quoted = name.replace("\\", "\\\\").replace("'", "\\'");
    String head;
    String end;
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      head = read(channel, 0, 64);
      end = head.startsWith("PK\3\4") ? read(channel, channel.size() - END, END) : "";
    } catch (IOException e) {
      return new EngramException(
          "There are no safetensors in %s, and %s cannot be read: %s."
              .formatted(file.getParent(), name, Json.why(e)),
          e);
    }
    if (head.startsWith("version https://git-lfs")) {
      return new EngramException(
          "%s is a pointer of Git LFS, not the weights themselves, and no safetensors lie beside it; fetch the weights with git lfs pull."
              .formatted(name));
    }
    // torch.jit.save adds these to what torch.save writes
    if (end.contains("/constants.pkl") || end.contains("/code/")) {
      return new EngramException(
          "%s is a TorchScript archive, which holds code besides weights, so Engram does not read it; if you trust it, convert it in Python: %s."
              .formatted(
                  name,
                  converted(
                      "d = torch.jit.load('%s', map_location='cpu').state_dict()"
                          .formatted(quoted))));
    }
    if (!head.startsWith("PK\3\4") && !head.startsWith("\u0080")) {
      return new EngramException(
          "There are no safetensors in %s, and %s is no checkpoint of PyTorch that could be converted: it is neither a zip archive nor a pickle; download it again."
              .formatted(file.getParent(), name));
    }
    return new EngramException(
        "%s is a pickled checkpoint, which can run code when it is read, so Engram does not; convert it in Python: %s."
            .formatted(
                name,
                converted(
                    "d = torch.load('%s', map_location='cpu', weights_only=True); d = d.get('state_dict', d)"
                        .formatted(quoted))));
  }

  private static String converted(String loaded) {
    return "import torch; from safetensors.torch import save_file; "
        + loaded
        + "; save_file({k: v.clone().contiguous() for k, v in d.items()}, 'model.safetensors')";
  }

  private static String read(SeekableByteChannel channel, long from, int most) throws IOException {
    channel.position(Math.max(0, from));
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(most, channel.size()));
    while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
      // until it is full
    }
    return new String(bytes.array(), 0, bytes.position(), ISO_8859_1);
  }
}
