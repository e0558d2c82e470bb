package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.lab.Attend;
import dev.engram.lab.AttentionMaps;
import dev.engram.lab.Cell;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %attention}: where a token of an image attends to, in every head (Eq. 3). */
@Command(
    name = "attention",
    description = "Show where the class token or a patch of an image attends to, head by head.",
    footer = {
      "",
      "The maps are the softmax of Eq. 3, a layer downwards and a head to the right, all on one",
      "scale; the class token's own share stands in the table. Attention says what a head reads,",
      "not what it does with it: for that see %%heads and %%patch.",
      "In Java: AttentionMaps m = %%attention ghost/0 --layer 0-5"
    })
@HelpPage(
    theme = Theme.TRACE,
    examples = {"%attention ghost/0", "%attention ghost/0 --layer 0,3 --head 1 --patch 3,3"})
final class AttentionCommand implements EngramMagic {
  private static final Pattern CELL = Pattern.compile("(\\d{1,4}),(\\d{1,4})");

  private final EngramSession session;

  @Parameters(
      paramLabel = "IMAGE|ENTITY",
      description = "One of the open images (entity/0) or a file; of an entity its first image.")
  private String target = "";

  @Option(
      names = "--layer",
      paramLabel = "LAYERS",
      description = "Layers from 0, as 5 or 0,3 or 2-4; the last one if left out.")
  private @Nullable String layers;

  @Option(names = "--head", paramLabel = "N", description = "One head, from 0; all if left out.")
  private @Nullable Integer head;

  @Option(
      names = "--patch",
      paramLabel = "ROW,COLUMN",
      description =
          "The patch that attends, from 0,0 in the upper left corner; the class token if left out.")
  private @Nullable String patch;

  AttentionCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public AttentionMaps run(MagicContext context) {
    int count = session.model().config().vision().layers();
    Attend request = Attend.of(target).layers(Layers.typed(layers, count)).head(head).patch(cell());
    try (MagicProgress progress = context.progress()) {
      return session.lab(progress).attention(request);
    }
  }

  private @Nullable Cell cell() {
    if (patch == null) {
      return null;
    }
    Matcher parts = CELL.matcher(patch);
    if (!parts.matches()) {
      throw new EngramException(
          "--patch takes a row and a column from 0, as 3,4; got '" + patch + "'.");
    }
    return new Cell(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)));
  }
}
