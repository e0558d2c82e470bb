package dev.engram.magic.site;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.Printable;
import dev.engram.Progress;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.AtlasImage;
import dev.engram.atlas.AtlasImage.State;
import dev.engram.atlas.AtlasMap;
import dev.engram.atlas.AtlasNeurons;
import dev.engram.atlas.AtlasTable;
import dev.engram.atlas.LogBins;
import dev.engram.atlas.Manifest;
import dev.engram.magic.site.NeuronPages.Page;
import dev.engram.magic.site.NeuronPages.Ranked;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PageFile;
import dev.engram.trace.NeuronSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The site of an atlas: a front page that searches, sorts and maps all neurons, and a page for each
 * of them. {@code atlas-site.js} draws both from the files below {@code data}, which are loaded as
 * they are needed: what is searched at once, the rest by layer.
 */
public final class AtlasSite {
  /** Between the words of a neuron, where a word may have any other sign. */
  private static final char SEPARATOR = '\u001f';

  private final Atlas atlas;
  private final AtlasMap map;
  private final List<AtlasImage> images;
  private final SiteFolder folder;
  private final Map<String, Integer> classes = new LinkedHashMap<>();
  private final List<String> titles = new ArrayList<>();

  /**
   * What was written.
   *
   * @param page to open
   * @param images that some neuron is shown with
   * @param gone of these, as many are not there, or cannot be read
   * @param changed of these, as many hold something else than when they were surveyed
   * @param missing the names of both
   * @param bytes of all files
   */
  public record Written(
      Path page, int images, int gone, int changed, List<String> missing, long bytes) {}

  /**
   * @param map of the atlas
   * @param images of the atlas
   * @param folder of the site: not there yet, empty, or a site that this class made
   * @throws EngramException if the folder holds something else or cannot be written to
   */
  public AtlasSite(Atlas atlas, AtlasMap map, List<AtlasImage> images, Path folder) {
    this.atlas = atlas;
    this.map = map;
    this.images = images;
    this.folder = new SiteFolder(folder);
    AtlasTable labels = atlas.sql("SELECT class, title FROM labels");
    for (int i = 0; i < labels.rows(); i++) {
      classes.put(text(labels, 0, i), i);
      titles.add(text(labels, 1, i));
    }
  }

  /**
   * Refuses a folder that a site cannot be written to.
   *
   * @throws EngramException if so
   */
  public static void check(Path folder) {
    new SiteFolder(folder);
  }

  /**
   * Writes the site whole or not at all.
   *
   * @throws EngramException if it cannot be written, or the atlas is damaged
   */
  public Written write(Progress progress) {
    try {
      SpriteSheets[] sheets = new SpriteSheets[1];
      long[] bytes = new long[1];
      folder.fill(
          made -> {
            sheets[0] = fill(made, progress);
            bytes[0] = size(made);
          });
      return written(sheets[0], bytes[0]);
    } catch (IOException e) {
      Progress.checkInterrupt();
      throw new EngramException(
          "The site cannot be written to %s: %s.".formatted(folder.path(), Json.why(e)), e);
    }
  }

