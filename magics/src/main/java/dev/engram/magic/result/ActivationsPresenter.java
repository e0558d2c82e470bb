package dev.engram.magic.result;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.lab.Activations;
import dev.engram.lab.Activations.Tensor;
import dev.engram.magic.save.NamedArrays;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Shows {@code %activations}: which tensors there are, and how large their values. */
final class ActivationsPresenter implements Presenter<Activations> {
  @Override
  public View view(Activations a, DisplayLimits shown) {
    return Footnote.under(
        TableView.of(table(a, shown), shown.or(TableView.DEFAULT_ROWS)), a.provenance());
  }

  /** A row for each tensor: its place, its axes, and what its values are like. */
  @Override
  public Table table(Activations a, DisplayLimits shown) {
    List<Tensor> all = a.tensors();
    return Table.create(
        "Activations of " + a.title(),
        StringColumn.create("tensor", all.stream().map(Tensor::name)),
        StringColumn.create("site", all.stream().map(t -> t.site().toString())),
        IntColumn.create("layer", all.stream().mapToInt(Tensor::layer).toArray()),
        StringColumn.create("shape", all.stream().map(ActivationsPresenter::shape)),
        doubles("mean", all, ActivationsPresenter::mean),
        doubles("deviation", all, ActivationsPresenter::deviation),
        doubles("least", all, t -> extreme(t, -1)),
        doubles("greatest", all, t -> extreme(t, 1)));
  }

  @Override
  public Optional<NamedArrays> arrays(Activations a) {
    ArrayNode images = new ObjectMapper().createArrayNode();
    a.images().forEach(images::add);
    ObjectNode hooks = images.objectNode();
    a.tensors().forEach(t -> hooks.put(t.name(), a.hook(t)));
    NamedArrays arrays =
        new NamedArrays()
            .note("images", images.toString())
            .note("hooks", hooks.toString())
            .note("provenance", a.provenance().toString());
    a.tensors()
        .forEach(
            t ->
                arrays.add(
                    t.name(), t.shape().stream().mapToLong(Long::longValue).toArray(), t.values()));
    return Optional.of(arrays);
  }

  private static String shape(Tensor t) {
    return t.shape().stream().map(String::valueOf).collect(Collectors.joining(" × "));
  }

  private static DoubleColumn doubles(
      String name, List<Tensor> all, ToDoubleFunction<Tensor> value) {
    return DoubleColumn.create(name, all.stream().mapToDouble(value).toArray());
  }

  private static double mean(Tensor t) {
    double sum = 0;
    for (float v : t.values()) {
      sum += v;
    }
    return sum / t.values().length;
  }

  private static double deviation(Tensor t) {
    double mean = mean(t);
    double sum = 0;
    for (float v : t.values()) {
      sum += (v - mean) * (v - mean);
    }
    return Math.sqrt(sum / t.values().length);
  }

  private static double extreme(Tensor t, int sign) {
    double best = Double.NEGATIVE_INFINITY;
    for (float v : t.values()) {
      best = Math.max(best, sign * v);
    }
    return sign * best;
  }
}
