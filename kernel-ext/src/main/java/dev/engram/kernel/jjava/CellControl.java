package dev.engram.kernel.jjava;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import jdk.jshell.spi.ExecutionControl;

/**
 * JJava's execution of statements, as JShell sees it, with what Engram adds: an interrupted cell
 * begins no statement, {@code System.exit} is refused, a full heap is explained, and what cannot be
 * executed is an error. (JShell drops an {@code InternalException}, and calls the statement good.)
 */
final class CellControl implements ExecutionControl {
  /** By these names JJava's evaluator knows an interrupt. */
  private static final String INTERRUPTED = "Execution Interrupted";

  private final ExecutionControl stock;
  private final RunningCell cell;
  private final UnaryOperator<String> fullHeap;
  private final Set<String> compiled = new HashSet<>();
  private final List<String> classpath = new ArrayList<>();
  private boolean onlyCompiler;

  /**
   * @param fullHeap the message of an OutOfMemoryError, to a sentence that says what to do
   */
  CellControl(ExecutionControl stock, RunningCell cell, UnaryOperator<String> fullHeap) {
    this.stock = stock;
    this.cell = cell;
    this.fullHeap = fullHeap;
  }

  /** Whether the compiler has made that class. */
  synchronized boolean isCompiled(String className) {
    return compiled.contains(className);
  }

  /** What was added to the class path. */
  synchronized List<String> classpath() {
    return List.copyOf(classpath);
  }

  /** Adds to JShell's class path something that is on it, which makes JShell a new compiler. */
  void withoutLoader(Runnable addition) {
    onlyCompiler = true;
    try {
      addition.run();
    } finally {
      onlyCompiler = false;
    }
  }

  @Override
  public void load(ClassBytecodes[] classes)
      throws ClassInstallException, NotImplementedException, EngineTerminationException {
    ClassBytecodes[] changed = new ClassBytecodes[classes.length];
    synchronized (this) {
      for (int i = 0; i < classes.length; i++) {
        compiled.add(classes[i].name());
        changed[i] =
            new ClassBytecodes(classes[i].name(), CellExit.inPlaceOfExit(classes[i].bytecodes()));
      }
    }
    stock.load(changed);
  }

  @Override
  public void redefine(ClassBytecodes[] classes)
      throws ClassInstallException, NotImplementedException, EngineTerminationException {
    stock.redefine(classes);
  }

  @Override
  public String invoke(String className, String methodName)
      throws RunException, EngineTerminationException, InternalException {
    if (cell.isInterrupted()) {
      throw new UserException("Execution interrupted.", INTERRUPTED, new StackTraceElement[0]);
    }
    try {
      return stock.invoke(className, methodName);
    } catch (UserException e) {
      if (e.causeExceptionClass().equals(OutOfMemoryError.class.getName())) {
        throw new UserException(
            fullHeap.apply(String.valueOf(e.getMessage())),
            e.causeExceptionClass(),
            e.getStackTrace());
      }
      throw e;
    }
  }

  @Override
  public String varValue(String className, String varName)
      throws RunException, EngineTerminationException, InternalException {
    return stock.varValue(className, varName);
  }

  @Override
  public void addToClasspath(String path) throws EngineTerminationException, InternalException {
    if (!onlyCompiler) {
      stock.addToClasspath(path);
      synchronized (this) {
        classpath.add(path);
      }
    }
  }

  @Override
  public void stop() throws EngineTerminationException, InternalException {
    stock.stop();
  }

  @Override
  public Object extensionCommand(String command, Object arg)
      throws RunException, EngineTerminationException, InternalException {
    return stock.extensionCommand(command, arg);
  }

  @Override
  public void close() {
    stock.close();
  }
}
