package dev.engram.atlas;

import dev.engram.EngramException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.UUID;

/**
 * Opens DuckDB within this JVM, without a file of its own. It loads no extension, so nothing is
 * fetched, and it takes no more than a gigabyte.
 */
public final class DuckDb {
  /** Of the jar, as {@code pom.xml} has it. */
  static final String VERSION = "1.5.6.0";

  private static final String DRIVER = "org.duckdb.DuckDBDriver";

  private DuckDb() {}

  /**
   * Opens a database in memory, which goes when the connection is closed.
   *
   * @throws EngramException if DuckDB is not there
   */
  public static Connection open() {
    requireInstalled();
    try {
      Connection connection = DriverManager.getConnection("jdbc:duckdb:", new Properties());
      try (Statement s = connection.createStatement()) {
        s.execute("SET autoinstall_known_extensions = false");
        s.execute("SET autoload_known_extensions = false");
        s.execute("SET memory_limit = '1GB'");
        // made when something does not fit into memory, and not in the folder of the notebook
        Path spilled =
            Path.of(System.getProperty("java.io.tmpdir"), "engram-duckdb-" + UUID.randomUUID());
        s.execute("SET temp_directory = " + quoted(spilled.toString()));
      }
      return connection;
    } catch (SQLException e) {
      throw new EngramException("DuckDB does not start here: " + why(e) + ".", e);
    }
  }

  /** Refuses where the jar was left out, as in the wheel for pip. */
  public static void requireInstalled() {
    try {
      Class.forName(DRIVER);
    } catch (ClassNotFoundException e) {
      throw new EngramException(absent(), e);
    }
  }

  static String absent() {
    return "Atlases and Parquet files need DuckDB, which this installation came without: put %1$s (85 MB, https://repo1.maven.org/maven2/org/duckdb/duckdb_jdbc/%2$s/%1$s) into %3$s and restart the kernel."
        .formatted("duckdb_jdbc-" + VERSION + ".jar", VERSION, library());
  }

  /** The folder of Engram's own jar. */
  private static String library() {
    try {
      Path own = Path.of(DuckDb.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return String.valueOf(own.getParent());
    } catch (URISyntaxException | RuntimeException e) {
      return "the folder of Engram's jars";
    }
  }

  /** A text as SQL writes it. */
  public static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /** The line of what DuckDB says that tells the reason, without a full stop. */
  public static String why(SQLException e) {
    List<String> lines = String.valueOf(e.getMessage()).strip().lines().toList();
    // where a prepared query fails, the reason comes second
    String line =
        lines.stream().filter(l -> l.startsWith("Error: ")).findFirst().orElse(lines.get(0));
    return line.replaceFirst("^Error: ", "").replaceFirst("\\.$", "");
  }
}
