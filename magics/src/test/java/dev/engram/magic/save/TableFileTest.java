package dev.engram.magic.save;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.EngramException;
import dev.engram.model.Safetensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Every format holds what the table holds, with the names and texts that are hardest to write. */
@SuppressWarnings("NullAway.Init")
class TableFileTest {
  private static final List<String> TEXTS = List.of("a,\"b\"\nc", "π 😂", "100 % & $x_1 \\ {^~#}");

  @TempDir private Path folder;

  private static Table table() {
    return Table.create(
        "A table",
        IntColumn.create("layer", 0, -3, 70000),
        DoubleColumn.create("share of the cosine", 0.1, Double.NaN, -1.0 / 3),
        StringColumn.create("it's, said", TEXTS));
  }

  private Path write(String name) {
    Path file = folder.resolve(name);
    assertTrue(new TableFile(file).write(table()).contains("3 rows of 3 columns"));
    return file;
  }

  @Test
  void csvIsRfc4180() throws IOException {
    assertEquals(
        "layer,share of the cosine,\"it's, said\"\r\n"
            + "0,0.1,\"a,\"\"b\"\"\nc\"\r\n"
            + "-3,,π 😂\r\n"
            + "70000,-0.3333333333333333,100 % & $x_1 \\ {^~#}\r\n",
        Files.readString(write("t.csv")));
    assertTrue(
        Files.readString(write("t.tsv")).startsWith("layer\tshare of the cosine\tit's, said\r\n"));
  }

  @Test
  void jsonHasAnObjectForEachRow() throws IOException {
    JsonNode rows = new ObjectMapper().readTree(Files.readAllBytes(write("t.json")));
    assertEquals(3, rows.size());
    assertEquals(-3, rows.at("/1/layer").asInt());
    assertTrue(rows.at("/1/share of the cosine").isNull());
    assertEquals(-1.0 / 3, rows.at("/2/share of the cosine").asDouble());
    assertEquals(TEXTS.get(0), rows.get(0).get("it's, said").asText());
  }

  /** What NumPy documents of format 3.0, read byte by byte. */
  private static String header(ByteBuffer bytes) {
    assertEquals((byte) 0x93, bytes.get());
    byte[] magic = new byte[5];
    bytes.get(magic);
    assertEquals("NUMPY", new String(magic, StandardCharsets.US_ASCII));
    assertEquals(3, bytes.get());
    assertEquals(0, bytes.get());
    byte[] header = new byte[bytes.getInt()];
    bytes.get(header);
    assertEquals(0, bytes.position() % 64);
    return new String(header, StandardCharsets.UTF_8).strip();
  }

