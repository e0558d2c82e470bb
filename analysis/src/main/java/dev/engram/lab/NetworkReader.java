package dev.engram.lab;

import dev.engram.Cosine;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Vectors;
import dev.engram.data.ImageSelection;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.ActivationPatching;
import dev.engram.dissect.AttentionReader;
import dev.engram.dissect.HeadSplitter;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.Lens;
import dev.engram.dissect.TextSpan;
import dev.engram.dissect.WordDictionary;
import dev.engram.model.Clip;
import dev.engram.model.ImageReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Answers what is asked of the network as a whole: attention, the lens, heads, patching. */
final class NetworkReader {
  /** Layers whose heads are put into words: earlier ones write next to nothing to the embedding. */
  private static final int LAST_LAYERS = 4;

  private final Lab lab;
  private final Clip clip;
  private final Progress progress;
  private final int layers;
  private final int heads;
  private final int side;
  private final boolean classToken;

  NetworkReader(Lab lab, Clip clip, Progress progress) {
    this.lab = lab;
    this.clip = clip;
    this.progress = progress;
    this.layers = clip.config().vision().layers();
    this.heads = clip.config().vision().space().heads();
    this.side = clip.config().patchesAlongSide();
    this.classToken = clip.config().family().hasClassToken();
  }

  AttentionMaps attention(Attend request) {
    Integer only = request.head();
    if (only != null && (only < 0 || only >= heads)) {
      throw new EngramException(
          "The layers of this model have heads from 0 to %d, got %d.".formatted(heads - 1, only));
    }
    List<Integer> which = layers(request.layers(), 1);
    LabelledImage image = first(request.target());
    double[][][] rows =
        new AttentionReader(clip)
            .of(clip.processor().process(image.file()), token(request.patch()), which);
    List<AttentionMaps.OfHead> maps = new ArrayList<>();
    for (int i = 0; i < which.size(); i++) {
      for (int h = 0; h < heads; h++) {
        if (only == null || only == h) {
          double[] row = rows[i][h];
          maps.add(
              new AttentionMaps.OfHead(
                  which.get(i),
                  h,
                  classToken ? row[0] : 0,
                  Arrays.copyOfRange(row, classToken ? 1 : 0, row.length)));
        }
      }
    }
    return new AttentionMaps(
        picture(image),
        side,
        request.patch(),
        maps,
        Provenance.of(clip, "image", lab.nameOf(image), "attention", "Eq. 3, after the softmax"));
  }

  private int token(@Nullable Cell patch) {
    if (patch == null) {
      clip.vision().requireClassToken("the attention of the class token (name a patch instead)");
      return 0;
    }
    if (patch.row() < 0 || patch.row() >= side || patch.column() < 0 || patch.column() >= side) {
      throw new EngramException(
          "Patches have rows and columns from 0 to %d, got %d,%d."
              .formatted(side - 1, patch.row(), patch.column()));
    }
    return (classToken ? 1 : 0) + patch.row() * side + patch.column();
  }

  private List<Integer> layers(List<Integer> asked, int last) {
    for (int layer : asked) {
      if (layer < 0 || layer >= layers) {
        throw new EngramException(
            "This model has layers from 0 to %d, got %d.".formatted(layers - 1, layer));
      }
    }
    return asked.isEmpty()
        ? IntStream.range(Math.max(0, layers - last), layers).boxed().toList()
        : asked;
  }

  private LabelledImage first(Target target) {
    return lab.select(target).images().get(0);
  }

  private Picture picture(LabelledImage image) {
    return new Picture(lab.nameOf(image), clip.processor().crop(ImageReader.read(image.file())));
  }

  LensCurve lens(Target target, @Nullable String label) {
    ImageSelection chosen = lab.select(target);
    String text = chosen.text(label);
    return new LensCurve(
        chosen.title(),
        text,
        new Lens(clip).curve(lab.pixels(chosen), embedded(text)),
        Provenance.of(
            clip,
            "images",
            String.valueOf(chosen.images().size()),
            "label",
            "\"" + text + "\"",
            "lens",
            "cos(P LN_post(x), t)"));
  }

