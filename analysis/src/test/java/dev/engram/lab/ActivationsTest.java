package dev.engram.lab;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import dev.engram.EngramException;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Activations are those of a forward pass of each image alone, with everything kept. */
class ActivationsTest {
  private static final float NEAR = 2e-5f;

  private static ImageSet set;
  private static Lab lab;

  @BeforeAll
  static void open() {
    set = ImageSet.read(Iconclip.entities()).firstImages(3);
    lab = Lab.of(Clip.from(Iconclip.model()).named("iconclip").device("cpu").load()).images(set);
  }

  @AfterAll
  static void close() {
    lab.close();
  }

  /** One image, every site, all tokens, read where the trace has them. */
  private static float[] naive(LabelledImage image, Site site, int layer, Tokens tokens) {
    Clip clip = lab.model();
    float[] pixels = clip.processor().process(image.file());
    try (Trace trace = clip.trace(List.of(pixels), TraceRequest.everything(), List.of())) {
      NDArray all = trace.get(site, layer);
      if (tokens == Tokens.ALL) {
        return all.toFloatArray();
      }
      return all.get(site == Site.ATTENTION ? "0, :, 0" : "0, 0").toFloatArray();
    }
  }

  @Test
  void everySiteIsThatOfASingleForwardPass() {
    List<LabelledImage> images = new ArrayList<>(set.entity("panda").images());
    images.add(set.entity("koala").images().get(1));
    for (Tokens tokens : Tokens.values()) {
      Activations a =
          lab.activations(
              ReadActivations.of("panda", "koala/1")
                  .at(Site.values())
                  .layers(List.of(0, 3))
                  .tokens(tokens));
      assertEquals(2 * Site.values().length, a.tensors().size());
      assertEquals(List.of("panda/0", "panda/1", "panda/2", "koala/1"), a.images());
      for (Activations.Tensor t : a.tensors()) {
        assertEquals(4L, t.shape().get(0), t.name());
        int size = t.values().length / 4;
        assertEquals(
            (long) t.values().length, t.shape().stream().reduce(1L, (x, y) -> x * y), t.name());
        for (int i = 0; i < 4; i++) {
          assertArrayEquals(
              naive(images.get(i), t.site(), t.layer(), tokens),
              Arrays.copyOfRange(t.values(), i * size, (i + 1) * size),
              NEAR,
              t.name() + " of image " + i + ", " + tokens);
        }
      }
    }
  }

  @Test
  void theResidualStreamHasOneLayerMore() {
    int layers = lab.model().config().vision().layers();
    Activations a = lab.activations(ReadActivations.of("panda/0"));
    assertEquals(layers + 1, a.tensors().size());
    Activations.Tensor last = a.at(Site.H, layers);
    assertEquals("H_" + layers, last.name());
    assertEquals("blocks." + (layers - 1) + ".hook_resid_post", a.hook(last));
    assertEquals("blocks.0.hook_resid_pre", a.hook(a.at(Site.H, 0)));
    assertTrue(
        String.valueOf(assertThrows(EngramException.class, () -> a.at(Site.F, 0)).getMessage())
            .contains("there is no F_0"));
  }

  @Test
  void whatIsNotThereOrDoesNotFitIsRefused() {
    int layers = lab.model().config().vision().layers();
    ReadActivations one = ReadActivations.of("panda/0");
    refused("in layers from 0 to " + (layers - 1), one.at(Site.F).layers(List.of(layers)));
    refused("in layers from 0 to " + layers, one.layers(List.of(layers + 1)));
    assertThrows(EngramException.class, () -> one.at(List.of()));
    assertThrows(EngramException.class, () -> one.at(Site.F, Site.F));
    assertThrows(EngramException.class, () -> one.layers(List.of(1, 1)));
    LabelledImage image = set.entity("panda").images().get(0);
    var many =
        new dev.engram.data.ImageSelection(
            "many", java.util.Collections.nCopies(2_000_000, image), "");
    refused(
        "Java has room for", ReadActivations.of(Target.of(many)).at(Site.M_F).tokens(Tokens.ALL));
  }

  private static void refused(String words, ReadActivations request) {
    String said =
        String.valueOf(
            assertThrows(EngramException.class, () -> lab.activations(request)).getMessage());
    assertTrue(said.contains(words), said);
  }
}
