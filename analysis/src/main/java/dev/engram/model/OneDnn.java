package dev.engram.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.core.Linear;
import dev.engram.EngramException;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * float32 products on a CPU by oneDNN. The engine has two libraries for them and takes MKL, which
 * knows processors of Intel; on others oneDNN can be twice as fast. Processors that were measured
 * keep what was faster there, so that two runs have the same last bits; on another one both are
 * measured, once, at the first product. Both round as float32 does.
 */
public final class OneDnn {
  /** {@code mkl} or {@code onednn}, where somebody wants the same last bits everywhere. */
  static final String VARIABLE = "ENGRAM_PRODUCTS";

  /** A share of MKL's time: a smaller gain is not worth other last bits than PyTorch's own. */
  private static final double BORDER = 0.75;

  /** Of multiplications: to set up a smaller product takes longer than what is gained. */
  private static final long LEAST = 4_000_000;

  private static final int TURNS = 25;
  private static final int ROWS = 128;
  private static final int IN = 512;
  private static final int OUT = 1024;

  /** A processor keeps its choice for as long as the JVM lives. */
  private static final class Here {
    private static final @Nullable EngineFunction LINEAR = EngineFunction.find("linear.pt");
    private static final Choice CHOICE = choose(System.getenv(VARIABLE), Processor.here());
  }

  /**
   * Which library multiplies.
   *
   * @param isTaken whether it is oneDNN
   * @param reason one phrase: why
   */
  record Choice(boolean isTaken, String reason) {}

  private OneDnn() {}

  static Choice choice() {
    return Here.CHOICE;
  }

  /**
   * What a model on this processor computes with, for people.
   *
   * @return such as {@code products by MKL (oneDNN takes 0.98 of MKL's time)}
   */
  public static String note() {
    return "products by %s (%s)".formatted(choice().isTaken ? "oneDNN" : "MKL", choice().reason);
  }

  /** Whether the engine has oneDNN at all. */
  static boolean isThere() {
    return Here.LINEAR != null;
  }

  /** Whether oneDNN is the better one for a product. Gradients do not pass through its. */
  static boolean takes(NDArray x, NDArray weight, NDArray bias) {
    return x.size() * weight.getShape().get(0) >= LEAST
        && x.getDataType() == DataType.FLOAT32
        && !x.getDevice().isGpu()
        && !x.hasGradient()
        && !weight.hasGradient()
        && !bias.hasGradient()
        && !GradientMode
            .isRecording() // of what follows from a weight that learns nothing else tells
        && choice().isTaken();
  }

  /**
   * x Wᵀ + b.
   *
   * @param x (…, in), float32; owns the result
   * @param weight W (out, in)
   * @param bias b (out)
   * @return (…, out)
   */
  static NDArray linear(NDArray x, NDArray weight, NDArray bias) {
    return Objects.requireNonNull(Here.LINEAR, "the engine has no oneDNN").of(x, weight, bias);
  }

  /**
   * @param wish {@code mkl}, {@code onednn}, or nothing for what is faster
   * @param processor null if it is not known
   * @throws EngramException for another word
   */
  static Choice choose(@Nullable String wish, @Nullable Processor processor) {
    String word = word(wish);
    if (Here.LINEAR == null) {
      return new Choice(false, "the engine has no oneDNN");
    }
    if (!word.isEmpty()) {
      return new Choice(word.equals("onednn"), "as " + VARIABLE + " says");
    }
    // Beside other work, or while the JVM still compiles, a measurement can say the contrary.
    if (processor != null && processor.isOfIntel()) {
      return new Choice(false, "a processor of Intel");
    }
    if (processor != null && processor.isWideOfAmd()) {
      return new Choice(true, "a processor of AMD, whose full width MKL does not use");
    }
    double share = share(OneDnn::linear, OneDnn::byMkl);
    return new Choice(
        share < BORDER, String.format(Locale.ROOT, "oneDNN takes %.2f of MKL's time", share));
  }

  /**
   * Asked where a model is loaded: a class that cannot be initialised says nothing to people.
   *
   * @throws EngramException if the variable has another word
   */
  static void requireWord() {
    word(System.getenv(VARIABLE));
  }

  private static String word(@Nullable String wish) {
    String word = wish == null ? "" : wish.strip().toLowerCase(Locale.ROOT);
    if (!word.isEmpty() && !word.equals("mkl") && !word.equals("onednn")) {
      throw new EngramException(VARIABLE + " is mkl or onednn; got '" + wish + "'.");
    }
    return word;
  }

  private static NDArray byMkl(NDArray x, NDArray weight, NDArray bias) {
    return Linear.linear(x, weight, bias).singletonOrThrow();
  }

  /** One way to compute x Wᵀ + b. */
  interface Product {
    NDArray of(NDArray x, NDArray weight, NDArray bias);
  }

  /** The time of one way as a share of another's: turn by turn, the least of each. */
  static double share(Product tried, Product usual) {
    try (NDManager m = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray x = m.full(new Shape(ROWS, IN), 0.5f);
      NDArray w = m.full(new Shape(OUT, IN), 0.5f);
      NDArray b = m.zeros(new Shape(OUT));
      long first = Long.MAX_VALUE;
      long second = Long.MAX_VALUE;
      for (int i = 0; i <= TURNS; i++) {
        long start = System.nanoTime();
        usual.of(x, w, b).close();
        long between = System.nanoTime();
        tried.of(x, w, b).close();
        long end = System.nanoTime();
        if (i > 0) { // the first turn sets both up
          second = Math.min(second, between - start);
          first = Math.min(first, end - between);
        }
      }
      return (double) first / second;
    }
  }
}
