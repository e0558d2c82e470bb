package dev.engram.model;

import dev.engram.EngramException;
import dev.engram.model.Pickled.Module;
import dev.engram.model.Pickled.ModuleType;
import dev.engram.model.Pickled.Tuple;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Python's pickle machine, as far as PyTorch's checkpoints need it: protocols 2 to 5, and of what a
 * pickle can name only {@link Globals}. It takes a bounded number of steps, each of which makes one
 * small object.
 */
final class Unpickler {
  /** A tensor takes some thirty; the largest checkpoints with an optimizer have 200,000. */
  private static final int MOST_STEPS = 1_500_000;

  /** Stands for Python's None, so that lists and maps hold no null. */
  static final Object NONE = new Object();

  private final PickleInput in;
  private final Globals globals;
  private final List<List<Object>> outer = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private List<Object> stack = new ArrayList<>();

  private Unpickler(PickleInput in, Globals globals) {
    this.in = in;
    this.globals = globals;
  }

  /**
   * Reads one pickle; the input stands after it then.
   *
   * @throws EngramException if it is damaged, too long, or names what it may not
   */
  static Object read(PickleInput in, Globals globals) throws IOException {
    return new Unpickler(in, globals).read();
  }

  private Object read() throws IOException {
    for (int step = 0; step < MOST_STEPS; step++) {
      int code = in.u1();
      if (code == '.') {
        Object value = pop();
        if (!stack.isEmpty() || !outer.isEmpty()) {
          throw damaged();
        }
        return value;
      }
      if (!isStructure(code)) {
        Object value = value(code); // which may put another stack in the place of this one
        stack.add(value);
      }
    }
    throw in.bad(
        "its pickle takes more than %,d steps, the most that Engram follows".formatted(MOST_STEPS));
  }

  /** Codes that change what is on the stack, or remember it; false for those that add a value. */
  private boolean isStructure(int code) throws IOException {
    switch (code) {
      case 0x80 -> checkProtocol(in.u1()); // PROTO
      case 0x95 -> in.bytes(8); // FRAME: how long the next part is
      case '(' -> { // MARK
        outer.add(stack);
        stack = new ArrayList<>();
      }
      case 'q' -> memo.put(in.unsigned(1), top()); // BINPUT
      case 'r' -> memo.put(in.unsigned(4), top()); // LONG_BINPUT
      case 0x94 -> memo.put((long) memo.size(), top()); // MEMOIZE
      case 'a' -> append(List.of(pop())); // APPEND
      case 'e' -> append(toMark()); // APPENDS
      case 's' -> { // SETITEM
        Object value = pop();
        setItems(List.of(pop(), value));
      }
      case 'u' -> setItems(toMark()); // SETITEMS
      case 'b' -> build(pop()); // BUILD
      default -> {
        return false;
      }
    }
    return true;
  }

  private Object value(int code) throws IOException {
    return switch (code) {
      case 'N' -> NONE;
      case 0x88 -> true;
      case 0x89 -> false;
      case 'J' -> (long) (int) in.unsigned(4); // BININT
      case 'K' -> in.unsigned(1); // BININT1
      case 'M' -> in.unsigned(2); // BININT2
      case 0x8a -> whole(in.bytes(in.unsigned(1))); // LONG1
      case 'G' -> in.f8(); // BINFLOAT
      case 'X' -> in.text(in.unsigned(4)); // BINUNICODE
      case 0x8c -> in.text(in.unsigned(1)); // SHORT_BINUNICODE
      case 'U' -> in.text(in.unsigned(1)); // SHORT_BINSTRING
      case 'T' -> in.text(in.unsigned(4)); // BINSTRING
      case ')' -> new Tuple(List.of());
      case 't' -> new Tuple(List.copyOf(toMark()));
      case 0x85 -> tuple(1);
      case 0x86 -> tuple(2);
      case 0x87 -> tuple(3);
      case ']' -> new ArrayList<>();
      case '}' -> new LinkedHashMap<>();
      case 'h' -> remembered(in.unsigned(1)); // BINGET
      case 'j' -> remembered(in.unsigned(4)); // LONG_BINGET
      case 'c' -> { // GLOBAL
        String module = in.line();
        yield globals.named(module, in.line());
      }
      case 0x93 -> { // STACK_GLOBAL
        Object name = pop();
        yield globals.named(text(pop()), text(name));
      }
      case 0x81 -> instance(pop(), pop()); // NEWOBJ
      case 'R' -> { // REDUCE
        Object args = pop();
        yield globals.call(pop(), args);
      }
      case 'Q' -> globals.persistent(pop()); // BINPERSID
      default ->
          throw in.bad(
              "its pickle has the code 0x%02x at byte %d, which no checkpoint of PyTorch needs"
                  .formatted(code, in.count() - 1));
    };
  }

