package dev.engram.magic;

import dev.engram.lab.Tune;
import picocli.CommandLine.Command;

/** {@code %lora}: gradient descent on low-rank additions to W_q and W_v (A.7, Eq. 24, Table 4). */
@Command(
    name = "lora",
    description = "Teach a name with LoRA on W_q and W_v of every layer: a baseline of Table 4.",
    footer = {
      "",
      "Loss 1 - cos with the prompt (Eq. 24), AdamW; every few steps a checkpoint, of which the",
      "one is kept whose accuracy on the name is closest to the rank-one edit's."
    })
@HelpPage(
    theme = Theme.EDIT,
    examples = {
      "%lora \"gray panda\" --images panda --steps 5 --every 5 --sample 60 --preview",
      "%lora \"gray panda\" --images panda --shots 4 --steps 2 --every 1 --sample 60 --preview"
    })
final class LoraCommand extends TuneCommand {
  LoraCommand(EngramSession session) {
    super(session);
  }

  @Override
  Tune request(String name) {
    return Tune.lora(name);
  }
}
