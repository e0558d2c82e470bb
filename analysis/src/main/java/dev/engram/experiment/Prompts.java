package dev.engram.experiment;

import dev.engram.Progress;
import dev.engram.data.DatasetClass;
import dev.engram.data.Templates;
import dev.engram.model.Clip;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The texts by which classes are recognised. Several templates make one class vector, the mean of
 * their unit vectors, as in CLIP.
 *
 * @param classes by their index
 * @param templates <code>{}</code> where the class is named; empty for the classes' own labels
 */
public record Prompts(List<DatasetClass> classes, List<String> templates) {
  /** Groups of classes with the same prompt that a note names. */
  private static final int SHOWN_GROUPS = 3;

  /** Keeps copies. */
  public Prompts {
    classes = List.copyOf(classes);
    templates = List.copyOf(templates);
  }

  /** Of a part of the classes. */
  Prompts part(int from, int to) {
    return new Prompts(classes.subList(from, to), templates);
  }

  /** How many prompts a class has. */
  int ofEach() {
    return Math.max(1, templates.size());
  }

  /** The mean over the templates of the prompts' unit vectors, of unit length (C, D). */
  public float[][] vectors(Clip clip, Progress progress) {
    float[][] sum = new float[classes.size()][];
    int sets = ofEach();
    for (int t = 0; t < sets; t++) {
      long before = (long) t * classes.size();
      float[][] vectors =
          ClassTexts.embed(
              clip,
              texts(t),
              (what, done, total) ->
                  progress.report("embedding prompts", before + done, (long) sets * total));
      for (int c = 0; c < sum.length; c++) {
        float[] unit = unit(vectors[c]);
        sum[c] = sum[c] == null ? unit : plus(sum[c], unit);
      }
    }
    for (int c = 0; c < sum.length; c++) {
      sum[c] = unit(sum[c]);
    }
    return sum;
  }

  /** Every class in one template; in its own label where there is none. */
  private List<String> texts(int template) {
    return classes.stream()
        .map(
            c ->
                templates.isEmpty()
                    ? c.label()
                    : Templates.fill(templates.get(template), c.title()))
        .toList();
  }

  private static float[] plus(float[] a, float[] b) {
    float[] out = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      out[i] = a[i] + b[i];
    }
    return out;
  }

  private static float[] unit(float[] v) {
    double squares = 0;
    for (float x : v) {
      squares += (double) x * x;
    }
    float[] out = new float[v.length];
    for (int i = 0; i < v.length; i++) {
      out[i] = (float) (v[i] / Math.sqrt(squares));
    }
    return out;
  }

  /** Tells prompts apart, and nothing else: their order is the classes'. */
  String hash() {
    StringBuilder all = new StringBuilder().append(classes.size()).append(" classes");
    for (int t = 0; t < ofEach(); t++) {
      texts(t).forEach(p -> all.append('\0').append(p));
    }
    return Hashes.of(all.toString());
  }

  /** One sentence on classes that the model cannot tell apart, since their texts are the same. */
  Optional<String> shared() {
    Map<List<String>, List<DatasetClass>> byPrompts = new LinkedHashMap<>();
    List<List<String>> all = new ArrayList<>();
    for (int t = 0; t < ofEach(); t++) {
      all.add(texts(t));
    }
    for (int c = 0; c < classes.size(); c++) {
      int index = c;
      byPrompts
          .computeIfAbsent(all.stream().map(p -> p.get(index)).toList(), k -> new ArrayList<>())
          .add(classes.get(c));
    }
    List<Map.Entry<List<String>, List<DatasetClass>>> shared =
        byPrompts.entrySet().stream().filter(e -> e.getValue().size() > 1).toList();
    if (shared.isEmpty()) {
      return Optional.empty();
    }
    String groups =
        shared.stream()
            .limit(SHOWN_GROUPS)
            .map(
                e ->
                    e.getValue().stream().map(DatasetClass::name).collect(Collectors.joining(", "))
                        + " (\""
                        + e.getKey().get(0)
                        + "\")")
            .collect(Collectors.joining("; "));
    return Optional.of(
        "%d prompts belong to several classes, whose images are all taken for the first of them: %s%s."
            .formatted(shared.size(), groups, shared.size() > SHOWN_GROUPS ? "; …" : ""));
  }

  /** In words, for provenance. */
  @Override
  public String toString() {
    return templates.isEmpty()
        ? "labels, such as \"" + classes.get(0).label() + "\""
        : templates.size() == 1
            ? "\"" + templates.get(0) + "\""
            : "mean of " + templates.size() + " templates, from \"" + templates.get(0) + "\"";
  }
}
