package dev.engram.data;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Refusal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sizes that a MATLAB file states falsely are found before anything is allocated. */
class MatlabSizesTest {
  private static final int INT8 = 1;
  private static final int INT32 = 5;
  private static final int UINT32 = 6;
  private static final int MATRIX = 14;
  private static final int COMPRESSED = 15;

  @TempDir Path temp = Path.of("");

  private static byte[] file(byte[] elements) {
    return ByteBuffer.allocate(128 + elements.length)
        .put("MATLAB 5.0 MAT-file".getBytes(ISO_8859_1))
        .position(124)
        .put(new byte[] {0, 1, 'I', 'M'})
        .put(elements)
        .array();
  }

  private static byte[] element(int type, int claimed, byte[]... data) {
    int n = 0;
    for (byte[] d : data) {
      n += d.length;
    }
    ByteBuffer b = ByteBuffer.allocate(8 + n).order(ByteOrder.LITTLE_ENDIAN);
    b.putInt(type).putInt(claimed);
    for (byte[] d : data) {
      b.put(d);
    }
    return b.array();
  }

  private static byte[] ints(int... values) {
    ByteBuffer b = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int v : values) {
      b.putInt(v);
    }
    return b.array();
  }

  /** Flags, dimensions and name of a matrix, and what follows. */
  private static byte[] matrix(int rows, int columns, byte[]... more) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(element(UINT32, 8, ints(6, 0)));
    all.writeBytes(element(INT32, 8, ints(rows, columns)));
    all.writeBytes(element(INT8, 8, "labels\0\0".getBytes(ISO_8859_1)));
    for (byte[] m : more) {
      all.writeBytes(m);
    }
    return element(MATRIX, all.size(), all.toByteArray());
  }

  private static byte[] compressed(byte[] content) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflater = new DeflaterOutputStream(packed)) {
      deflater.write(content);
    }
    return element(COMPRESSED, packed.size(), packed.toByteArray());
  }

  private void refused(byte[] elements, String why) throws IOException {
    byte[] bytes = file(elements);
    IOException e = assertThrows(IOException.class, () -> MatlabSizes.check(bytes));
    assertTrue(String.valueOf(e.getMessage()).contains(why), e.getMessage());
    Path file = Files.write(temp.resolve("imagelabels.mat"), bytes);
    Refusal.holds(() -> MatlabFile.read(file), "is damaged", why);
  }

  @Test
  void whatIsTrueIsRead() throws IOException {
    byte[] good = matrix(1, 8, element(INT8, 8, new byte[8]));
    MatlabSizes.check(file(good));
    MatlabSizes.check(file(compressed(good)));
    MatlabSizes.check(file(new byte[0]));
  }

  @Test
  void anElementLargerThanItsMatrixIsRefused() throws IOException {
    refused(matrix(1, 8, element(INT8, Integer.MAX_VALUE, new byte[8])), "an element claims");
    refused(matrix(1, 8, element(INT8, 9, new byte[8])), "an element claims");
    refused(matrix(1, 8, element(INT8, -1, new byte[8])), "an element claims");
    refused(compressed(matrix(1, 8, element(INT8, 1 << 30, new byte[8]))), "an element claims");
  }

  @Test
  void aMatrixOfMoreEntriesThanBytesIsRefused() throws IOException {
    refused(matrix(1 << 15, 1 << 16, element(INT8, 8, new byte[8])), "more entries");
    refused(matrix(1, -1, element(INT8, 8, new byte[8])), "more entries");
    byte[] length = element(INT32, 4, ints(4, 0));
    byte[] fields = element(INT8, 400, new byte[400]);
    refused(matrix(1, 100, length, fields), "more entries");
  }

  @Test
  void aBombIsRefused() throws IOException {
    refused(compressed(new byte[70_000_000]), "unpacks to more than 64000000 bytes");
  }

  @Test
  void deepNestingIsRefused() throws IOException {
    byte[] nested = new byte[0];
    for (int i = 0; i < 20; i++) {
      nested = element(MATRIX, nested.length, nested);
    }
    refused(nested, "nested too deep");
  }
}