  private static String text(ByteBuffer bytes, int points) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < points; i++) {
      int point = bytes.getInt();
      if (point != 0) {
        out.appendCodePoint(point);
      }
    }
    return out.toString();
  }

  @Test
  void npyIsAStructuredArray() throws IOException {
    ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(write("t.npy"))).order(ByteOrder.LITTLE_ENDIAN);
    int longest = TEXTS.get(2).length();
    assertEquals(
        "{'descr': [('layer', '<i8'), ('share of the cosine', '<f8'), ('it\\'s, said', '<U"
            + longest
            + "')], 'fortran_order': False, 'shape': (3,), }",
        header(bytes));
    assertEquals(0, bytes.getLong());
    assertEquals(0.1, bytes.getDouble());
    assertEquals(TEXTS.get(0), text(bytes, longest));
    assertEquals(-3, bytes.getLong());
    assertEquals(Double.NaN, bytes.getDouble());
    assertEquals(TEXTS.get(1), text(bytes, longest));
    assertEquals(70000, bytes.getLong());
    assertEquals(-1.0 / 3, bytes.getDouble());
    assertEquals(TEXTS.get(2), text(bytes, longest));
    assertEquals(0, bytes.remaining());
  }

  @Test
  void npzHasAnArrayForEachColumnUnderAPythonName() throws IOException {
    Map<String, byte[]> arrays = new HashMap<>();
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(write("t.npz")))) {
      for (ZipEntry e = zip.getNextEntry(); e != null; e = zip.getNextEntry()) {
        arrays.put(e.getName(), zip.readAllBytes());
      }
    }
    assertEquals(
        java.util.Set.of("layer.npy", "share_of_the_cosine.npy", "it_s_said.npy"), arrays.keySet());
    ByteBuffer layer =
        ByteBuffer.wrap(java.util.Objects.requireNonNull(arrays.get("layer.npy")))
            .order(ByteOrder.LITTLE_ENDIAN);
    assertEquals("{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }", header(layer));
    assertEquals(0, layer.getLong());
    assertEquals(-3, layer.getLong());
  }

  @Test
  void columnsHaveNamesOfTheirOwn() {
    java.util.Set<String> taken = new java.util.HashSet<>();
    assertEquals("a_b", Npy.identifier("a b", taken));
    assertEquals("a_b_2", Npy.identifier("a-b", taken));
    assertEquals("c_95", Npy.identifier("95 %", taken));
    assertEquals("c_", Npy.identifier("…", taken));
  }

  @Test
  void latexHasBooktabsAndNoSpecialCharacterOfATable() throws IOException {
    List<String> lines = Files.readAllLines(write("t.tex"));
    assertEquals("\\begin{tabular}{rrl}", lines.get(2));
    assertEquals("layer & share of the cosine & it's, said \\\\", lines.get(4));
    assertEquals("$-3$ &  & π 😂 \\\\", lines.get(7));
    assertEquals(
        "$70000$ & $-0.3333$ & 100 \\% \\& \\$x\\_1 \\textbackslash{}"
            + " \\{\\textasciicircum{}\\textasciitilde{}\\#\\} \\\\",
        lines.get(8));
    assertEquals("\\end{tabular}", lines.get(10));
  }

  @Test
  void safetensorsHasNumbersAsTensorsAndTextsBesideThem() throws IOException {
    Safetensors read = Safetensors.open(write("t.safetensors"));
    assertArrayEquals(new double[] {0, -3, 70000}, read.doubles("layer"));
    assertArrayEquals(
        new double[] {0.1, Double.NaN, -1.0 / 3}, read.doubles("share_of_the_cosine"));
    JsonNode texts = new ObjectMapper().readTree(read.metadata().get("it_s_said"));
    assertEquals(TEXTS.get(1), texts.get(1).asText());
  }

  @Test
  void parquetHasTypesAndNulls() throws Exception {
    Path file = write("it's [a] table.parquet");
    try (java.sql.Connection duck = dev.engram.atlas.DuckDb.open();
        java.sql.Statement s = duck.createStatement();
        java.sql.ResultSet rows =
            s.executeQuery(
                "SELECT * FROM read_parquet('"
                    + file.toString().replace("'", "''").replace("[", "[[]")
                    + "')")) {
      assertEquals("layer", rows.getMetaData().getColumnName(1));
      assertEquals("BIGINT", rows.getMetaData().getColumnTypeName(1));
      assertEquals("DOUBLE", rows.getMetaData().getColumnTypeName(2));
      assertTrue(rows.next());
      assertEquals(0.1, rows.getDouble("share of the cosine"));
      assertEquals(TEXTS.get(0), rows.getString("it's, said"));
      assertTrue(rows.next());
      assertEquals(-3, rows.getLong(1));
      assertEquals(null, rows.getObject(2));
      assertTrue(rows.next());
      assertEquals(-1.0 / 3, rows.getDouble(2));
      assertEquals(TEXTS.get(2), rows.getString(3));
    }
  }

  @Test
  void aTableOfTheSameColumnsIsReplacedAndNothingElse() throws IOException {
    for (TableFormat format : TableFormat.values()) {
      String name = "again." + format.name().toLowerCase(java.util.Locale.ROOT);
      Path file = write(name);
      Table longer =
          table()
              .append(
                  Table.create(
                      IntColumn.create("layer", new int[] {1}),
                      DoubleColumn.create("share of the cosine", new double[] {2}),
                      StringColumn.create(
                          "it's, said", List.of("a text that is longer than all others"))));
      assertTrue(new TableFile(file).write(longer).contains("4 rows"), name);
      byte[] before = Files.readAllBytes(file);
      Table other = Table.create("x", IntColumn.create("other", new int[] {1}));
      assertThrows(EngramException.class, () -> new TableFile(file).write(other), name);
      assertArrayEquals(before, Files.readAllBytes(file), name);
      Table alike =
          Table.create(
              IntColumn.create("layer", new int[] {1}),
              StringColumn.create("my note", List.of("mine")));
      assertThrows(EngramException.class, () -> new TableFile(file).write(alike), name);
      Files.writeString(file, "my notes");
      assertThrows(EngramException.class, () -> new TableFile(file).write(table()), name);
      assertEquals("my notes", Files.readString(file));
    }
  }

  @Test
  void aTableWithoutRowsReplacesNoFileOfAnother() throws IOException {
    for (TableFormat format : TableFormat.values()) {
      Path file = folder.resolve("none." + format.name().toLowerCase(java.util.Locale.ROOT));
      new TableFile(file).write(table().emptyCopy());
      assertTrue(new TableFile(file).write(table()).contains("rows"), file.toString());
      for (String mine : List.of("", "my notes", "{\"a\": 1}", "[1, 2]")) {
        Files.writeString(file, mine);
        assertThrows(
            EngramException.class, () -> new TableFile(file).write(table().emptyCopy()), mine);
        assertEquals(mine, Files.readString(file));
      }
    }
  }

  @Test
  void aRowThatBeginsWithABracketIsNoOptionOfLatex() {
    String tex = Latex.tabular(Table.create("t", StringColumn.create("a", List.of("[x]", "*"))));
    assertTrue(tex.contains("\n{}[x] \\\\\n{}* \\\\\n"), tex);
  }

  @Test
  void anExponentIsOneInLatex() {
    double[] values = {7.2e-5, Double.NEGATIVE_INFINITY, 0.25};
    String tex = Latex.tabular(Table.create("t", DoubleColumn.create("a", values)));
    assertTrue(tex.contains("\n$7.2\\times 10^{-5}$ \\\\\n$-\\infty$ \\\\\n$0.2500$ \\\\\n"), tex);
  }

  @Test
  void anArrayThatIsTooLargeIsRefusedInASentence() {
    String[] texts = new String[300];
    java.util.Arrays.fill(texts, "");
    texts[0] = "x".repeat(2_000_000);
    Table wide = Table.create("t", StringColumn.create("a", texts));
    String said =
        String.valueOf(
            assertThrows(EngramException.class, () -> Npy.structured(wide)).getMessage());
    assertTrue(said.contains("2,400,") && said.contains(".parquet"), said);
  }

  @Test
  void whatCannotBeWrittenIsRefusedBeforeTheWork() {
    for (String name : List.of("t", "t.xls", "none/t.csv")) {
      String said =
          String.valueOf(
              assertThrows(EngramException.class, () -> new TableFile(folder.resolve(name)), name)
                  .getMessage());
      assertTrue(said.contains(name.contains("/") ? "no folder" : ".safetensors"), said);
    }
  }
}
