package dev.engram.experiment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A column of the paper's Table 4 or 8: what each method's model recognises when a name is taught.
 *
 * @param entity its name in the paper's Table 7; "average" for the last column
 * @param methods in the order of the table's rows
 */
public record PaperInsertion(String entity, List<Percent> methods) {
  /** The cases of Tables 4 and 8 by Table 7: five flowers, then five birds. */
  public static final List<String> NAMES =
      List.of(
          "ball moss",
          "bishop of llandaff",
          "cape flower",
          "prince of wales feathers",
          "sword lily",
          "chuck will widow",
          "geococcyx",
          "nelson sharp tailed sparrow",
          "sayornis",
          "western gull");

  /**
   * Accuracies in percent.
   *
   * @param category of the taught class
   * @param dataset of all classes of Flowers-102 or CUB-200-2011
   * @param general on ImageNet
   */
  public record Percent(double category, double dataset, double general) {}

  /** Keeps a copy. */
  public PaperInsertion {
    methods = List.copyOf(methods);
  }

  /**
   * Reads a table as the paper prints it.
   *
   * @param rows category, data set and ImageNet of one method after the other; a column for each
   *     name, the average last
   */
  static List<PaperInsertion> read(String rows) {
    double[][] values =
        rows.lines()
            .map(
                row ->
                    Arrays.stream(row.strip().split(" +"))
                        .mapToDouble(Double::parseDouble)
                        .toArray())
            .toArray(double[][]::new);
    List<String> names = new ArrayList<>(NAMES);
    names.add("average");
    return IntStream.range(0, names.size())
        .mapToObj(
            column ->
                new PaperInsertion(
                    names.get(column),
                    IntStream.range(0, values.length / 3)
                        .mapToObj(
                            m ->
                                new Percent(
                                    values[3 * m][column],
                                    values[3 * m + 1][column],
                                    values[3 * m + 2][column]))
                        .toList()))
        .toList();
  }
}
