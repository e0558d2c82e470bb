package dev.engram.iconclip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.Progress;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.edit.Suppression;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds the embedded default model to what an independent implementation computed in float64 from
 * the same weights and images: embeddings, the ten neurons of every second entity, the cosines
 * after suppression and removal.
 */
class IconclipGoldenTest {
  private static Clip clip;
  private static Attributor attributor;
  private static Suppression suppression;
  private static ImageSet images;

  @BeforeAll
  static void load() {
    clip = Clip.from(Iconclip.model()).device("cpu").load();
    attributor = new Attributor(clip);
    suppression = new Suppression(clip);
    images = ImageSet.read(Iconclip.entities());
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  private static JsonNode json(String name) throws IOException {
    return new ObjectMapper().readTree(Iconclip.root().resolve(name).toFile());
  }

  static List<JsonNode> golden() throws IOException {
    return StreamSupport.stream(json("golden.json").spliterator(), false).toList();
  }

  static List<Map.Entry<String, JsonNode>> entities() throws IOException {
    return List.copyOf(json("expected-entities.json").properties());
  }

  @ParameterizedTest
  @MethodSource("golden")
  void embedsImagesAndCaptionsAsThePythonModel(JsonNode g) {
    float[] pixels = clip.processor().process(Iconclip.entities().resolve(g.path("file").asText()));
    close(g.path("image_features"), clip.embedImages(List.of(pixels), Progress.NONE)[0]);
    close(
        g.path("text_features"),
        clip.embedTexts(List.of(g.path("caption").asText()), Progress.NONE)[0]);
    int[] ids = new int[g.path("ids").size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = g.path("ids").get(i).asInt();
    }
    assertArrayEquals(ids, clip.tokenizer().encode(g.path("caption").asText()));
  }

  private static void close(JsonNode expected, float[] actual) {
    assertEquals(expected.size(), actual.length);
    for (int i = 0; i < actual.length; i++) {
      assertEquals(expected.get(i).asDouble(), actual[i], 2e-5 * 4);
    }
  }

  @ParameterizedTest
  @MethodSource("entities")
  void findsTheTenNeuronsOfAnEntityInOrder(Map.Entry<String, JsonNode> e) {
    Entity entity = images.entity(e.getKey());
    JsonNode x = e.getValue();
    assertEquals(x.path("label").asText(), entity.label());
    assertEquals(x.path("images").asInt(), entity.images().size());
    Attribution a =
        attributor.attribute(entity.images(), entity.label(), Reading.LITERAL, Progress.NONE);
    assertEquals(x.path("cosine").asDouble(), a.cosine(), 1e-5);
    List<Attribution.Ranked> top = a.top(10);
    for (int i = 0; i < 10; i++) {
      JsonNode n = x.path("top10").get(i);
      assertEquals(n.get(0).asText(), top.get(i).neuron().toString(), "rank " + (i + 1));
      assertEquals(n.get(1).asDouble(), top.get(i).score(), 1e-6);
    }
    float[] text = clip.embedTexts(List.of(entity.label()), Progress.NONE)[0];
    List<float[]> pixels =
        entity.images().stream().map(im -> clip.processor().process(im.file())).toList();
    for (int k : new int[] {1, 3, 10}) {
      List<Neuron> first = a.top(k).stream().map(Attribution.Ranked::neuron).toList();
      assertEquals(
          x.path("residual").path("" + k).asDouble(),
          cosine(suppression.residual(pixels, first), text),
          1e-5);
      assertEquals(
          x.path("complete").path("" + k).asDouble(),
          cosine(suppression.complete(pixels, first, Tokens.ALL), text),
          1e-5);
    }
  }

  @Test
  void knowsMostOfItsOwnDrawings() {
    List<Entity> entities = images.entities();
    float[][] labels =
        clip.embedTexts(entities.stream().map(Entity::label).toList(), Progress.NONE);
    int right = 0;
    int all = 0;
    for (int e = 0; e < entities.size(); e++) {
      List<float[]> pixels =
          entities.get(e).images().stream().map(im -> clip.processor().process(im.file())).toList();
      for (float[] z : clip.embedImages(pixels, Progress.NONE)) {
        int best = 0;
        for (int i = 1; i < labels.length; i++) {
          best = cos(z, labels[i]) > cos(z, labels[best]) ? i : best;
        }
        right += best == e ? 1 : 0;
        all++;
      }
    }
    assertEquals(
        0.995,
        right / (double) all,
        0.002,
        "accuracy among the 60 entities, as the model's README says");
  }

  private static double cosine(float[][] images, float[] text) {
    double s = 0;
    for (float[] z : images) {
      s += cos(z, text) / images.length;
    }
    return s;
  }

  private static double cos(float[] a, float[] b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return ab / Math.sqrt(aa * bb);
  }
}
