package dev.engram.kernel.jjava;

import dev.engram.kernel.PrivateField;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.BaseKernelBuilder;
import org.dflib.jjava.jupyter.kernel.JupyterIO;
import org.dflib.jjava.jupyter.kernel.KernelConnectionProperties;
import org.dflib.jjava.jupyter.kernel.magic.CellMagic;
import org.dflib.jjava.jupyter.kernel.magic.LineMagic;
import org.dflib.jjava.jupyter.messages.publish.PublishStream.StreamType;

/**
 * Starts the kernel "Engram (Java)": JJava's own, with Engram's connection before it. JJava's Java
 * kernel is in the wheel from PyPI and not on Maven Central, so its classes are reached by name;
 * all else is its published API.
 */
public final class EngramKernel {
  private static final String KERNEL = "org.dflib.jjava.kernel.";
  private static final String MAVEN = "org.dflib.jjava.maven.";
  private static final String POM = "/META-INF/maven/org.dflib.jjava/jjava-kernel/pom.properties";

  private EngramKernel() {}

  /**
   * @param args the connection file that Jupyter wrote
   */
  public static void main(String[] args) throws Exception {
    // The loggers of the channels tell of every thread that starts.
    Logger.getLogger("").setLevel(Level.WARNING);
    KernelConnectionProperties properties =
        KernelConnectionProperties.parse(Files.readString(Path.of(args[0])));
    CellHistory history = new CellHistory();
    EngramConnection connection = new EngramConnection(properties, history);
    BaseKernel kernel = stockKernel(history);
    CellThreads threads = new CellThreads();
    HeapReserve reserve = new HeapReserve();
    RunningCell cell = new RunningCell();
    printThrough(threads, kernel.getIO());
    CellEngine engine = new CellEngine(kernel, cell, threads, reserve);
    kernel.onStartup();
    kernel.becomeHandlerForConnection(connection);
    CellRunner runner = new CellRunner(engine, threads, reserve, cell);
    new Protocol(kernel, KernelSession.of(kernel), runner).install(connection);
    connection.connect();
    ParentProcess.endWithIt(System.getenv(), ParentProcess::end);
    connection.waitUntilClose();
  }

  /** For the whole session, since a thread may print when no cell runs. */
  private static void printThrough(CellThreads threads, JupyterIO io) {
    PrintStream out = new CellPrinter(threads, StreamType.OUT, System.out);
    PrintStream err = new CellPrinter(threads, StreamType.ERR, System.err);
    PrivateField.of(io, "out", CellEngine.JJAVA).write(out);
    PrivateField.of(io, "err", CellEngine.JJAVA).write(err);
    System.setOut(out);
    System.setErr(err);
  }

  private static BaseKernel stockKernel(CellHistory history)
      throws ReflectiveOperationException, IOException {
    BaseKernelBuilder<?, ?> builder =
        (BaseKernelBuilder<?, ?>)
            Class.forName(KERNEL + "JavaKernel").getMethod("builder").invoke(null);
    builder.name("JJava").version(version()).historyManager(history);
    addStockMagics(builder);
    return builder.build();
  }

  /** The magics that JJava's own main class gives to its kernel. */
  private static void addStockMagics(BaseKernelBuilder<?, ?> builder)
      throws ReflectiveOperationException {
    Object resolver = create(MAVEN + "MavenDependencyResolver");
    Object time = create(KERNEL + "magics.TimeMagic");
    Map<String, Object> lines =
        Map.of(
            "load", create(KERNEL + "magics.LoadMagic"),
            "classpath", create(KERNEL + "magics.ClasspathMagic"),
            "time", time,
            "maven", create(MAVEN + "magics.MavenMagic", resolver),
            "mavenRepo", create(MAVEN + "magics.MavenRepoMagic", resolver),
            "loadFromPOM", create(MAVEN + "magics.LoadFromPomLineMagic", resolver));
    lines.forEach((name, magic) -> builder.lineMagic(name, (LineMagic<?, ?>) magic));
    builder.cellMagic("time", (CellMagic<?, ?>) time);
    builder.cellMagic(
        "loadFromPOM", (CellMagic<?, ?>) create(MAVEN + "magics.LoadFromPomCellMagic", resolver));
  }

  private static Object create(String name, Object... arguments)
      throws ReflectiveOperationException {
    return Class.forName(name).getConstructors()[0].newInstance(arguments);
  }

  private static String version() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = EngramKernel.class.getResourceAsStream(POM)) {
      if (in != null) {
        properties.load(in);
      }
    }
    return properties.getProperty("version", "");
  }
}
