package dev.engram.magic;

import dev.engram.lab.ModelCard;
import dev.engram.model.ClipLoader;
import dev.engram.model.Precision;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %model}: loads a CLIP model and says what it is. */
@Command(
    name = "model",
    description = "Load a CLIP model and say what it is.",
    footer = {
      "",
      "A model folder holds weights (safetensors, else PyTorch's own files; Hugging Face, OpenAI or",
      "OpenCLIP names), their configuration and tokenizer.json. OWNER/NAME[@REVISION] is a model of",
      "the Hugging Face hub, as openai/clip-vit-large-patch14: taken from the cache that Python",
      "shares (HF_HOME), else",
      "downloaded into it; an interrupted download goes on where it stopped. Nothing is sent",
      "anywhere unless you name one, and a folder of that name comes first (hf://OWNER/NAME never",
      "means a folder; the address of its page, https://huggingface.co/OWNER/NAME, is understood",
      "too). HF_TOKEN opens gated models, HF_HUB_OFFLINE=1 forbids the network.",
      "--precision f16 keeps the matrices of the image tower's layers in float16; name and hash of"
          + " the",
      "model say so in every result. Edited weights stay in float32; gradients, fine-tuning and"
          + " LoRA",
      "need f32.",
      "--resolution 336 shows it images of 336 × 336 px, a multiple of its patches: positions are",
      "interpolated (bicubic) and name and hash say so. Such a model cannot be saved.",
      "Edits belong to the loaded model; %%model DIR loads one without edits, %%model alone shows",
      "which there are. Without a name, an option loads the open model again, which is refused while",
      "it has edits.",
      "In Java: ModelCard card = %%model, then card.clip() is the model of the library."
    })
@HelpPage(
    theme = Theme.OPEN,
    examples = {"%model", "%model iconclip"})
final class ModelCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR|OWNER/NAME",
      description =
          "A model folder, a model of the Hugging Face hub, or iconclip, the embedded small model;"
              + " the loaded model, else iconclip, if left out.")
  private @Nullable String name;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|gpu",
      description = "Where to compute; auto, the default, takes a GPU when there is one.")
  private @Nullable String device;

  @Option(
      names = "--precision",
      paramLabel = "f32|f16|bf16|auto",
      description =
          "In which numbers the layers of the image tower multiply; f32, the default; f16, which"
              + " needs half the memory for them; bf16, which is faster on some CPUs; or auto, which"
              + " takes bf16 where it is.")
  private @Nullable String precision;

  @Option(
      names = "--resolution",
      paramLabel = "PIXELS",
      description =
          "The side of the square that the image tower sees; its own if left out. Its positions are"
              + " interpolated.")
  private @Nullable Integer resolution;

  ModelCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public ModelCard run(MagicContext context) {
    try (MagicProgress progress = context.progress()) {
      boolean any = name != null || device != null || precision != null || resolution != null;
      if (name != null || !session.hasModel()) {
        session.load(name == null ? EngramSession.ICONCLIP : name, this::asAsked, progress);
      } else if (any) {
        session.reload(this::asAsked, progress);
      }
      return session.lab(progress).card();
    }
  }

  private ClipLoader asAsked(ClipLoader loader) {
    loader.device(device == null ? "auto" : device);
    loader.precision(precision == null ? Precision.F32 : Precision.of(precision));
    return resolution == null ? loader : loader.resolution(resolution);
  }
}
