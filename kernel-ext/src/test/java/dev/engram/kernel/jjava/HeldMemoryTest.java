package dev.engram.kernel.jjava;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeldMemoryTest {
  private static final double MEGABYTE = 1 << 20;

  record Holder(String name, List<float[]> arrays) {}

  @Test
  void arraysCollectionsAndOwnClassesAreFollowed() {
    List<float[]> arrays = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      arrays.add(new float[1 << 18]);
    }
    assertEquals(16, HeldMemory.of(arrays) / MEGABYTE, 0.1);
    assertEquals(16, HeldMemory.of(new Holder("a", arrays)) / MEGABYTE, 0.1);
    assertEquals(16, HeldMemory.of(Map.of("b", arrays)) / MEGABYTE, 0.1);
    assertEquals(16, HeldMemory.of(arrays.toArray()) / MEGABYTE, 0.1);
    assertEquals(8, HeldMemory.of(new long[1 << 20]) / MEGABYTE, 0.1);
    assertEquals(0, HeldMemory.of(null));
  }

  @Test
  void ofALongListTheFirstElementsStandForAll() {
    List<byte[]> many = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      many.add(new byte[1000]);
    }
    assertEquals(10e6, HeldMemory.of(many), 0.5e6);
  }

  @Test
  void whatContainsItselfEnds() {
    List<Object> ring = new ArrayList<>(Collections.nCopies(10, "x"));
    ring.add(ring);
    assertTrue(HeldMemory.of(ring) < 1000);
  }
}
