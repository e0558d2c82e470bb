package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

/** What a tensor becomes must not lie in the file's mapping once the stored array is closed. */
class StoredTensorTest {
  private static final float[] VALUES = {1, 2, 3, 4, 5, 6};

  private static void outlives(StoredTensor tensor, Shape stored, float[] expected, long... asked) {
    FloatBuffer mapping =
        ByteBuffer.allocateDirect(Float.BYTES * VALUES.length)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    mapping.put(0, VALUES);
    try (NDManager manager = EngineArrays.onCpu()) {
      NDArray array = tensor.of(manager.create(mapping, stored), asked);
      mapping.put(0, new float[VALUES.length]); // as when the memory has become another's
      assertArrayEquals(expected, array.toFloatArray());
      assertEquals(new Shape(asked), array.getShape());
      assertEquals(1, manager.getManagedArrays().size(), "the stored array is closed");
    }
  }

  @Test
  void aTensorWithoutItsLeadingOnesIsACopy() {
    outlives(StoredTensor.withOnes("cls_token", 2), new Shape(1, 1, 6), VALUES, 6);
    outlives(StoredTensor.withOnes("positions", 1), new Shape(1, 2, 3), VALUES, 2, 3);
  }

  @Test
  void soAreATransposedOneAndAThird() {
    float[] turned = {1, 4, 2, 5, 3, 6};
    outlives(StoredTensor.transposed("w"), new Shape(2, 3), turned, 3, 2);
    outlives(StoredTensor.third("qkv", 1), new Shape(6), new float[] {3, 4}, 2);
  }
}
