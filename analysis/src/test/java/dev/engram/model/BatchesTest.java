package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.engine.EngineException;
import dev.engram.Refusal;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches on devices that have memory for so many items and no more. */
class BatchesTest {
  private final List<Integer> done = new ArrayList<>();
  private final List<Integer> sizes = new ArrayList<>();

  /** Work that fails in PyTorch's words for more than so many items. */
  private Batches.Work upTo(int room, String words) {
    return (from, to) -> {
      sizes.add(to - from);
      if (to - from > room) {
        throw new EngineException(words);
      }
      for (int i = from; i < to; i++) {
        done.add(i);
      }
    };
  }

  private void assertAllOnce(int n) {
    assertEquals(java.util.stream.IntStream.range(0, n).boxed().toList(), done);
  }

  @Test
  void theUsualSizeWhereNothingIsKnown() {
    Batches batches = new Batches("cpu", () -> -1);
    batches.each(35, 16, 1, upTo(100, ""));
    assertAllOnce(35);
    assertEquals(List.of(16, 16, 3), sizes);
    assertEquals("", batches.note());
  }

  /** ViT-L/14, ViT-B/16, the embedded model, a model of 448 pixels, a tiny one. */
  @ParameterizedTest
  @CsvSource({"257, 4096, 4", "197, 3072, 8", "145, 1536, 16", "1025, 8192, 1", "5, 8, 16"})
  void aLargeModelsImagesPassFewAtOnce(int tokens, int ffnWidth, int size) {
    assertEquals(size, Traces.usual(tokens, ffnWidth));
  }

  @ParameterizedTest
  @CsvSource({"2000, 100, 10", "2000, 3000, 1", "999999999, 1, 256", "0, 100, 1"})
  void theSizeFollowsTheFreeMemory(long free, long bytes, int size) {
    new Batches("gpu(0)", () -> free).each(1000, 16, bytes, upTo(10_000, ""));
    assertAllOnce(1000);
    assertEquals(size, sizes.get(0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA out of memory. Tried to allocate 2.00 GiB",
        "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes",
        "DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."
      })
  void aFullDeviceGetsSmallerBatchesAndKeepsToThem(String words) {
    Batches batches = new Batches("gpu(0)", () -> 1000);
    batches.each(40, 16, 10, upTo(7, words));
    assertAllOnce(40);
    assertEquals(List.of(40, 20, 10, 5, 5, 5, 5, 5, 5, 5, 5), sizes);
    assertEquals("at most 5 at once, since its memory was full", batches.note());
    sizes.clear();
    done.clear();
    batches.each(10, 16, 10, upTo(7, words));
    assertEquals(List.of(5, 5), sizes);
  }

  @Test
  void noRoomForOneIsASentence() {
    Batches batches = new Batches("gpu(0)", () -> 1000);
    Refusal.holds(
        () -> batches.each(4, 16, 1, upTo(0, "CUDA out of memory")), "gpu(0)", "--device cpu");
    assertEquals(List.of(4, 2, 1), sizes);
  }

  /** What takes ten times as much gets a tenth of what had room, and does not slow the rest. */
  @Test
  void whatIsLearnedCountsByItsSize() {
    Batches batches = new Batches("gpu(0)", () -> -1);
    batches.each(40, 16, 100, upTo(5, "CUDA out of memory"));
    sizes.clear();
    batches.each(16, 16, 10, upTo(100, ""));
    assertEquals(List.of(16), sizes);
    sizes.clear();
    batches.each(2, 16, 400, upTo(100, ""));
    assertEquals(List.of(1, 1), sizes);
    assertEquals("at most 4 at once, since its memory was full", batches.note());
  }

  /** Within a batch of more than two nothing has room: the outer loop takes less at once. */
  @Test
  void whereAnInnerLoopHasNoRoomTheOuterBatchIsHalved() {
    Batches batches = new Batches("cpu", () -> -1);
    List<Integer> taken = new ArrayList<>();
    batches.each(
        8,
        8,
        1,
        (from, to) -> {
          batches.each(to - from, 2, 1, upTo(to - from > 2 ? 0 : 2, "CUDA out of memory"));
          return from + ".." + to;
        },
        (from, part) -> taken.add(from));
    assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7), taken);
    Refusal.holds(
        () ->
            batches.each(
                2, 2, 1, (from, to) -> batches.each(1, 1, 1, upTo(0, "CUDA out of memory"))),
        "--device cpu");
  }

  @Test
  void whatASinkThrowsEndsTheLoop() {
    Batches batches = new Batches("cpu", () -> -1);
    assertThrows(
        EngineException.class,
        () ->
            batches.each(
                4,
                2,
                1,
                (from, to) -> to,
                (from, part) -> {
                  throw new EngineException("CUDA out of memory");
                }));
    assertEquals("", batches.note());
  }

  @Test
  void otherFailuresPass() {
    Batches batches = new Batches("gpu(0)", () -> 1000);
    EngineException e =
        assertThrows(EngineException.class, () -> batches.each(4, 16, 1, upTo(0, "shapes differ")));
    assertEquals("shapes differ", e.getMessage());
    assertEquals(List.of(4), sizes);
  }
}
