package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.trace.Neuron;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultStoreTest {
  private record Value(double[] numbers, List<Neuron> neurons, Map<Score, Integer> ranks) {}

  private record Other(String text) {}

  private static final Map<String, String> KEY = Map.of("experiment", "test", "label", "a \"cat\"");

  private static Value value() {
    Random random = new Random(7);
    double[] numbers = random.doubles(1000).map(d -> Math.exp(1000 * (d - 0.5))).toArray();
    numbers[0] = Double.NaN;
    numbers[1] = -0.0;
    numbers[2] = Double.MIN_VALUE;
    numbers[3] = Double.NEGATIVE_INFINITY;
    numbers[4] = 0.1 + 0.2;
    return new Value(
        numbers, List.of(Neuron.ffn(5, 412), Neuron.msa(3, 0, 11)), Map.of(Reading.LENS, 3));
  }

  private static Path file(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      List<Path> files = all.filter(Files::isRegularFile).toList();
      assertEquals(1, files.size(), "nothing unfinished is left: " + files);
      return files.get(0);
    }
  }

  @Test
  void whatIsKeptIsFoundToTheLastBit(@TempDir Path folder) {
    ResultStore.in(folder).write(KEY, value());
    Value found = ResultStore.in(folder).read(KEY, Value.class).orElseThrow().value();
    for (int i = 0; i < 1000; i++) {
      assertEquals(
          Double.doubleToRawLongBits(value().numbers[i]),
          Double.doubleToRawLongBits(found.numbers[i]));
    }
    assertEquals(value().neurons, found.neurons);
    assertEquals(value().ranks, found.ranks);
  }

  @Test
  void whatWasNotUsedForLongIsDeletedAndNothingElse(@TempDir Path folder) throws IOException {
    Map<String, String> used = Map.of("experiment", "used");
    ResultStore.in(folder).write(KEY, value());
    Path unused = file(folder);
    Path foreign = Files.writeString(unused.resolveSibling("notes.json"), "mine");
    ResultStore.in(folder).write(used, value());
    FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofDays(91)));
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        Files.setLastModifiedTime(file, longAgo);
      }
    }
    ResultStore store = ResultStore.in(folder);
    assertTrue(store.read(used, Value.class).isPresent());
    store.write(Map.of("experiment", "another"), value());
    assertTrue(store.read(used, Value.class).isPresent());
    assertTrue(store.read(KEY, Value.class).isEmpty());
    assertFalse(Files.exists(unused));
    assertTrue(Files.exists(foreign));
  }

  @Test
  void anotherKeyOrTypeFindsNothing(@TempDir Path folder) {
    ResultStore store = ResultStore.in(folder);
    store.write(KEY, value());
    assertTrue(store.read(Map.of("experiment", "test"), Value.class).isEmpty());
    assertTrue(store.read(Map.of("experiment", "test", "label", "a dog"), Value.class).isEmpty());
    assertTrue(store.read(KEY, Other.class).isEmpty());
    assertTrue(store.fresh().read(KEY, Value.class).isEmpty());
  }

  @Test
  void aDamagedOrForeignFileCountsAsNone(@TempDir Path folder) throws IOException {
    ResultStore store = ResultStore.in(folder);
    store.write(KEY, value());
    Path file = file(folder);
    String whole = Files.readString(file);
    int digit = whole.indexOf("\"numbers\"") + 100;
    while (!Character.isDigit(whole.charAt(digit))) {
      digit++;
    }
    char other = whole.charAt(digit) == '7' ? '8' : '7';
    for (String damaged :
        List.of(
            "",
            "{}",
            "null",
            "[1, 2]",
            "a letter to a friend",
            whole.substring(0, whole.length() / 2),
            whole.substring(0, digit) + other + whole.substring(digit + 1),
            whole.replace("a \\\"cat", "a \\\"dog"),
            whole.replaceFirst("\"computed\":\"[^\"]*\"", "\"computed\":\"yesterday\""))) {
      Files.writeString(file, damaged);
      assertTrue(
          store.read(KEY, Value.class).isEmpty(), "a file of " + damaged.length() + " characters");
    }
    Files.write(file, new byte[] {0, (byte) 0xff, 3});
    assertTrue(store.read(KEY, Value.class).isEmpty());
    store.write(KEY, value());
    assertArrayEquals(value().numbers, store.read(KEY, Value.class).orElseThrow().value().numbers);
    assertEquals(whole.length(), Files.readString(file(folder), StandardCharsets.UTF_8).length());
  }

  @Test
  void aFolderThatCannotBeUsedIsSaidAndDoesNoHarm(@TempDir Path folder) throws IOException {
    Path inTheWay = Files.writeString(folder.resolve("file"), "not a folder");
    ResultStore store = ResultStore.in(inTheWay.resolve("results"));
    assertTrue(store.trouble().isEmpty());
    store.write(KEY, value());
    assertTrue(store.trouble().isPresent());
    assertTrue(store.read(KEY, Value.class).isEmpty());
    ResultStore.NONE.write(KEY, value());
    assertFalse(ResultStore.NONE.read(KEY, Value.class).isPresent());
  }
}