  LensMaps lensMaps(Target target, List<String> labels) {
    ImageSelection chosen = lab.select(target);
    LabelledImage image = chosen.images().get(0);
    List<String> texts = labels.isEmpty() ? List.of(chosen.text(null)) : labels;
    List<float[]> embeddings = List.of(clip.embedTexts(texts, Progress.NONE));
    return new LensMaps(
        picture(image),
        side,
        classToken,
        texts,
        new Lens(clip).tokens(clip.processor().process(image.file()), embeddings),
        Provenance.of(
            clip, "image", lab.nameOf(image), "lens", "cos(P LN_post(x), t) of every token"));
  }

  private float[] embedded(String text) {
    return clip.embedTexts(List.of(text), Progress.NONE)[0];
  }

  HeadReadings heads(ReadHeads request) {
    List<Integer> which = layers(request.layers(), LAST_LAYERS);
    if (request.sample() < 2) {
      throw new EngramException(
          "The outputs of a head vary over two images or more, got a sample of %d."
              .formatted(request.sample()));
    }
    ImageSelection chosen = lab.select(request.target());
    String text = chosen.text(request.label());
    float[] embedding = embedded(text);
    WordDictionary dictionary = lab.dictionary(request.words());
    double[][] shares = new double[layers][heads];
    double ffn = 0;
    double rest = 0;
    double cosine = 0;
    List<HeadSplitter.Split> splits = new HeadSplitter(clip).split(lab.pixels(chosen), progress);
    for (HeadSplitter.Split split : splits) {
      float[] z = split.embedding();
      double scale =
          1
              / (Math.sqrt(Vectors.dot(z, z))
                  * Math.sqrt(Vectors.dot(embedding, embedding))
                  * splits.size());
      for (int l = 0; l < layers; l++) {
        for (int h = 0; h < heads; h++) {
          shares[l][h] += scale * Vectors.dot(split.heads()[l][h], embedding);
        }
      }
      ffn += scale * Vectors.dot(split.ffn(), embedding);
      rest += scale * Vectors.dot(split.rest(), embedding);
      cosine += Cosine.of(z, embedding) / splits.size();
    }
    ImageSelection over =
        new ImageSelection(lab.images().name(), lab.images().images(), "").spread(request.sample());
    return new HeadReadings(
        chosen.title(),
        text,
        cosine,
        shares,
        ffn,
        rest,
        said(which, over, dictionary),
        Provenance.of(
            clip,
            "images",
            String.valueOf(chosen.images().size()),
            "label",
            "\"" + text + "\"",
            "words",
            "TextSpan over %d images of %s, %s (%d words)"
                .formatted(
                    over.images().size(),
                    lab.images().name(),
                    dictionary.name(),
                    dictionary.words().size())));
  }

  private List<HeadReadings.HeadWords> said(
      List<Integer> which, ImageSelection over, WordDictionary dictionary) {
    List<float[][][]> outputs = new HeadSplitter(clip).outputs(lab.pixels(over), which, progress);
    TextSpan span = new TextSpan(dictionary);
    List<HeadReadings.HeadWords> words = new ArrayList<>();
    for (int i = 0; i < which.size(); i++) {
      for (int h = 0; h < heads; h++) {
        progress.step("putting heads into words", words.size(), (long) which.size() * heads);
        int layer = i;
        int head = h;
        float[][] rows = outputs.stream().map(o -> o[layer][head]).toArray(float[][]::new);
        words.add(new HeadReadings.HeadWords(which.get(i), h, span.words(rows, Interpreter.WORDS)));
      }
    }
    return words;
  }

  PatchedActivations patch(PatchActivations request) {
    LabelledImage image = first(request.target());
    ImageSelection from = lab.select(request.source());
    LabelledImage source = from.images().get(0);
    String text = from.text(request.label());
    float[] embedding = embedded(text);
    float[] own = clip.processor().process(image.file());
    float[] other = clip.processor().process(source.file());
    float[][] ends = clip.embedImages(List.of(own, other), Progress.NONE);
    return new PatchedActivations(
        picture(image),
        lab.nameOf(source),
        text,
        request.place(),
        side,
        classToken,
        Cosine.of(ends[0], embedding),
        Cosine.of(ends[1], embedding),
        new ActivationPatching(clip).patch(own, other, embedding, request.place(), progress),
        Provenance.of(
            clip,
            "image",
            lab.nameOf(image),
            "source",
            lab.nameOf(source),
            "label",
            "\"" + text + "\"",
            "replaced by",
            request.place().name().toLowerCase(Locale.ROOT)));
  }
}
