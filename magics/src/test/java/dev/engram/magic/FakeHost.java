package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.magic.view.View;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A notebook in memory. */
final class FakeHost implements Host {
  final List<View> shown = new ArrayList<>();
  final Map<String, Object> variables = new HashMap<>();

  @Override
  public void display(View view) {
    shown.add(view);
  }

  @Override
  public Display displayUpdatable(View view) {
    shown.add(view);
    int at = shown.size() - 1;
    return update -> shown.set(at, update);
  }

  @Override
  public Object variable(String name) {
    if (!variables.containsKey(name)) {
      throw new EngramException("There is no variable '" + name + "'.");
    }
    return variables.get(name);
  }

  @Override
  public void define(String name, Object value) {
    variables.put(name, value);
  }

  @Override
  public Map<String, String> versions() {
    return Map.of("kernel", "fake");
  }
}