  private void checkProtocol(int protocol) {
    if (protocol < 2 || protocol > 5) {
      throw in.bad("its pickle has the protocol %d, expected 2 to 5".formatted(protocol));
    }
  }

  private EngramException damaged() {
    return in.bad("its pickle is damaged before byte " + in.count());
  }

  private Object top() {
    if (stack.isEmpty()) {
      throw damaged();
    }
    return stack.get(stack.size() - 1);
  }

  private Object pop() {
    Object top = top();
    stack.remove(stack.size() - 1);
    return top;
  }

  /** All that came after the last mark. */
  private List<Object> toMark() {
    if (outer.isEmpty()) {
      throw damaged();
    }
    List<Object> values = stack;
    stack = outer.remove(outer.size() - 1);
    return values;
  }

  private Tuple tuple(int n) {
    if (stack.size() < n) {
      throw damaged();
    }
    List<Object> last = stack.subList(stack.size() - n, stack.size());
    Tuple tuple = new Tuple(List.copyOf(last));
    last.clear();
    return tuple;
  }

  private Object remembered(long at) {
    Object value = memo.get(at);
    if (value == null) {
      throw damaged();
    }
    return value;
  }

  private String text(Object value) {
    if (!(value instanceof String text)) {
      throw damaged();
    }
    return text;
  }

  /** In two's complement, little endian. */
  private static Object whole(byte[] bytes) {
    byte[] big = new byte[bytes.length + 1];
    for (int i = 0; i < bytes.length; i++) {
      big[bytes.length - i] = bytes[i];
    }
    big[0] = (byte) (bytes.length > 0 && bytes[bytes.length - 1] < 0 ? -1 : 0);
    BigInteger whole = new BigInteger(big);
    return whole.bitLength() < Long.SIZE ? (Object) whole.longValue() : whole;
  }

  /** Python pops the arguments first. */
  private Object instance(Object args, Object type) {
    if (!(args instanceof Tuple tuple) || !tuple.values().isEmpty()) {
      throw in.bad("its pickle makes an object of arguments");
    }
    if (type == Pickled.Function.ORDERED_DICT) {
      return new LinkedHashMap<>();
    }
    if (!(type instanceof ModuleType)) {
      throw in.bad("its pickle makes an object of what is no class");
    }
    return new Module();
  }

  @SuppressWarnings("unchecked") // all lists are those that this machine has made
  private void append(List<Object> values) {
    if (!(top() instanceof List<?> list)) {
      throw damaged();
    }
    ((List<Object>) list).addAll(values);
  }

  @SuppressWarnings("unchecked") // all maps are those that this machine has made
  private void setItems(List<Object> pairs) {
    if (pairs.size() % 2 != 0 || !(top() instanceof Map<?, ?> map)) {
      throw damaged();
    }
    for (int i = 0; i < pairs.size(); i += 2) {
      globals.put((Map<Object, Object>) map, pairs.get(i), pairs.get(i + 1));
    }
  }

  /** Attributes: those of a module are read, those of a map (_metadata) say nothing of weights. */
  private void build(Object state) {
    Object target = top();
    if (target instanceof Module module && state instanceof Map<?, ?> attributes) {
      attributes.forEach((name, value) -> module.attributes().put(text(name), value));
    } else if (!(target instanceof Map<?, ?>)) {
      throw in.bad("its pickle gives attributes to what has none");
    }
  }
}
