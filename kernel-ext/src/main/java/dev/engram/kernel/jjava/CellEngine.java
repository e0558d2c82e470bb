package dev.engram.kernel.jjava;

import dev.engram.EngramException;
import dev.engram.kernel.PrivateField;
import java.io.File;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import jdk.jshell.DeclarationSnippet;
import jdk.jshell.ImportSnippet;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.Snippet.Status;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.VarSnippet;
import jdk.jshell.spi.ExecutionControl;
import jdk.jshell.spi.ExecutionControlProvider;
import jdk.jshell.spi.ExecutionEnv;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.jspecify.annotations.Nullable;

/**
 * What runs the Java of the cells: JShell with JJava's evaluator. JShell stays mute after its
 * compiler has failed, and for ever after its execution has ended; here the one gets a new
 * compiler, and the other is started again, and the cell that did it gets an error.
 */
final class CellEngine {
  /** Whose private parts are reached here. */
  static final String JJAVA = "JJava 1.0a8";

  private static final String EVALUATOR = "org.dflib.jjava.kernel.execution.CodeEvaluator";

  /** Of so many cells the answers stay that no variable of the notebook holds. */
  private static final int ANSWERS = 10;

  private static final String OURS = "dev.engram.";

  private static final String ENDED =
      "Java's engine in this kernel had ended and was started again: model, edits and images are"
          + " kept, but the variables, methods and classes of earlier cells are gone; run the cells"
          + " that declare them.";

  private final BaseKernel kernel;
  private final RunningCell cell;
  private final CellThreads threads;
  private final HeapReserve reserve;
  private final Method classFullName;
  private Part part;

  /** Is made anew when the engine is. */
  private record Part(
      JShell shell, CellControl control, ThreadPoolExecutor executor, ClassLoader loader) {}

  private volatile boolean broken;
  private volatile boolean ended;

  /**
   * Puts its own engine into the kernel, in the place of the one that it was built with.
   *
   * @param kernel JJava's Java kernel, before its extensions are installed
   */
  CellEngine(BaseKernel kernel, RunningCell cell, CellThreads threads, HeapReserve reserve)
      throws ReflectiveOperationException {
    this.kernel = kernel;
    this.cell = cell;
    this.threads = threads;
    this.reserve = reserve;
    this.classFullName = Snippet.class.getDeclaredMethod("classFullName");
    classFullName.setAccessible(true);
    try (JShell unused = shellField().read(JShell.class)) {
      this.part = newPart();
    }
  }

  /** The analysis of Java of the engine that runs now. */
  SourceCodeAnalysis analysis() {
    return part.shell().sourceCodeAnalysis();
  }

  /**
   * Starts the engine again if it ended between two cells.
   *
   * @throws EngramException if it did, with what is lost
   */
  void requireAlive() {
    if (ended || part.executor().isShutdown()) {
      startAgain();
      throw new EngramException(ENDED);
    }
  }

  /** An error, as a stack that overflowed, may have left the compiler half way. */
  void doubtCompiler() {
    broken = true;
  }

  /** After a cell: lets go of old answers, and mends what it has broken. Its error has told so. */
  void mend() {
    releaseOldAnswers();
    if (ended || part.executor().isShutdown()) {
      startAgain();
    } else if (broken) {
      broken = false;
      JShell shell = part.shell();
      String known = System.getProperty("java.class.path", "").split(File.pathSeparator, 2)[0];
      part.control().withoutLoader(() -> shell.addToClasspath(known));
      shell
          .snippets()
          .filter(snippet -> isMute(snippet, shell.status(snippet)))
          .toList()
          .forEach(shell::drop);
    }
  }

  /**
   * JShell keeps the value of every expression in a variable of its own ($12), for ever. Answers of
   * magics are large, and can be asked again; the last ones stay, and so does all that has a name.
   */
  private void releaseOldAnswers() {
    List<VarSnippet> unnamed =
        part.shell()
            .variables()
            .filter(v -> v.subKind() == Snippet.SubKind.TEMP_VAR_EXPRESSION_SUBKIND)
            .toList();
    for (VarSnippet old : unnamed.subList(0, Math.max(0, unnamed.size() - ANSWERS))) {
      try {
        Field field = field(old);
        Object value = field.get(null);
        if (value != null && value.getClass().getName().startsWith(OURS)) {
          field.set(null, null);
        }
      } catch (ReflectiveOperationException | LinkageError e) {
        continue; // it was declared, and not run
      }
    }
  }

  private PrivateField shellField() {
    return PrivateField.of(kernel, "jShell", JJAVA);
  }