  private Written written(SpriteSheets sheets, long bytes) {
    int[] counts = new int[State.values().length];
    List<String> missing = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      State state = sheets.state(i);
      if (state != null) {
        counts[state.ordinal()]++;
        if (state != State.UNCHANGED) {
          missing.add(images.get(i).name());
        }
      }
    }
    int changed = counts[State.CHANGED.ordinal()];
    return new Written(
        folder.path().resolve(SiteFolder.INDEX),
        counts[State.UNCHANGED.ordinal()] + missing.size(),
        missing.size() - changed,
        changed,
        missing,
        bytes);
  }

  private static long size(Path made) throws IOException {
    long bytes = 0;
    try (Stream<Path> all = Files.walk(made)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  private SpriteSheets fill(Path made, Progress progress) throws IOException {
    Path data = Files.createDirectory(made.resolve(SiteFolder.DATA));
    Path pictures = Files.createDirectory(made.resolve(SiteFolder.IMAGES));
    NeuronPages pages = new NeuronPages(atlas, classes, images.size());
    boolean[] shown = new boolean[images.size()];
    int layers = atlas.manifest().space().layers();
    for (int l = 0; l < layers; l++) {
      progress.step("writing layers", l, layers);
      List<Page> all = pages.of(l);
      for (Page page : all) {
        for (Ranked top : page.tops()) {
          Arrays.stream(top.who()).forEach(i -> shown[i] = true);
        }
      }
      Files.write(data.resolve("layer-" + l + ".js"), NeuronPages.script(l, all));
    }
    SpriteSheets sheets = new SpriteSheets(images, shown);
    sheets.write(pictures, progress);
    Files.write(data.resolve("images.js"), imagesScript(sheets));
    Vocabulary said = Vocabulary.of(atlas);
    NumberColumns columns = columns(said);
    Files.write(data.resolve("numbers.js"), SiteScript.binary("numbers", columns.bytes()));
    Files.write(data.resolve("front.js"), front(said, columns, sheets));
    Files.writeString(
        made.resolve(SiteFolder.STYLE),
        Html.resource("explorer.css") + Html.resource("atlas-site.css"));
    Files.writeString(
        made.resolve(SiteFolder.SCRIPT),
        Html.resource("elements.js") + Html.resource("atlas-site.js"));
    Files.writeString(made.resolve(SiteFolder.INDEX), index(title(), summary()));
    return sheets;
  }

  private String title() {
    Manifest m = atlas.manifest();
    return "Atlas of %s over %s".formatted(m.model(), m.set());
  }

  private String summary() {
    Manifest m = atlas.manifest();
    return String.format(
        Locale.ROOT,
        "%,d neurons in %d layers, %,d images, %,d classes",
        m.space().count(),
        m.space().layers(),
        m.images(),
        m.classes());
  }

  /** The page before its script runs, and where none does. */
  static String index(String title, String summary) {
    return """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        %s
        <title>%s</title><link rel="stylesheet" href="%s"></head>
        <body><main class="engram-explorer engram-atlas" id="atlas">
        <header class="ee-top"><h1>%s</h1><span class="ee-soft">%s</span></header>
        <noscript><p class="ea-told">This page is drawn by a script; let the browser run it.</p></noscript>
        </main><script src="%s"></script></body></html>
        """
        .formatted(
            PageFile.MARK,
            Html.escape(title),
            SiteFolder.STYLE,
            Html.escape(title),
            Html.escape(summary),
            SiteFolder.SCRIPT);
  }

  private NumberColumns columns(Vocabulary said) {
    AtlasNeurons n = atlas.neurons();
    NumberColumns out = new NumberColumns();
    out.reals("density", n.density());
    out.reals("mean", n.mean());
    out.reals("deviation", n.deviation());
    out.reals("least", n.least());
    out.reals("greatest", n.greatest());
    out.reals("improvement", n.improvement());
    out.reals("coefficient", n.coefficient());
    out.reals("x", map.map().x());
    out.reals("y", map.map().y());
    out.counts(
        "class", n.bestClass().stream().mapToInt(c -> 1 + classes.getOrDefault(c, -1)).toArray());
    AtlasTable signs = atlas.sql("SELECT sign FROM neurons ORDER BY position");
    out.counts(
        "turned",
        signs.columns().get(0).values().stream()
            .mapToInt(v -> v instanceof Number s && s.intValue() < 0 ? 1 : 0)
            .toArray());
    out.counts("words", said.ofNeurons());
    return out;
  }

  private byte[] front(Vocabulary said, NumberColumns columns, SpriteSheets sheets)
      throws IOException {
    Manifest m = atlas.manifest();
    NeuronSpace space = m.space();
    return SiteScript.json(
        "front",
        out -> {
          out.writeStartObject();
          out.writeStringField("title", shown(title()));
          out.writeStringField("summary", shown(summary()));
          out.writeStringField(
              "foot",
              shown(
                  atlas.provenance()
                      + "."
                      + atlas.provenance().caution().map(c -> " " + c).orElse("")));
          out.writeStringField("set", shown(m.set()));
          out.writeNumberField("layers", space.layers());
          out.writeNumberField("width", space.width());
          out.writeNumberField("ffn", space.ffnWidth());
          out.writeNumberField("head", space.headWidth());
          out.writeNumberField("images", m.images());
          out.writeNumberField("labelled", m.labelled());
          out.writeNumberField("threshold", m.settings().threshold());
          out.writeNumberField("side", sheets.side());
          out.writeNumberField("perRow", SpriteSheets.PER_ROW);
          out.writeNumberField("wordsEach", said.each());
          texts(out, "vocabulary", said.words());
          texts(out, "classes", List.copyOf(classes.keySet()));
          texts(out, "titles", titles);
          out.writeFieldName("shares");
          out.writeStartArray();
          for (double share : map.map().shares()) {
            SiteScript.number(out, share);
          }
          out.writeEndArray();
          out.writeFieldName("edges");
          out.writeStartArray();
          for (double edge : LogBins.edges()) {
            SiteScript.number(out, edge);
          }
          out.writeEndArray();
          out.writeFieldName("columns");
          columns.describe(out);
          out.writeEndObject();
        });
  }

  private byte[] imagesScript(SpriteSheets sheets) throws IOException {
    return SiteScript.json(
        "images",
        out -> {
          out.writeStartObject();
          texts(out, "names", images.stream().map(AtlasImage::name).toList());
          out.writeFieldName("classes");
          SiteScript.numbers(
              out, images.stream().mapToInt(i -> classes.getOrDefault(i.entity(), -1)).toArray());
          out.writeFieldName("tiles");
          SiteScript.numbers(out, sheets.tiles());
          out.writeFieldName("changed");
          out.writeStartArray();
          for (int i = 0; i < images.size(); i++) {
            if (sheets.state(i) == State.CHANGED) {
              out.writeNumber(i);
            }
          }
          out.writeEndArray();
          out.writeEndObject();
        });
  }

  private static void texts(JsonGenerator out, String name, List<String> all) throws IOException {
    out.writeArrayFieldStart(name);
    for (String text : all) {
      out.writeString(shown(text));
    }
    out.writeEndArray();
  }

  /** What came from outside, with hidden characters shown. */
  private static String shown(String given) {
    return Printable.lines(given);
  }

  private static String text(AtlasTable table, int column, int row) {
    Object value = table.columns().get(column).values().get(row);
    return value == null ? "" : value.toString();
  }

  /**
   * The words of all neurons by their numbers, since one word is said by many.
   *
   * @param words those that some neuron says
   * @param each how many a neuron has at most
   * @param ofNeurons the number of each word and 1, 0 for none; {@code each} for a neuron
   */
  private record Vocabulary(List<String> words, int each, int[] ofNeurons) {
    static Vocabulary of(Atlas atlas) {
      AtlasTable table =
          atlas.sql(
              "SELECT array_to_string(words, chr("
                  + (int) SEPARATOR
                  + ")) FROM neurons ORDER BY position");
      List<String[]> all =
          table.columns().get(0).values().stream()
              .map(
                  v ->
                      v == null || v.toString().isEmpty()
                          ? new String[0]
                          : v.toString().split(String.valueOf(SEPARATOR), -1))
              .toList();
      int each = all.stream().mapToInt(w -> w.length).max().orElse(0);
      Map<String, Integer> numbers = new LinkedHashMap<>();
      int[] of = new int[each * all.size()];
      for (int i = 0; i < all.size(); i++) {
        for (int w = 0; w < all.get(i).length; w++) {
          String word = all.get(i)[w];
          Integer known = numbers.putIfAbsent(word, numbers.size());
          of[i * each + w] = 1 + (known == null ? numbers.size() - 1 : known);
        }
      }
      return new Vocabulary(List.copyOf(numbers.keySet()), each, of);
    }
  }
}