  private Part newPart() throws ReflectiveOperationException {
    Object evaluator =
        Class.forName(EVALUATOR)
            .getConstructor(String.class, long.class, TimeUnit.class)
            .newInstance(kernel.getName(), -1L, TimeUnit.MILLISECONDS);
    ExecutionControl stock =
        PrivateField.of(evaluator, "execControl", JJAVA).read(ExecutionControl.class);
    PrivateField pool = PrivateField.of(stock, "executor", JJAVA);
    ThreadPoolExecutor executor =
        threads.executor(pool.read(ThreadPoolExecutor.class).getThreadFactory(), reserve::release);
    pool.write(executor);
    CellControl control = new CellControl(stock, cell, this::fullHeap);
    JShell shell =
        JShell.builder()
            .in(System.in)
            .out(System.out)
            .err(System.err)
            .executionEngine(new Provider(kernel.getName(), control), Map.of())
            .build();
    shell.onSnippetEvent(this::check);
    shell.onShutdown(closed -> ended = true);
    ClassLoader loader =
        (ClassLoader) evaluator.getClass().getMethod("getClassLoader").invoke(evaluator);
    shellField().write(shell);
    PrivateField.of(kernel, "evaluator", JJAVA).write(evaluator);
    return new Part(shell, control, executor, loader);
  }

  private void startAgain() {
    Part old = part;
    List<String> imports = old.shell().imports().map(ImportSnippet::source).toList();
    List<String> classpath = old.control().classpath();
    old.shell().close();
    try {
      part = newPart();
    } catch (ReflectiveOperationException e) {
      throw new EngramException("Java's engine cannot be started again: restart the kernel.", e);
    }
    ended = false;
    broken = false;
    classpath.forEach(part.shell()::addToClasspath);
    imports.forEach(part.shell()::eval);
  }

  /** JShell tells of every statement that it has dealt with, in the thread that evaluates. */
  private void check(SnippetEvent event) {
    if (ended || part.executor().isShutdown()) {
      throw new EngramException(ENDED);
    }
    Snippet snippet = event.snippet();
    if (isMute(snippet, event.status())) {
      broken = true;
      String said =
          part.shell()
              .diagnostics(snippet)
              .map(diagnostic -> diagnostic.getMessage(Locale.ROOT))
              .findFirst()
              .orElse("a string or a method is too large for a class file");
      throw new EngramException(
          "Java's compiler could not translate this statement, so it was not run: " + said + ".");
    }
  }

  /**
   * Whether JShell takes a statement for good, or for good as soon as something else is declared,
   * of which the compiler has made no class. What it cannot express in a class file, as a string of
   * more than 65,535 bytes, ends so.
   */
  private boolean isMute(Snippet snippet, Status status) {
    if (snippet.kind() == Snippet.Kind.IMPORT) {
      return false;
    }
    if (status == Status.RECOVERABLE_NOT_DEFINED) {
      return !(snippet instanceof DeclarationSnippet declaration)
          || part.shell().unresolvedDependencies(declaration).findAny().isEmpty();
    }
    return status.isDefined() && !part.control().isCompiled(className(snippet));
  }

  private String className(Snippet snippet) {
    try {
      return String.valueOf(classFullName.invoke(snippet));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private String fullHeap(String message) {
    String largest = "";
    double most = 0;
    for (VarSnippet variable : part.shell().variables().toList()) {
      double held = HeldMemory.of(value(variable));
      if (held > most) {
        most = held;
        largest = variable.name();
      }
    }
    double heap = Runtime.getRuntime().maxMemory();
    String full =
        String.format(Locale.ROOT, "%s: the heap of %.0f MB is full, ", message, heap / 1e6);
    return most < heap / 20
        ? full
            + "and no variable of the notebook holds much of it; ask for less at once, or restart"
            + " the kernel."
        : full
            + String.format(
                Locale.ROOT,
                "and the variable %1$s holds about %2$.0f MB of it; run %1$s = null; or restart the"
                    + " kernel.",
                largest,
                most / 1e6);
  }

  private @Nullable Object value(VarSnippet variable) {
    try {
      return field(variable).get(null);
    } catch (ReflectiveOperationException | LinkageError e) {
      return null; // it was declared, and not run
    }
  }

  private Field field(VarSnippet variable) throws ReflectiveOperationException {
    Field field = part.loader().loadClass(className(variable)).getDeclaredField(variable.name());
    field.setAccessible(true);
    return field;
  }

  private record Provider(String name, ExecutionControl control)
      implements ExecutionControlProvider {
    @Override
    public ExecutionControl generate(ExecutionEnv env, Map<String, String> parameters) {
      return control;
    }
  }
}
